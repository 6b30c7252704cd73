/** The words that a shell offers for the last word of a line. */
import { assert, describe, it } from "@effect/vitest"
import { complete } from "../../src/Cli/commands/shell/completion.ts"

const offered = (line: string, major = 5) =>
  complete(
    { requests: new Map(), sensors: { names: ["volt"], get: () => undefined } as never, protocol: { major } },
    line
  )[0]

describe("completion", () => {
  it("offers the strategies of the protocol's version", () => {
    const five = ["auto", "differential", "event", "none", "period"]
    assert.deepStrictEqual(offered("sensor-sampling volt ", 4), five)
    assert.deepStrictEqual(offered("sensor-sampling volt "), [...five, "differential-rate", "event-rate"].sort())
    assert.deepStrictEqual(offered("sensor-sampling volt per"), ["period "])
    assert.deepStrictEqual(offered("sensor-sampling volt period "), [])
  })

  it("offers the log levels", () => {
    assert.deepStrictEqual(offered("log-level "), ["all", "debug", "error", "fatal", "info", "off", "trace", "warn"])
  })
})
