import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import { Arg } from "katcp/Codec"
import * as Sensor from "katcp/Sensor"
import { float, logging, observersOf, recorded, shown } from "./support.ts"

const { Derived, Inputs } = Sensor
const text = Sensor.make("text", { type: Arg.Text })

/** A rule that keeps its input. */
const telling = (told: Array<string>, replace: boolean) => (): Sensor.Derived.Rule<number, string> => ({
  add: ({ value }, { name }) => told.push(`+${name}=${value}`),
  remove: ({ value }, { name }) => told.push(`-${name}=${value}`),
  ...(replace
    ? {
        replace: (
          { value }: Sensor.Reading<number>,
          previous: Sensor.Reading<number>,
          { name }: Sensor.LiveSensor<number>
        ) => told.push(`${name}=${previous.value}>${value}`)
      }
    : {}),
  compute: ({ gap, size, valid, worst }) => ({ value: `${size} ${valid} ${worst} ${gap}` })
})

describe("aggregate", () => {
  it.effect(
    "notifies the rule of valid readings that appear, change and disappear (B-140, B-141)",
    Effect.fnUntraced(function* () {
      for (const replace of [false, true]) {
        const [a, b] = [yield* float("a", 1), yield* float("b")]
        const told: Array<string> = []
        const list = yield* Inputs.Changing.make([a, b])
        const sensor = yield* Derived.aggregate(text, list, telling(told, replace))
        assert.deepStrictEqual(shown(sensor), ["2 1 unknown unknown", "nominal"])
        yield* b.set(2, { status: "error" })
        assert.strictEqual(sensor.value, "2 2 error undefined")
        yield* a.set(3)
        yield* a.set(4, { status: "inactive" })
        yield* a.set(5, { status: "inactive" })
        assert.strictEqual(sensor.value, "2 1 error undefined")
        yield* list.remove(b, a)
        assert.strictEqual(sensor.value, "0 0 undefined undefined")
        assert.deepStrictEqual(told, ["+a=1", "+b=2", ...(replace ? ["a=1>3"] : ["-a=1", "+a=3"]), "-a=3", "-b=2"])
      }
    })
  )

  it.effect(
    "passes on other readings if configured, and the rule may skip an update (B-140)",
    Effect.fnUntraced(function* () {
      const input = yield* float("in")
      const list = yield* Inputs.Changing.make([input])
      let last = ""
      const sensor = yield* Derived.aggregate(
        text,
        list,
        () => ({
          add: ({ status }) => {
            last = status
          },
          remove: () => {},
          compute: () => (last === "warn" ? undefined : { value: last, status: "inactive" })
        }),
        { counts: () => true, every: true }
      )
      assert.deepStrictEqual(shown(sensor), ["unknown", "inactive"])
      const readings = recorded(sensor)
      yield* input.set(1, { status: "warn" })
      yield* input.set(1, { status: "failure", timestamp: 5 })
      yield* input.set(1, { status: "failure", timestamp: 6 })
      yield* list.remove(yield* float("other"))
      yield* list.add(input)
      assert.deepStrictEqual(readings, [
        { timestamp: 5, status: "inactive", value: "failure" },
        { timestamp: 6, status: "inactive", value: "failure" }
      ])
    })
  )

  it.effect(
    "has the time of the update, or now if inputs change, and never goes back (B-141)",
    Effect.fnUntraced(function* () {
      yield* TestClock.adjust("100 seconds")
      const [a, b] = [yield* float("a", 1), yield* float("b", 2)]
      const list = yield* Inputs.Changing.make([a])
      const sum = yield* Derived.sum(Sensor.make("sum", { type: Arg.Float }), list)
      const times = [sum.reading.timestamp]
      const note = Effect.sync(() => times.push(sum.reading.timestamp))
      yield* Effect.andThen(a.set(5, { timestamp: 99 }), note)
      yield* Effect.andThen(a.set(6, { timestamp: 150 }), note)
      yield* Effect.andThen(a.set(7, { timestamp: 120 }), note)
      yield* TestClock.adjust("20 seconds")
      yield* Effect.andThen(list.add(b), note)
      yield* TestClock.adjust("80 seconds")
      yield* Effect.andThen(list.remove(a), note)
      assert.deepStrictEqual(times, [100, 100, 150, 150, 150, 200])
      yield* sum.set(0, { timestamp: 300 })
      yield* b.set(8, { timestamp: 250 })
      assert.deepStrictEqual(sum.reading, { timestamp: 300, status: "nominal", value: 8 })
    })
  )

  it.effect(
    "has the newest time of held readings (B-141)",
    Effect.fnUntraced(function* () {
      const input = yield* float("in", 1)
      const sum = yield* Derived.sum(Sensor.make("sum", { type: Arg.Float }), [input], { atMostEvery: "1 second" })
      yield* input.set(2, { timestamp: 20 })
      yield* input.set(3, { timestamp: 10 })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(sum.reading, { timestamp: 20, status: "nominal", value: 3 })
    })
  )

  it.effect(
    "keeps a live sensor, as a contract has them, and one that is set meanwhile comes back with the next update",
    Effect.fnUntraced(function* () {
      const [input, live] = [yield* float("in", 1), yield* float("live")]
      assert.strictEqual(yield* Derived.sum(live, [input]), live)
      assert.deepStrictEqual(shown(live), [1, "nominal"])
      yield* live.set(77, { status: "warn" })
      yield* input.set(1)
      assert.deepStrictEqual(shown(live), [1, "nominal"])
    })
  )

  it.effect(
    "creates a rule for each sensor, each time (B-141)",
    Effect.fnUntraced(function* () {
      const input = yield* float("in", 1)
      const effect = Derived.sum(Sensor.make("sum", { type: Arg.Float }), [input])
      const [one, other] = [yield* effect, yield* effect]
      yield* input.set(5)
      assert.deepStrictEqual([one.value, other.value], [5, 5])
      assert.notStrictEqual(one, other)
    })
  )

  it.effect("reports a failure for a rule that throws, and calls it again (B-140)", () =>
    logging((lines) =>
      Effect.gen(function* () {
        const input = yield* float("in", 1)
        const sensor = yield* Derived.aggregate(text, [input], () => ({
          add: () => {},
          remove: () => {},
          compute: () => {
            if (input.value === 1) throw "odd"
            return { value: "even" }
          }
        }))
        assert.deepStrictEqual(shown(sensor), ["", "failure"])
        const readings = recorded(sensor)
        yield* input.set(1)
        assert.deepStrictEqual(readings, [])
        assert.deepStrictEqual(lines, ["Error: sensor text cannot be derived: odd"])
        yield* input.set(2)
        assert.deepStrictEqual(shown(sensor), ["even", "nominal"])
      })
    )
  )

  it.effect(
    "can be rate-limited: one computation for many updates (B-141)",
    Effect.fnUntraced(function* () {
      const inputs = yield* Effect.forEach(Array.from({ length: 10 }), (_, at) => float(`i${at}`, 0))
      let asked = 0
      const sensor = yield* Derived.aggregate(
        text,
        inputs,
        () => ({
          add: () => {},
          remove: () => {},
          compute: () => ({ value: `${asked++}` })
        }),
        { atMostEvery: "100 millis" }
      )
      for (let round = 0; round < 10; round++) {
        for (const input of inputs) yield* input.set(round)
        yield* TestClock.adjust("20 millis")
      }
      yield* TestClock.adjust("1 second")
      assert.strictEqual(asked, 3)
      assert.strictEqual(sensor.value, "2")
    })
  )
})

describe("cycles", () => {
  it.effect(
    "are avoided: the sensor itself, and those derived from it, are left out (B-140, A-461)",
    Effect.fnUntraced(function* () {
      const set = yield* Sensor.SensorSet.make
      const define = (name: string) => Sensor.make(name, { type: Arg.Float })
      const a = yield* set.add(Sensor.make("a", { type: Arg.Float, initial: 1 }))
      const everything = Inputs.numbers(Inputs.fromSet(set))
      // each of these three would depend on the others
      const one = yield* Derived.sum(define("one"), everything)
      yield* set.add(one)
      const two = yield* Derived.sum(define("two"), everything)
      yield* set.add(two)
      const three = yield* Derived.map(define("three"), two, (value) => value * 10)
      yield* set.add(three)
      assert.deepStrictEqual([one.value, two.value, three.value], [1, 2, 20])
      yield* a.set(5)
      assert.deepStrictEqual([one.value, two.value, three.value], [5, 10, 100])
      assert.deepStrictEqual([a, one, two, three].map(observersOf), [2, 1, 1, 0])
      const own = yield* Derived.sum(a, [a, three])
      assert.deepStrictEqual(shown(own), [0, "nominal"])
    })
  )

  it.effect(
    "are found exactly, even long ones (A-461)",
    Effect.fnUntraced(function* () {
      const first = yield* float("first", 1)
      let last = first
      for (let step = 0; step < 50; step++)
        last = yield* Derived.map(Sensor.make(`s${step}`, { type: Arg.Float }), last, (value) => value + 1)
      assert.strictEqual(last.value, 51)
      const side = yield* Derived.sum(Sensor.make("side", { type: Arg.Float }), [first, last])
      assert.strictEqual(side.value, 52)
      yield* Derived.sum(first, [last])
      assert.strictEqual(first.value, 0)
      yield* first.set(2)
      assert.deepStrictEqual([last.value, side.value], [52, 54])
    })
  )
})
