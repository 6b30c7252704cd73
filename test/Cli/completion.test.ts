/** The words that a shell offers for the last word of a line. */
import { assert, describe, it } from "@effect/vitest"
import { complete, needsRegisters } from "../../src/Cli/commands/shell/completion.ts"

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

  it("offers the registers of an FPGA board for the requests that take one", () => {
    const requests = new Map([
      ["listdev", ""],
      ["read", ""]
    ])
    const known = { requests, sensors: { names: ["volt"], get: () => undefined } as never, protocol: { major: 4 } }
    const registers = ["acc_cnt", "acc len", "gain"]
    assert.deepStrictEqual(complete({ ...known, registers }, "?wordread acc")[0], ["acc\\_len", "acc_cnt"])
    assert.deepStrictEqual(complete({ ...known, registers }, "read g")[0], ["gain "])
    const needs = (line: string) => needsRegisters(known, line)
    assert.deepStrictEqual(["read ", " ?wordwrite a", "read", "read a 0", "help "].map(needs), [
      true,
      true,
      false,
      false,
      false
    ])
    assert.isFalse(needsRegisters({ requests: new Map([["read", ""]]) }, "read "))
  })
})
