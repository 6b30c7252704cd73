/** `katcp plot`, and the table of `katcp monitor`, in a pseudo-terminal. */
import { assert, beforeAll, describe, it } from "vitest"
import { device } from "../Cli/katcp.ts"
import { inTerminal } from "./terminal.ts"

let host = ""
beforeAll(async () => {
  host = (await device()).address
})

const enter = "\u001b[?1049h\u001b[?25l\u001b[?7l"
const leave = "\u001b[?7h\u001b[?25h\u001b[?1049l"
const braille = /[\u2801-\u28ff]{20}/

describe("katcp plot", () => {
  it("draws on the alternate screen, and q restores the terminal, with the plot", async () => {
    const plot = inTerminal(["plot", host, "test.int", "test.bool"])
    await plot.shows(enter)
    await plot.shows(braille)
    plot.type("q")
    await plot.shows(leave)
    await plot.shows(/test\.int +0 +count/)
    assert.deepStrictEqual(await plot.closed, [0, null])
  })

  it("pauses on space, and resumes on the next", async () => {
    const plot = inTerminal(["plot", host, "test.int"])
    await plot.shows("space pauses, q quits")
    plot.type(" ")
    await plot.shows("paused; space continues, q quits")
    plot.type("x\u001b[A ")
    await plot.shows("space pauses, q quits")
    plot.type("q")
    assert.deepStrictEqual(await plot.closed, [0, null])
  })

  it("is redrawn when the terminal is resized", async () => {
    const plot = inTerminal(["plot", host, "test.int"])
    await plot.shows(/[─┬]{60}/)
    // the line of the axis, in a terminal of 40 columns
    plot.resize(40, 12)
    await plot.shows(/└[─┬]{20,39}\u001b/)
    plot.type("q")
    assert.deepStrictEqual(await plot.closed, [0, null])
  })

  it("restores the terminal after Ctrl-C, SIGTERM and SIGHUP, with their exit codes", async () => {
    for (const [end, code] of [
      ["\u0003", 130],
      ["SIGTERM", 130],
      ["SIGHUP", 129]
    ] as const) {
      const plot = inTerminal(["plot", host, "test.int"])
      await plot.shows(braille)
      if (end === "\u0003") plot.type(end)
      else plot.signal(end)
      await plot.shows(leave)
      assert.deepStrictEqual(await plot.closed, [code, null], end)
    }
  })

  it("shows a lost device as a gap, with the reason", async () => {
    const gone = await device()
    const plot = inTerminal(["plot", gone.address, "test.int"])
    await plot.shows(braille)
    gone.kill()
    await plot.shows("U unreachable")
    await plot.shows("nothing listens on that port")
    plot.type("q")
    await plot.shows(leave)
    assert.deepStrictEqual(await plot.closed, [0, null])
  })

  it("restores the terminal for Ctrl-Z, and redraws when it continues", async () => {
    const plot = inTerminal(["plot", host, "test.int"])
    await plot.shows(braille)
    plot.type("\u001a")
    await plot.shows(leave)
    await plot.shows(enter)
    await plot.shows(braille)
    plot.type("q")
    await plot.shows(leave)
    assert.deepStrictEqual(await plot.closed, [0, null])
  })

  it("ends after --for, without a key", async () => {
    const plot = inTerminal(["plot", host, "test.int", "--for", "500ms"])
    await plot.shows(leave)
    assert.deepStrictEqual(await plot.closed, [0, null])
  })

  it("does not touch the terminal if the sensor does not exist", async () => {
    const plot = inTerminal(["plot", host, "test.itn"])
    await plot.shows(/^katcp: \S+ has no sensor test\.itn; did you mean test\.int\?\r\n$/)
    assert.deepStrictEqual(await plot.closed, [1, null])
  })

  it("draws in ASCII if the locale is not UTF-8, and once at the end on a dumb terminal", async () => {
    const ascii = inTerminal(["plot", host, "test.int"], { LC_ALL: "C" })
    await ascii.shows(/\*{20}/)
    ascii.type("q")
    assert.deepStrictEqual(await ascii.closed, [0, null])
    const dumb = inTerminal(["plot", host, "test.int", "--for", "500ms"], { TERM: "dumb" })
    await dumb.shows(/^[ -~\r\n]*\*{20}[ -~\r\n]*$/)
    assert.deepStrictEqual(await dumb.closed, [0, null])
  })
})

describe("the table of katcp monitor", () => {
  it("has a small graph of numbers if there is room, and restores the cursor", async () => {
    const monitor = inTerminal(["monitor", host, "test.int", "test.string"])
    await monitor.shows(/sensor +value +units +status +last minute +age/)
    await monitor.shows(/test\.int +0 +count +.*nominal.* +▄ +/)
    monitor.resize(60, 12)
    await monitor.shows(/sensor +value +units +status +age\r\n/)
    monitor.type("\u0003")
    await monitor.shows("\u001b[?7h\u001b[?25h")
    assert.deepStrictEqual(await monitor.closed, [130, null])
  })
})
