import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { Arg, Interface, Request, Server } from "katcp"
import { NodeServer } from "katcp/Node"
import { MemoryNetwork } from "katcp/Testing"

class Lab extends Interface.make("lab").add(
  Request.make("do", { doc: "Note it.", args: { what: Arg.Text, millis: Arg.optional(Arg.Float) } }),
  Request.make("end", { doc: "Note the end." })
) {}

/** A device that runs a script beside a network; what was done, what was logged, and its program. */
const launched = Effect.fnUntraced(function* (script: string) {
  const folder = mkdtempSync(join(tmpdir(), "katcp-"))
  yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(folder, { recursive: true })))
  const file = join(folder, "init.katcp")
  if (script !== "") writeFileSync(file, script)
  const done: Array<string> = []
  const logged: Array<string> = []
  let ends = 0
  const live = Lab.toLayer({
    do: ({ millis = 0, what }) =>
      Effect.delay(
        Effect.sync(() => void done.push(what)),
        millis
      ),
    end: () => Effect.sync(() => void ends++)
  })
  const program = yield* Server.layer(Lab).pipe(
    Layer.provide(live),
    Server.launch,
    Effect.provide(
      Layer.merge(
        Server.listeners(MemoryNetwork.layer, NodeServer.script(file)),
        Logger.layer([Logger.make(({ message }) => void logged.push(String(message)))])
      )
    ),
    Effect.forkScoped({ startImmediately: true })
  )
  const until = (wanted: () => boolean) => Effect.repeat(Effect.sleep(1), { until: wanted })
  return { done, file, logged, program, until, ends: () => ends }
})

describe("a start-up script", () => {
  it.live(
    "makes its requests in order, each after the reply to the previous one; failures are logged with their line (C-135)",
    Effect.fnUntraced(function* () {
      const text = "# prepare\n?do first 20\n\n  ?do second\\_one\r\n?no-such x\n?do[7] third\n?end\n"
      const { done, ends, file, logged, until } = yield* launched(text)
      yield* until(() => ends() === 1)
      assert.deepStrictEqual(done, ["first", "second one", "third"])
      assert.deepStrictEqual(
        logged.filter((line) => line.startsWith(file)).map((line) => line.slice(file.length, file.length + 27)),
        [", line 5: !no-such invalid "]
      )
    })
  )

  it.live(
    "runs again when the device is restarted, and may end the device itself",
    Effect.fnUntraced(function* () {
      const { done, file, program, until } = yield* launched("?do one\n?restart\n")
      yield* until(() => done.length > 0)
      // in one step, so the device reads the one or the other
      writeFileSync(`${file}.next`, "?do two\n?halt\n")
      renameSync(`${file}.next`, file)
      yield* Fiber.join(program)
      assert.strictEqual(done.at(-1), "two")
    })
  )

  it.live(
    "that cannot be read, or has a line that is not a request, ends the server with the reason",
    Effect.fnUntraced(function* () {
      for (const [text, why] of [
        ["", "init.katcp"],
        ["?do x\n!do ok\n", "line 2: it is not a request"],
        ["do x\n", "line 1: "]
      ] as const) {
        const { done, program } = yield* launched(text)
        const exit = yield* Fiber.await(program)
        assert.isTrue(Exit.isFailure(exit))
        assert.include(String(exit), why)
        assert.deepStrictEqual(done, [])
      }
    })
  )
})
