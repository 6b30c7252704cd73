import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { afterAll, assert, describe, it } from "vitest"
import { device, katcp } from "../Cli/katcp.ts"
import { relay } from "../Cli/servers.ts"
import * as terminal from "./terminal.ts"

const folder = mkdtempSync(path.join(tmpdir(), "katcp-"))
afterAll(() => rmSync(folder, { recursive: true }))
const history = path.join(folder, "state", "history")

const inTerminal = (...args: ReadonlyArray<string>) => terminal.inTerminal(args, { KATCP_HISTORY: history })

describe("katcp shell, in a terminal", () => {
  it("completes, sends requests, shows informs while a line is typed, keeps the history", async () => {
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
    await shows("cancelled")
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

  it("keeps the lines of two concurrent shells, and each finds those of the other by Ctrl-R", async () => {
    const { address } = await device()
    const file = path.join(folder, "two")
    const environment = { KATCP_HISTORY: file }
    const one = terminal.inTerminal(["shell", address], environment)
    const two = terminal.inTerminal(["shell", address], environment)
    await one.shows(address)
    await two.shows(address)
    one.type("echo first\r")
    await one.shows(/!echo\[\d+\] ok first/)
    two.type("echo second\r")
    await two.shows(/!echo\[\d+\] ok second/)
    one.type("echo third\r")
    await one.shows(/!echo\[\d+\] ok third/)
    two.type("\x12sec")
    await two.shows('search "sec": echo second')
    two.type("\x7f\x7f\x7fthi")
    await two.shows('search "thi": echo third')
    two.type("\r")
    await two.shows(/!echo\[\d+\] ok third/)
    for (const shell of [one, two]) {
      shell.type("\x04")
      assert.strictEqual((await shell.closed)[0], 0)
    }
    assert.strictEqual(readFileSync(file, "utf8"), "echo first\necho second\necho third\necho third\n")
    assert.strictEqual(statSync(file).mode & 0o777, 0o600)
  })

  it("searches its history by Ctrl-R: older, newer, no match, giving up, editing a line", async () => {
    const { address } = await device()
    const file = path.join(folder, "search")
    writeFileSync(file, "echo alpha\nwatchdog\necho beta\necho gamma\n")
    const { closed, shows, type } = terminal.inTerminal(["shell", address], { KATCP_HISTORY: file })
    await shows(address)
    type("half")
    await shows("half")
    type("\x12")
    await shows('search "": half')
    type("echo")
    await shows('search "echo": echo gamma')
    type("\x12")
    await shows('search "echo": echo beta')
    type("\x12")
    await shows('search "echo": echo alpha')
    type("\x12")
    await shows('no line with "echo": echo alpha')
    type("\x13")
    await shows('search "echo": echo beta')
    type("x")
    await shows('no line with "echox": echo beta')
    // an inform comes: the search stays below it
    await katcp(["call", address, "write-log", "error", "meanwhile"])
    await shows(/#log error .* meanwhile[\s\S]*no line with "echox": echo beta/)
    // giving up leaves what was being typed
    type("\x07")
    await shows(/> (\u001b\[\d+[GD])*half/)
    // the line is taken by an arrow key, changed, and asked
    type("\x12alp\x1b[D\x1b[C-omega\r")
    await shows(/!echo\[\d+\] ok alpha-omega/)
    // Ctrl-R twice takes the pattern of before
    type("\x12\x12")
    await shows('search "alp": echo alpha-omega')
    type("\x03\x04")
    assert.strictEqual((await closed)[0], 0)
  })

  it("cuts a search of wide characters by the columns of the terminal", async () => {
    const { address } = await device()
    const file = path.join(folder, "wide")
    writeFileSync(file, `echo ${"望".repeat(60)}\n`)
    const { closed, shows, type } = terminal.inTerminal(["shell", address], { KATCP_HISTORY: file })
    await shows(address)
    type("\x12望")
    // 98 columns of 100, and an ellipsis
    await shows(`search "望": echo ${"望".repeat(40)}…`)
    type("\x03\x04")
    assert.strictEqual((await closed)[0], 0)
  })

  it("ends cleanly when its terminal is closed (SIGHUP)", async () => {
    const { address } = await device()
    const { address: by, until } = await relay(address)
    const { child, closed, shows } = terminal.inTerminal(["shell", by], { KATCP_HISTORY: path.join(folder, "hup") })
    await shows(by)
    child.kill("SIGKILL")
    await closed
    await until(({ open }) => open === 0)
  })

  it("ends cleanly on Ctrl-D during a request", async () => {
    const { address } = await device()
    const { closed, shows, type } = inTerminal("shell", address)
    await shows(address)
    type("sleep 0.3\r\x04")
    await shows(/!sleep\[\d+\] ok/)
    assert.strictEqual((await closed)[0], 0)
  })

  it("continues when the device disconnects and comes back, and shows it in its prompt", async () => {
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
  it("updates a table in place, with colours", async () => {
    const { address } = await device()
    const { closed, shows, type } = inTerminal("monitor", address, "test.*")
    await shows(/test\.int +0 +count +\u001b\[32mnominal/)
    await katcp(["call", address, "set-sensor", "test.int", "5"])
    await shows(/\u001b\[\d+A[\s\S]*test\.int +5 +count/)
    type("\x03")
    assert.strictEqual((await closed)[0], 130)
  })
})
