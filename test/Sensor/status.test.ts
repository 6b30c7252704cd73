import { assert, describe, it } from "@effect/vitest"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Sensor from "katcp/Sensor"

describe("Status", () => {
  it("has seven values, numbered as in Table 8 (P-172, P-255, Q-06, A-169)", () => {
    assert.deepStrictEqual(
      [...Sensor.statuses],
      ["unknown", "nominal", "warn", "error", "failure", "unreachable", "inactive"]
    )
    const backwards = [...Sensor.statuses].reverse()
    assert.deepStrictEqual(backwards.sort(Sensor.statusOrder), [...Sensor.statuses])
  })

  it("only nominal, warn and error come with a valid value (P-173, B-138)", () => {
    assert.deepStrictEqual(Sensor.statuses.filter(Sensor.isValid), ["nominal", "warn", "error"])
  })

  it("names are exact (P-172)", () => {
    for (const status of Sensor.statuses) assert.isTrue(Sensor.isStatus(status))
    for (const text of ["", "Nominal", "nominal ", "ok", "toString", "__proto__"]) assert.isFalse(Sensor.isStatus(text))
  })

  it("the Schema accepts only the seven (P-172)", () => {
    const decode = Schema.decodeUnknownOption(Sensor.Status)
    for (const status of Sensor.statuses) assert.strictEqual(Option.getOrUndefined(decode(status)), status)
    for (const other of ["", "NOMINAL", 1, undefined]) assert.strictEqual(decode(other)._tag, "None")
  })

  it("are ordered by severity: an unreliable value is worse than a measured error (P-172)", () => {
    assert.deepStrictEqual([...Sensor.statuses].sort(Sensor.severityOrder), [
      "inactive",
      "nominal",
      "unknown",
      "warn",
      "error",
      "unreachable",
      "failure"
    ])
    assert.deepStrictEqual([...Sensor.severities].sort(Sensor.severityOrder), [...Sensor.severities])
    assert.strictEqual(Sensor.worseOf("warn", "unknown"), "warn")
    assert.strictEqual(Sensor.worseOf("inactive", "nominal"), "nominal")
    assert.strictEqual(Sensor.worseOf("failure", "failure"), "failure")
  })
})
