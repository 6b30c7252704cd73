import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { afterAll, assert, describe, it } from "vitest"
import { device, katcp } from "../Cli/katcp.ts"
import * as terminal from "./terminal.ts"

const folder = mkdtempSync(path.join(tmpdir(), "katcp-"))
afterAll(() => rmSync(folder, { recursive: true }))
const history = path.join(folder, "state", "history")

const inTerminal = (...args: ReadonlyArray<string>) => terminal.inTerminal(args, { KATCP_HISTORY: history })

describe("katcp shell, in a terminal", () => {
  it("completes, asks, shows informs beside the line that is typed, keeps the history", async () => {
    const { address } = await device()
    const { closed, shows, type } = inTerminal("shell", address)
    await shows(`${address}`)
    type("wat\t")
    await shows("chdog ")
    type("\r")
    await shows(/!watchdog\[\d+\] ok/)
    type("set-sensor test.dis\t")
    await shows("crete ")
    type("tw\t")
    await shows(/o $/)
    type("\r")
    await shows(/!set-sensor\[\d+\] ok/)
    type("sensor-sampling test.int event\r")
    await shows(/#sensor-status .* test\.int /)
    type("half a li")
    await shows("half a li")
    await katcp(["call", address, "set-sensor", "test.int", "77"])
    await shows(/test\.int nominal 77[\s\S]*half a li/)
    // an empty line by Ctrl-C, then a request that is given up
    type("\x03")
    type("sleep 1000\r")
    await shows("sleep 1000")
    type("\x03")
    await shows("given up")
    type('echo "a b"\r')
    await shows(/!echo\[\d+\] ok "a b"/)
    type("wachdog\r")
    await shows("did you mean watchdog?")
    type("\x04")
    const [code] = await closed
    assert.strictEqual(code, 0)
    const lines = readFileSync(history, "utf8")
    assert.include(lines, "watchdog\n")
    const again = inTerminal("shell", address)
    await again.shows(`${address}`)
    again.type("\x1b[A\x1b[A\r")
    await again.shows(/!echo\[\d+\] ok "a b"/)
    again.type("exit\r")
    assert.strictEqual((await again.closed)[0], 0)
  })

  it("ends in order by Ctrl-D while a request is under way", async () => {
    const { address } = await device()
    const { closed, shows, type } = inTerminal("shell", address)
    await shows(address)
    type("sleep 0.3\r\x04")
    await shows(/!sleep\[\d+\] ok/)
    assert.strictEqual((await closed)[0], 0)
  })

  it("goes on when the device goes and comes back, and says so in its prompt", async () => {
    const first = await device()
    const { closed, shows, type } = inTerminal("shell", first.address)
    await shows(first.address)
    first.kill()
    await shows(/\((disconnected|sleeping|connecting)\)/)
    const second = await device("--port", first.address.split(":")[1]!)
    await shows(`${second.address}\u001b[0m> `)
    type("watchdog\r")
    await shows(/!watchdog\[\d+\] ok/)
    type("\x04")
    assert.strictEqual((await closed)[0], 0)
  })
})

describe("katcp monitor, in a terminal", () => {
  it("keeps a table up to date in place, with colours", async () => {
    const { address } = await device()
    const { closed, shows, type } = inTerminal("monitor", address, "test.*")
    await shows(/test\.int +0 +count +\u001b\[32mnominal/)
    await katcp(["call", address, "set-sensor", "test.int", "5"])
    await shows(/\u001b\[\d+A[\s\S]*test\.int +5 +count/)
    type("\x03")
    assert.strictEqual((await closed)[0], 130)
  })
})
