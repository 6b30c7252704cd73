/** All aggregates at once against what they should be, reckoned again from the inputs after each step. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Arg } from "katcp/Codec"
import * as Sensor from "katcp/Sensor"
import { observersOf } from "./support.ts"

const { Derived, Inputs } = Sensor

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const slots = 7
const nasty = [0, -0, 1, 0.1, -0.1, 1e16, -1e16, 5e-324, 1.7e308, -1.7e308, 1e300, Infinity, -Infinity, NaN, 3, 3]

const Step = Schema.Struct({
  what: Schema.Literals(["add", "remove", "value", "value", "value", "status", "replace"]),
  slot: between(0, slots - 1),
  value: between(0, nasty.length - 1),
  status: Sensor.Status,
  time: between(0, 50)
})
type Step = typeof Step.Type
const steps = Schema.Array(Step)
const options = { arbitrary: { runs: 120, size: 40 } }

/** A double as a multiple of the smallest one. */
const exact = (value: number): bigint => {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  const exponent = (bits >> 52n) & 0x7ffn
  const fraction = bits & 0xfffffffffffffn
  const size = exponent === 0n ? fraction : (fraction | 0x10000000000000n) << (exponent - 1n)
  return bits >> 63n === 1n ? -size : size
}

/** `true` if a double is the one that is nearest to an exact sum. */
const isNearest = (value: number, sum: bigint): boolean => {
  const limit = exact(Number.MAX_VALUE)
  if (!Number.isFinite(value)) return value > 0 ? sum > limit : sum < -limit
  const error = (other: bigint) => (other > sum ? other - sum : sum - other)
  const own = exact(value)
  // the neighbours are one unit in the last place away, which is at least this
  const unit = own === 0n ? 1n : 1n << BigInt(Math.max(0, (own < 0n ? -own : own).toString(2).length - 53))
  return error(own) * 2n <= unit
}

const sumIsRight = (value: number, values: ReadonlyArray<number>): boolean => {
  const infinite = values.filter((one) => !Number.isFinite(one))
  if (infinite.length > 0)
    return Object.is(
      value,
      infinite.reduce((one, other) => one + other)
    )
  return isNearest(
    value,
    values.reduce((sum, one) => sum + exact(one), 0n)
  )
}

const gapOf = (statuses: ReadonlyArray<Sensor.Status>): Sensor.Status | undefined => {
  if (statuses.every(Sensor.isValid)) return undefined
  const order: ReadonlyArray<Sensor.Status> = ["failure", "unreachable", "unknown"]
  const worst = order.find((status) => statuses.includes(status))
  if (worst !== undefined) return worst
  return statuses.some(Sensor.isValid) ? undefined : "inactive"
}

const worstOf = (statuses: ReadonlyArray<Sensor.Status>): Sensor.Status | undefined =>
  [...statuses].sort(Sensor.severityOrder).at(-1)

/** When which sensor was last heard of. */
type Arrivals = Map<Sensor.LiveSensor<number>, number>

const isNewer = (one: Sensor.LiveSensor<number>, other: Sensor.LiveSensor<number>, arrivals: Arrivals): boolean =>
  one.reading.timestamp === other.reading.timestamp
    ? arrivals.get(one)! > arrivals.get(other)!
    : one.reading.timestamp > other.reading.timestamp

const aggregates = (numbers: Sensor.Inputs.Inputs<number>) =>
  Effect.gen(function* () {
    const define = (name: string) => Sensor.make(name, { type: Arg.Float })
    return {
      sum: yield* Derived.sum(define("sum"), numbers),
      sumOfValid: yield* Derived.sum(define("sum-of-valid"), numbers, { missing: "skip" }),
      mean: yield* Derived.mean(define("mean"), numbers),
      min: yield* Derived.min(define("min"), numbers),
      max: yield* Derived.max(define("max"), numbers),
      latest: yield* Derived.latest(define("latest"), numbers),
      count: yield* Derived.count(Sensor.make("count", { type: Arg.Int }), numbers),
      errors: yield* Derived.count(Sensor.make("errors", { type: Arg.SafeInt }), numbers, (r) => r.status === "error"),
      worst: yield* Derived.worst(Sensor.make("worst", { type: Arg.Discrete(...Sensor.statuses) }), numbers),
      health: yield* Derived.deviceStatus(Sensor.deviceStatus, numbers),
      set: yield* Derived.aggregate(Sensor.make("values", { type: Arg.Text }), numbers, () => {
        const values: Array<number> = []
        return {
          add: ({ value }) => values.push(value),
          remove: ({ value }) => {
            const at = values.findIndex((one) => Object.is(one, value))
            assert.isAtLeast(at, 0, `${value} was never added`)
            values.splice(at, 1)
          },
          compute: ({ size, valid, worst }) => ({
            value: JSON.stringify([size, valid, worst, values.map(String).sort()])
          })
        }
      })
    }
  })
type Aggregates = Effect.Success<ReturnType<typeof aggregates>>

const check = (all: Aggregates, inputs: ReadonlyArray<Sensor.LiveSensor<number>>, arrivals: Arrivals) => {
  const readings = inputs.map((input) => input.reading)
  const statuses = readings.map(({ status }) => status)
  const values = readings.filter(({ status }) => Sensor.isValid(status)).map(({ value }) => value)
  const gap = gapOf(statuses)
  const text = JSON.stringify(readings.map(({ status, value }) => [String(value), status]))
  const is = (sensor: Sensor.LiveSensor<unknown>, value: unknown, status: Sensor.Status) => {
    assert.isTrue(Object.is(sensor.value, value), `${sensor.name} is ${sensor.value}, not ${value}: ${text}`)
    assert.strictEqual(sensor.status, status, `${sensor.name} of ${text}`)
  }
  const none = values.length === 0
  const sum = all.sum.value
  assert.isTrue(sumIsRight(sum, values), `sum is ${sum}: ${text}`)
  assert.strictEqual(all.sum.status, gap ?? "nominal", text)
  assert.isTrue(sumIsRight(all.sumOfValid.value, values), text)
  assert.strictEqual(all.sumOfValid.status, none ? (worstOf(statuses) ?? "nominal") : "nominal", text)
  if (none) {
    for (const sensor of [all.mean, all.min, all.max]) assert.strictEqual(sensor.status, gap ?? "unknown", sensor.name)
    assert.strictEqual(all.latest.status, worstOf(statuses) ?? "unknown")
  } else {
    is(all.mean, sum / values.length, gap ?? "nominal")
    const zero = (value: number) => (value === 0 ? 0 : value)
    assert.strictEqual(String(zero(all.min.value)), String(zero(Math.min(...values))), text)
    assert.strictEqual(String(zero(all.max.value)), String(zero(Math.max(...values))), text)
    assert.strictEqual(all.min.status, gap ?? "nominal")
    const newest = inputs
      .filter(({ status }) => Sensor.isValid(status))
      .reduce((one, other) => (isNewer(other, one, arrivals) ? other : one))
    assert.strictEqual(String(zero(all.latest.value)), String(zero(newest.value)), text)
    assert.strictEqual(all.latest.status, newest.status)
  }
  is(all.count, values.length, "nominal")
  is(all.errors, statuses.filter((status) => status === "error").length, "nominal")
  const worst = worstOf(statuses)
  is(all.worst, worst ?? "unknown", worst ?? "unknown")
  const health =
    worst === undefined || worst === "inactive" || worst === "nominal"
      ? "ok"
      : worst === "unknown" || worst === "warn"
        ? "degraded"
        : "fail"
  is(all.health, health, ({ ok: "nominal", degraded: "warn", fail: "error" } as const)[health])
  is(all.set, JSON.stringify([inputs.length, values.length, worst, values.map(String).sort()]), "nominal")
}

const define = (slot: number) => Sensor.make(`input.${slot}`, { type: Arg.Float })

const set = (sensor: Sensor.LiveSensor<number>, { status, value, what }: Step, timestamp: number) =>
  what === "status"
    ? sensor.set(sensor.value, { status, timestamp })
    : sensor.set(nasty[value]!, { timestamp, ...(value % 4 === 0 ? { status } : {}) })

describe("aggregates", () => {
  it.effect.prop(
    "of a changing list equal newly computed ones (B-140, B-141, A-463)",
    { steps },
    Effect.fnUntraced(function* ({ steps }) {
      const sensors = yield* Effect.forEach(Array.from({ length: slots }), (_, slot) =>
        Sensor.LiveSensor.make(define(slot))
      )
      const inputs = yield* Inputs.Changing.make<number>()
      const arrivals: Arrivals = new Map()
      yield* Effect.scoped(
        Effect.gen(function* () {
          const all = yield* aggregates(inputs)
          for (const [number, step] of steps.entries()) {
            const sensor = sensors[step.slot]!
            // a sensor that is not an input may change, too
            if (step.what === "remove") yield* inputs.remove(sensor)
            else if (step.what === "add" || step.what === "replace") {
              if (!inputs.sensors.has(sensor)) arrivals.set(sensor, number)
              yield* inputs.add(sensor)
            } else {
              yield* set(sensor, step, step.time)
              arrivals.set(sensor, number)
            }
            check(all, [...inputs.sensors], arrivals)
          }
          for (const sensor of sensors) assert.strictEqual(observersOf(sensor) > 0, inputs.sensors.has(sensor))
        })
      )
      for (const sensor of sensors) assert.strictEqual(observersOf(sensor), 0)
    }),
    options
  )

  it.effect.prop(
    "of a set follow added, removed and replaced sensors, even in batches (B-140, B-141, A-464)",
    { steps, batches: Schema.Array(between(1, 5)) },
    Effect.fnUntraced(function* ({ batches, steps }) {
      const set_ = yield* Sensor.SensorSet.make
      const arrivals: Arrivals = new Map()
      const all = yield* aggregates(
        Inputs.filter(Inputs.numbers(Inputs.fromSet(set_)), ({ name }) =>
          name.startsWith("input.")
        ) as Sensor.Inputs.Inputs<number>
      )
      // what is derived may be in the set that it is derived from
      yield* set_.add(all.sum)
      yield* set_.add(all.count)
      yield* set_.add(all.worst)
      const own = new Map<number, Sensor.LiveSensor<number>>()
      const run = Effect.fnUntraced(function* (step: Step, number: number) {
        const sensor = own.get(step.slot)
        // those that are added in one batch arrive as one: no two have the same time
        const time = step.time * 1000 + number
        if (step.what === "add" || step.what === "replace") {
          if (sensor !== undefined && step.what === "add") return
          const added = yield* set_.add(define(step.slot))
          own.set(step.slot, added)
          arrivals.set(added, number)
        } else if (sensor === undefined) return
        else if (step.what === "remove") {
          yield* set_.remove(sensor)
          own.delete(step.slot)
          // nobody hears of it any more
          yield* set(sensor, step, time)
        } else {
          yield* set(sensor, step, time)
          arrivals.set(sensor, number)
        }
      })
      let at = 0
      for (const size of [...batches, steps.length]) {
        const batch = steps.slice(at, at + size)
        yield* set_.batch(Effect.forEach(batch, (step, index) => run(step, at + index), { discard: true }))
        const order = [...own.values()].sort((one, other) => (one.name < other.name ? -1 : 1))
        assert.strictEqual(order.length, own.size)
        at += size
        if (batch.length > 0) check(all, order, arrivals)
      }
    }),
    options
  )
})
