import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { device, katcp, start } from "./katcp.ts"

const folder = mkdtempSync(path.join(tmpdir(), "katcp-"))
afterAll(() => rmSync(folder, { recursive: true }))
let old = ""
beforeAll(async () => {
  old = (await device("--protocol", "4")).address
})

/** The answer of a device to these lines. */
const talk = (at: string, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const [host, port] = at.split(":")
    let heard = ""
    const socket = connect({ host: host!, port: Number(port), allowHalfOpen: true }, () => socket.end(text))
    socket.setEncoding("utf8").on("data", (data) => {
      heard += data
    })
    socket.on("end", () => resolve(heard)).on("error", reject)
  })

const simulated = async (...args: ReadonlyArray<string>) => {
  const command = start(["simulate", "--listen", "0", "--json", ...args])
  let at = ""
  await command.until(({ err, out }) => err !== "" || (at = /"at":"([^"]+)"/.exec(out)?.[1] ?? "") !== "")
  return { at, command }
}

describe("katcp simulate, of version 4", () => {
  it("copies a device of version 4: greeting, times in milliseconds, no message ids", async () => {
    const { at, command } = await simulated("--copy", old, "--move", "test.int=script 5,6 1000", "--answer", "add=ok 7")
    const said = (text: string) => text.replace(/\d{13}/g, "MILLISECONDS")
    const asked = "?add 1 2\n?sensor-value test.float\n?watchdog\n"
    const copy = said(await talk(at, asked))
    assert.strictEqual(copy, said(await talk(old, asked)).replace("!add ok 3.0", "!add ok 7"))
    assert.include(copy, "#version ")
    assert.include(copy, "MILLISECONDS")
    assert.notInclude(copy, "#version-connect")
    const info = await katcp(["info", at, "--json"])
    assert.strictEqual((JSON.parse(info.out) as { readonly protocol: string }).protocol, "4.0")
    assert.strictEqual((await katcp(["get", at, "test.int", "--value"])).out, "5\n")
    // several clients at once
    const [one, other] = [start(["call", at, "-"]), start(["monitor", at, "test.int"])]
    await other.until(({ out }) => out.includes("test.int"))
    one.child.stdin.end("watchdog\n")
    assert.include((await one.ended).out, "!watchdog ok")
    other.child.kill("SIGKILL")
    command.child.kill("SIGTERM")
    assert.strictEqual((await command.ended).code, 0)
  })

  it("serves a contract by the protocol that it names, or by that of --protocol", async () => {
    const file = path.join(folder, "dish.json")
    const contract = {
      format: "katcp-contract-1",
      id: "dish",
      version: "dish-1.0",
      build: "dish-1",
      requests: [],
      sensors: []
    }
    const greeting = async (protocol: string | undefined, ...args: ReadonlyArray<string>) => {
      writeFileSync(file, JSON.stringify({ ...contract, protocol }))
      const { at, command } = await simulated("--contract", file, ...args)
      const [first] = (await talk(at, "")).split("\n")
      command.child.kill("SIGTERM")
      assert.strictEqual((await command.ended).code, 0)
      return first
    }
    assert.strictEqual(await greeting("4.0"), "#version dish-1.0")
    assert.strictEqual(await greeting("5.0-MI"), "#version-connect katcp-protocol 5.0-IM")
    assert.strictEqual(await greeting(undefined), "#version-connect katcp-protocol 5.1-BIMT")
    assert.strictEqual(await greeting(undefined, "--protocol", "4.0"), "#version dish-1.0")
    assert.strictEqual(await greeting("4.0", "--protocol", "5.1-M"), "#version-connect katcp-protocol 5.1-M")
    for (const protocol of ["6.0", "3.1"]) {
      writeFileSync(file, JSON.stringify({ ...contract, protocol }))
      const { code, err } = await katcp(["simulate", "--contract", file, "--listen", "0"])
      assert.deepStrictEqual(
        [code, err],
        [2, `katcp: a device of KATCP ${protocol} cannot be simulated: versions 4 and 5 can\n`]
      )
    }
    const nonsense = await katcp(["simulate", "--contract", file, "--protocol", "old"])
    assert.strictEqual(nonsense.code, 2)
  })

  it("refuses to move sensors every 0 s", async () => {
    const { code, err } = await katcp(["simulate", "--copy", old, "--every", "0"])
    assert.deepStrictEqual([code, err], [2, "katcp: --every must be more than 0\n"])
  })
})
