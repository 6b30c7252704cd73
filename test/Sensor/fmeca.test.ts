import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Dialect } from "katcp/Codec"
import * as Sensor from "katcp/Sensor"
import { logging, observersOf, shown } from "./derived/support.ts"
import { written } from "./wireText.ts"

const { Fmeca } = Sensor
const detect = (...severities: ReadonlyArray<Sensor.Fmeca.Severity>) =>
  Fmeca.detection("FD0002", { doc: "Archive storage 90% full", severities })

describe("Fmeca.detection", () => {
  it.effect(
    "is a boolean sensor fmeca.FDXXXX (P-360)",
    Effect.fnUntraced(function* () {
      const { code, sensor, severity } = detect("minor")
      assert.deepStrictEqual([code, severity, sensor.name], ["FD0002", "minor", "fmeca.FD0002"])
      const live = yield* Sensor.LiveSensor.make(sensor)
      assert.strictEqual(
        written((encoder) => live.writeDescription(encoder, undefined, Dialect.v5)),
        "#sensor-list fmeca.FD0002 Archive\\_storage\\_90%\\_full \\@ boolean\n"
      )
      assert.strictEqual(live.status, "unknown")
    })
  )

  it.effect(
    "no failure: 0 and nominal; a failure: 1 and the status of the worst severity (P-361)",
    Effect.fnUntraced(function* () {
      for (const [severities, severity, status] of [
        [["minor"], "minor", "warn"],
        [["marginal", "minor"], "marginal", "warn"],
        [["marginal", "critical"], "critical", "error"],
        [["catastrophic", "minor", "critical"], "catastrophic", "error"]
      ] as const) {
        const detection = detect(...severities)
        assert.strictEqual(detection.severity, severity)
        const live = yield* Sensor.LiveSensor.make(detection.sensor)
        yield* live.set(false, { timestamp: 1 })
        assert.deepStrictEqual(live.formatted(Dialect.v5), ["1.0", "nominal", "0"])
        yield* live.set(true, { timestamp: 2 })
        assert.deepStrictEqual(live.formatted(Dialect.v5), ["2.0", status, "1"])
      }
    })
  )

  it("has a code of FD and four digits, and a severity (P-360)", () => {
    for (const code of ["FD1", "FD12345", "FD1e10", "FD-001", "fd0001"])
      assert.throws(() => Fmeca.detection(code as "FD1", { doc: "x", severities: ["minor"] }), TypeError, /four digits/)
    assert.throws(() => detect(), TypeError, /at least one severity/)
  })
})

describe("Fmeca.logged", () => {
  const changes = (severity: Sensor.Fmeca.Severity) =>
    logging((lines) =>
      Effect.gen(function* () {
        const detection = detect(severity)
        const live = yield* Sensor.LiveSensor.make(detection.sensor)
        yield* Fmeca.logged(detection, live)
        yield* live.set(false)
        yield* live.set(true)
        yield* live.set(true)
        // what is not known is not a change
        yield* live.set(false, { status: "unknown" })
        yield* live.set(true)
        yield* live.set(false)
        return lines
      })
    )

  it.effect(
    "logs each change, at the level of the severity, cleared at info (P-362, P-363, Q-12)",
    Effect.fnUntraced(function* () {
      for (const [severity, level] of [
        ["minor", "Warn"],
        ["marginal", "Warn"],
        ["critical", "Error"],
        ["catastrophic", "Fatal"]
      ] as const)
        assert.deepStrictEqual(yield* changes(severity), [
          `${level} fmeca: fmeca.FD0002 ${severity} Archive storage 90% full`,
          "Info fmeca: fmeca.FD0002 cleared Archive storage 90% full"
        ])
    })
  )

  it.effect("logs a failure that exists already, and nothing after its Scope (P-362)", () =>
    logging((lines) =>
      Effect.gen(function* () {
        const detection = detect("critical")
        const live = yield* Sensor.LiveSensor.make(detection.sensor)
        yield* live.set(true)
        yield* Effect.scoped(Fmeca.logged(detection, live))
        assert.deepStrictEqual(lines, ["Error fmeca: fmeca.FD0002 critical Archive storage 90% full"])
        assert.strictEqual(observersOf(live), 0)
        yield* live.set(false)
        assert.lengthOf(lines, 1)
        assert.deepStrictEqual(shown(live), [false, "nominal"])
      })
    )
  )
})
