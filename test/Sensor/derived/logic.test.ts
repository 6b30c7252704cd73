import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Arg } from "katcp/Codec"
import * as Sensor from "katcp/Sensor"
import { boolean, float, recorded, shown } from "./support.ts"

const { Derived } = Sensor
const ready = Sensor.make("ready", { type: Arg.Boolean })

/** `t` true, `f` false, `T` true with an error, then readings without a valid value by their first letters. */
const set = (sensor: Sensor.LiveSensor<boolean>, letter: string) => {
  switch (letter) {
    case "t":
      return sensor.set(true)
    case "T":
      return sensor.set(true, { status: "error" })
    case "f":
      return sensor.set(false)
    case "u":
      return sensor.set(true, { status: "unknown" })
    case "i":
      return sensor.set(false, { status: "inactive" })
    case "r":
      return sensor.set(true, { status: "unreachable" })
    default:
      return sensor.set(false, { status: "failure" })
  }
}

const table = (
  combinator: typeof Derived.all,
  options: Sensor.Derived.Options | undefined,
  rows: ReadonlyArray<readonly [inputs: string, value: boolean | undefined, status: Sensor.Status]>
) =>
  Effect.forEach(rows, ([letters, value, status]) =>
    Effect.scoped(
      Effect.gen(function* () {
        const inputs = yield* Effect.forEach([...letters], (_, at) => boolean(`i${at}`))
        const sensor = yield* combinator(ready, inputs, options)
        for (const [at, letter] of [...letters].entries()) yield* set(inputs[at]!, letter)
        assert.deepStrictEqual(shown(sensor), [value ?? sensor.value, status], letters)
      })
    )
  )

describe("all", () => {
  it.effect("is true if no input is false; a missing one can count as false (A-462, P-173)", () =>
    table(Derived.all, undefined, [
      ["", true, "nominal"],
      ["t", true, "nominal"],
      ["tT", true, "nominal"],
      ["tf", false, "nominal"],
      ["tu", false, "unknown"],
      ["tuf", false, "nominal"],
      ["tur", false, "unreachable"],
      ["turx", false, "failure"],
      ["ti", true, "nominal"],
      ["i", false, "inactive"],
      ["iu", false, "unknown"]
    ])
  )

  it.effect("skips missing sensors if configured to (A-462)", () =>
    table(Derived.all, { missing: "skip" }, [
      ["tux", true, "nominal"],
      ["tufx", false, "nominal"],
      ["ux", false, "failure"],
      ["i", false, "inactive"]
    ])
  )

  it.effect(
    "has a reading only for a change (B-141)",
    Effect.fnUntraced(function* () {
      const [one, other] = [yield* boolean("one", true), yield* boolean("other", true)]
      const sensor = yield* Derived.all(ready, [one, other])
      const readings = recorded(sensor)
      yield* one.set(true, { timestamp: 1 })
      yield* one.set(false, { timestamp: 2 })
      yield* other.set(false, { timestamp: 3 })
      yield* one.set(true, { timestamp: 4 })
      yield* other.set(true, { timestamp: 5 })
      assert.deepStrictEqual(
        readings.map(({ timestamp, value }) => [timestamp, value]),
        [
          [2, false],
          [5, true]
        ]
      )
    })
  )
})

describe("any", () => {
  it.effect("is true if any input is; a missing one can count as true (B-140, P-173)", () =>
    table(Derived.any, undefined, [
      ["", false, "nominal"],
      ["f", false, "nominal"],
      ["ff", false, "nominal"],
      ["fT", true, "nominal"],
      ["fu", false, "unknown"],
      ["xut", true, "nominal"],
      ["fux", false, "failure"],
      ["fi", false, "nominal"],
      ["i", false, "inactive"]
    ])
  )
})

describe("worst and deviceStatus", () => {
  const worst = Sensor.make("worst", { type: Arg.Discrete(...Sensor.statuses) })

  it.effect(
    "show the worst status; device-status as ok, degraded or fail (P-364, P-174)",
    Effect.fnUntraced(function* () {
      const input = yield* float("a", 1)
      const still = yield* float("b", 1)
      const [status, health] = [
        yield* Derived.worst(worst, [input, still]),
        yield* Derived.deviceStatus(Sensor.deviceStatus, [input, still])
      ]
      for (const [given, shownStatus, value, own] of [
        ["inactive", "nominal", "ok", "nominal"],
        ["nominal", "nominal", "ok", "nominal"],
        ["unknown", "unknown", "degraded", "warn"],
        ["warn", "warn", "degraded", "warn"],
        ["error", "error", "fail", "error"],
        ["unreachable", "unreachable", "fail", "error"],
        ["failure", "failure", "fail", "error"]
      ] as const) {
        yield* input.set(1, { status: given })
        assert.deepStrictEqual(shown(status), [shownStatus, shownStatus])
        assert.deepStrictEqual(shown(health), [value, own])
      }
    })
  )

  it.effect(
    "without inputs: the worst is unknown, the device is ok (P-364)",
    Effect.fnUntraced(function* () {
      assert.deepStrictEqual(shown(yield* Derived.worst(worst, [])), ["unknown", "unknown"])
      assert.deepStrictEqual(shown(yield* Derived.deviceStatus(Sensor.deviceStatus, [])), ["ok", "nominal"])
    })
  )

  it.effect(
    "device-status by hand: the status follows the value (P-364)",
    Effect.fnUntraced(function* () {
      const health = yield* Sensor.LiveSensor.make(Sensor.deviceStatus)
      assert.strictEqual(health.name, "device-status")
      assert.deepStrictEqual(health.definition.parameters, ["ok", "degraded", "fail"])
      assert.deepStrictEqual(shown(health), ["ok", "nominal"])
      yield* health.set("degraded")
      assert.deepStrictEqual(shown(health), ["degraded", "warn"])
      yield* health.set("fail")
      assert.deepStrictEqual(shown(health), ["fail", "error"])
    })
  )
})
