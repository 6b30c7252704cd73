import { spawn } from "node:child_process"
import * as Net from "node:net"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"

const program = fileURLToPath(new URL("programs/fewDescriptors.ts", import.meta.url))
const until = (condition: () => boolean) => Effect.repeat(Effect.sleep(5), { until: condition })

interface Dialled {
  readonly socket: Net.Socket
  text: string
  closed: boolean
}

describe("a server without file descriptors (P-413)", () => {
  it.live(
    "closes new connections, reports it once, serves its existing ones, and accepts again",
    Effect.fnUntraced(function* () {
      const child = spawn("/bin/sh", ["-c", 'ulimit -n 64; exec "$0" "$1"', process.execPath, program])
      let out = ""
      child.stdout.on("data", (chunk) => (out += chunk))
      child.stderr.on("data", (chunk) => (out += chunk))
      yield* Effect.addFinalizer(() => Effect.sync(() => child.kill()))
      yield* until(() => /port \d+\n/.test(out))
      const port = Number(/port (\d+)/.exec(out)?.[1])
      const all: Array<Dialled> = []
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          for (const { socket } of all) socket.destroy()
        })
      )
      const dial = (): Dialled => {
        const socket = Net.connect({ host: "127.0.0.1", port })
        const dialled: Dialled = { socket, text: "", closed: false }
        socket.on("data", (chunk) => (dialled.text += chunk))
        socket.on("error", () => {})
        socket.on("close", () => (dialled.closed = true))
        all.push(dialled)
        return dialled
      }
      for (let round = 0; round < 3; round++) {
        for (let n = 0; n < 60; n++) dial()
        yield* until(() => all.every(({ closed, text }) => closed || text.includes("#version-connect")))
      }
      const admitted = all.filter(({ closed }) => !closed)
      assert.isAtLeast(admitted.length, 10)
      assert.isAbove(all.length - admitted.length, 60)
      // the engine of regular expressions is loaded now, which takes descriptors
      const first = admitted[0]!
      first.socket.write("?sensor-list[1] /a/\n")
      yield* until(() => first.text.includes("!sensor-list[1]"))
      assert.include(first.text, "!sensor-list[1] ok 1")
      yield* until(() => out.includes("no more file descriptors"))
      const said = out.split("\n").filter((line) => line.includes("no more file descriptors"))
      assert.lengthOf(said, 1, out)
      assert.lengthOf(out.trim().split("\n"), 2, out)
      for (const { socket } of admitted.slice(1)) socket.destroy()
      yield* until(() => admitted.slice(1).every(({ closed }) => closed))
      // the server sees it a little later
      const again = Effect.gen(function* () {
        const one = dial()
        yield* until(() => one.closed || one.text.includes("#version-connect"))
        return one.text.includes("#version-connect")
      })
      yield* Effect.repeat(again, { until: (isAdmitted) => isAdmitted })
    })
  )
})
