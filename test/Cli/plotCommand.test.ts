/** `katcp plot` without a terminal. */
import { assert, beforeAll, describe, it } from "vitest"
import { device, katcp, start } from "./katcp.ts"
import { relay } from "./servers.ts"

let host = ""
beforeAll(async () => {
  host = (await device()).address
})
const set = async (address: string, name: string, value: string, time: number) =>
  assert.strictEqual((await katcp(["call", address, "set-sensor", name, value, "nominal", `${time}`])).code, 0)

describe("katcp plot, without a terminal", () => {
  it("says that it needs --for, before it asks the device", async () => {
    const { code, err, out } = await katcp(["plot", "127.0.0.1:1", "x"])
    assert.deepStrictEqual([code, out], [2, ""])
    assert.strictEqual(err, "katcp: there is no terminal to draw on; with --for 30s the plot is printed at the end\n")
  })

  it("prints the plot at the end, in the given size", async () => {
    const plot = await katcp([
      "plot",
      host,
      "test.int",
      "test.bool",
      "--for",
      "500ms",
      "--width",
      "40",
      "--height",
      "12",
      "--utc"
    ])
    assert.deepStrictEqual([plot.code, plot.err], [0, ""])
    const lines = plot.out.trimEnd().split("\n")
    assert.isAtMost(lines.length, 12)
    assert.isAtMost(Math.max(...lines.map((line) => line.length)), 40)
    assert.match(plot.out, /\d{4}-\d\d-\d\d +UTC\n/)
    assert.match(plot.out, /^a test\.bool 0$/m)
    assert.match(plot.out, /^b test\.int 0$/m)
  })

  it("shows only ASCII in a locale that is not UTF-8", async () => {
    const { out } = await katcp(["plot", host, "test.int", "--for", "500ms"], "", { LC_ALL: "C" })
    assert.match(out, /^[ -~\n]+$/)
    assert.match(out, /\*{30}/)
  })

  it("plots a reading from the future at its time of arrival, and an old one from the left", async () => {
    const other = await device()
    await set(other.address, "test.int", "7", 9e9)
    await set(other.address, "test.float", "7", 1e9)
    for (const [name, pattern] of [
      ["test.float", /┤[⠉⠒⠤⣀]{70}/],
      ["test.int", /┤ *[⠉⠒⠤⣀]{20,}$/m]
    ] as const) {
      const { out } = await katcp(["plot", other.address, name, "--for", "300ms", "--height", "12"])
      assert.match(out, pattern, out)
    }
    other.kill()
  })

  it("ends with the plot on SIGTERM and on SIGINT", async () => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      const through = await relay(host)
      const plot = start(["plot", through.address, "test.int", "--for", "1h"])
      await through.until(({ device }) => device.includes("#sensor-status"))
      plot.child.kill(signal)
      const { code, out } = await plot.ended
      assert.strictEqual(code, 130)
      // the reading may have come in the moment of the signal
      assert.match(out, /^$|^a {2}test\.int {2}0 {2}count {2}nominal$/m)
    }
  })

  it("refuses an invalid size or time", async () => {
    for (const [flag, value] of [
      ["--width", "19"],
      ["--width", "401"],
      ["--height", "7"],
      ["--since", "soon"],
      ["--draw", "ansi"],
      ["--strategy", "never"]
    ] as const) {
      const { code, err, out } = await katcp(["plot", host, "test.int", "--for", "1s", flag, value])
      assert.deepStrictEqual([code, out, err.split("\n").length], [2, "", 2], `${flag} ${value}: ${err}`)
      assert.include(err, flag)
    }
  })
})
