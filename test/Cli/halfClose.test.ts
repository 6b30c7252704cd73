/** A client that ends its half of a connection still gets what it asked for. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { device, start } from "./katcp.ts"
import { serve } from "./servers.ts"

let host = ""
const folder = mkdtempSync(path.join(tmpdir(), "katcp-"))
beforeAll(async () => {
  host = (await device()).address
})
afterAll(() => rmSync(folder, { recursive: true }))

/** The address of a serving command, from its first line of JSON. */
const listening = async (command: ReturnType<typeof start>): Promise<string> => {
  let at = ""
  await command.until(({ out }) => (at = /"at":"([^"]+)"/.exec(out)?.[1] ?? "") !== "")
  return at
}

/** Says something, ends its half, and gives what comes until the other half ends. */
const say = (at: string, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const [name, port] = at.split(":")
    let heard = ""
    const socket = connect({ host: name!, port: Number(port), allowHalfOpen: true }, () => socket.end(text))
    socket.setEncoding("latin1").on("data", (data) => {
      heard += data
    })
    socket.on("end", () => resolve(heard)).on("error", reject)
  })

describe("a half-close", () => {
  it("goes through a tap: the device's replies come, then its end", async () => {
    const tap = start(["tap", "0", host, "--json"])
    const at = await listening(tap)
    const heard = await say(at, "?sleep[1] 0.2\n?add[2] 1 2\n")
    assert.match(heard, /^!add\[2\] ok 3\.0\n!sleep\[1\] ok\n$/m)
    await tap.until(({ out }) => out.includes('"event":"closed"'))
    const events = /"from":"(\w+)","event":"(\w+)"/g
    tap.child.kill("SIGTERM")
    const { code, out } = await tap.ended
    assert.deepStrictEqual(
      [...out.matchAll(events)].map(([, from, event]) => `${from} ${event}`),
      ["client connected", "client ended", "device closed"]
    )
    assert.strictEqual(code, 0)
  })

  it("of the device goes through a tap, too: the client's later messages arrive", async () => {
    let heard = ""
    let over = () => {}
    const ended = new Promise<void>((resolve) => {
      over = resolve
    })
    const closing = await serve((socket: Socket) => {
      socket.on("data", (data) => {
        heard += data.toString("latin1")
      })
      socket.on("end", over)
      socket.end("#version-connect katcp-protocol 5.1-M\n")
    })
    const tap = start(["tap", "0", closing, "--json"])
    const [name, port] = (await listening(tap)).split(":")
    const socket = connect({ host: name!, port: Number(port), allowHalfOpen: true })
    let said = ""
    socket.setEncoding("latin1").on("data", (data) => {
      said += data
    })
    await new Promise((resolve) => socket.on("end", resolve))
    socket.end("?late 1\n")
    await ended
    assert.strictEqual(said, "#version-connect katcp-protocol 5.1-M\n")
    assert.strictEqual(heard, "?late 1\n")
    await tap.until(({ out }) => out.includes('"event":"closed"'))
    tap.child.kill("SIGTERM")
    assert.strictEqual((await tap.ended).code, 0)
  })

  it("is handled by a replay: all answers come, however long they take, then the end", async () => {
    const file = path.join(folder, "session.ndjson")
    const entry = (elapsed: number, from: string, line: string) =>
      // the host's clock was set back by an hour in the midst
      JSON.stringify({ time: elapsed < 1 ? 10_000 + elapsed : 6_400 + elapsed, elapsed, connection: 1, from, line })
    writeFileSync(
      file,
      `${[
        entry(0.1, "device", "#version-connect katcp-protocol 5.1-MI"),
        entry(0.9, "client", "?slow[1]"),
        entry(1.1, "device", "#slow[1] a"),
        entry(1.2, "device", "!slow[1] ok 1"),
        entry(1.3, "client", "?quick[2]"),
        entry(1.3, "device", "!quick[2] ok")
      ].join("\n")}\n`
    )
    const replay = start(["replay", file, "--listen", "0", "--json"])
    const heard = await say(await listening(replay), "?slow[7]\n?quick[8]\n?other\n")
    assert.deepStrictEqual(
      heard.split("\n").filter((line) => !line.startsWith("#version")),
      ["!quick[8] ok", "!other invalid Not\\_in\\_the\\_recording.", "#slow[7] a", "!slow[7] ok 1", ""]
    )
    replay.child.kill("SIGTERM")
    assert.strictEqual((await replay.ended).code, 0)
  })

  it("leaves a recording whose entries have the delays between them", async () => {
    const file = path.join(folder, "elapsed.ndjson")
    const tap = start(["tap", "0", host, "--json", "--record", file])
    await say(await listening(tap), "?watchdog[1]\n")
    await tap.until(({ out }) => out.includes('"event":"closed"'))
    tap.child.kill("SIGTERM")
    await tap.ended
    const entries = readFileSync(file, "utf8").trim().split("\n")
    for (const side of ["client", "device"]) {
      const elapsed = entries
        .map((line) => JSON.parse(line) as { readonly from: string; readonly elapsed: number })
        .flatMap(({ elapsed, from }) => (from === side ? [elapsed] : []))
      assert.isAtLeast(elapsed.length, 2)
      assert.deepStrictEqual(
        elapsed,
        [...elapsed].sort((one, other) => one - other)
      )
    }
  })
})
