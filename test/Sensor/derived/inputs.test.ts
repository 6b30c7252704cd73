import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import { Arg } from "katcp/Codec"
import * as Sensor from "katcp/Sensor"
import { boolean, float, listenersOf, observersOf, recorded, shown } from "./support.ts"

const { Derived, Inputs } = Sensor
const power = (name: string, initial?: number) => Sensor.make(name, { type: Arg.Float, units: "W", initial })
const total = power("total.power")

describe("matching", () => {
  it.effect(
    "follows the sensors of a set that a pattern selects (B-140, A-464)",
    Effect.fnUntraced(function* () {
      const set = yield* Sensor.SensorSet.make
      yield* set.add(power("a.power", 1))
      yield* set.add(power("a.voltage", 100))
      yield* set.add(Sensor.make("b.power", { type: Arg.Text, initial: "much" }))
      const sum = yield* Derived.sum(total, Inputs.numbers(yield* Inputs.matching(set, "/[.]power$/")))
      // it matches itself
      yield* set.add(sum)
      assert.deepStrictEqual(shown(sum), [1, "nominal"])
      const c = yield* set.add(power("c.power", 10))
      assert.strictEqual(sum.value, 11)
      yield* c.set(20)
      assert.strictEqual(sum.value, 21)
      const replaced = yield* set.add(power("c.power", 3))
      assert.strictEqual(sum.value, 4)
      yield* c.set(1000)
      assert.strictEqual(sum.value, 4)
      yield* replaced.set(5)
      assert.strictEqual(sum.value, 6)
      yield* set.remove("a.power")
      assert.strictEqual(sum.value, 5)
      yield* set.add(Sensor.make("c.power", { type: Arg.Text }))
      assert.deepStrictEqual(shown(sum), [0, "nominal"])
    })
  )

  it.effect(
    "accepts a plain name, and refuses an invalid expression",
    Effect.fnUntraced(function* () {
      const set = yield* Sensor.SensorSet.make
      yield* set.add(power("a", 1))
      yield* set.add(power("aa", 1))
      const count = yield* Derived.count(Sensor.make("n", { type: Arg.Int }), yield* Inputs.matching(set, "a"))
      assert.strictEqual(count.value, 1)
      assert.strictEqual((yield* Effect.flip(Inputs.matching(set, "/[/")))._tag, "InvalidFilter")
    })
  )

  it.effect(
    "a batch is one change (B-140; trap: interface-changed storm)",
    Effect.fnUntraced(function* () {
      const set = yield* Sensor.SensorSet.make
      const sum = yield* Derived.sum(total, Inputs.numbers(Inputs.fromSet(set)))
      const readings = recorded(sum)
      yield* set.batch(Effect.forEach(Array.from({ length: 100 }), (_, at) => set.add(power(`p${at}`, 1))))
      yield* set.batch(Effect.forEach(set.names, (name) => set.remove(name)))
      assert.deepStrictEqual(
        readings.map(({ value }) => value),
        [100, 0]
      )
    })
  )

  it.effect(
    "a sensor that is replaced is never missed in between (B-140)",
    Effect.fnUntraced(function* () {
      const set = yield* Sensor.SensorSet.make
      yield* set.add(power("a", 1))
      const sum = yield* Derived.sum(total, Inputs.numbers(Inputs.fromSet(set)))
      const readings = recorded(sum)
      yield* set.add(power("a", 2))
      assert.deepStrictEqual(
        readings.map(({ value }) => value),
        [2]
      )
    })
  )

  it.effect(
    "a sensor that comes back within a batch is observed again (B-139)",
    Effect.fnUntraced(function* () {
      const set = yield* Sensor.SensorSet.make
      const a = yield* set.add(power("a", 1))
      const sum = yield* Derived.sum(total, Inputs.numbers(Inputs.fromSet(set)))
      yield* set.batch(Effect.andThen(set.remove(a), set.add(a)))
      assert.strictEqual(observersOf(a), 1)
      yield* a.set(5)
      assert.strictEqual(sum.value, 5)
      yield* set.batch(
        Effect.gen(function* () {
          const b = yield* set.add(power("b", 1))
          const early = yield* Derived.sum(power("early"), Inputs.numbers(Inputs.fromSet(set)))
          yield* set.remove(b)
          yield* set.add(b)
          yield* b.set(7)
          assert.strictEqual(early.value, 6)
        })
      )
      assert.strictEqual(sum.value, 12)
    })
  )

  it.effect(
    "a change of ranges changes no input (C-130)",
    Effect.fnUntraced(function* () {
      const set = yield* Sensor.SensorSet.make
      const a = yield* set.add(power("a", 1))
      const sum = yield* Derived.sum(total, Inputs.numbers(Inputs.fromSet(set)), { every: true })
      const readings = recorded(sum)
      yield* a.setRanges({ nominal: [0, 1] })
      assert.deepStrictEqual(readings, [])
      yield* a.set(2)
      assert.strictEqual(sum.value, 2)
      assert.strictEqual(observersOf(a), 1)
    })
  )
})

describe("named", () => {
  it.effect(
    "derives nothing until all of them exist, and when one is removed (A-464)",
    Effect.fnUntraced(function* () {
      const set = yield* Sensor.SensorSet.make
      yield* set.add(power("a", 1))
      const sum = yield* Derived.sum(total, Inputs.numbers(Inputs.named(set, ["a", "b", "a"])))
      assert.deepStrictEqual(shown(sum), [0, "unknown"])
      yield* set.add(power("c", 50))
      assert.deepStrictEqual(shown(sum), [0, "unknown"])
      const b = yield* set.add(power("b", 2))
      assert.deepStrictEqual(shown(sum), [3, "nominal"])
      yield* b.set(4)
      assert.strictEqual(sum.value, 5)
      yield* TestClock.adjust("3 seconds")
      yield* set.remove("a")
      assert.deepStrictEqual(sum.reading, { timestamp: 3, status: "unknown", value: 5 })
      yield* b.set(9)
      assert.deepStrictEqual(shown(sum), [5, "unknown"])
      yield* set.add(power("a", 2))
      assert.deepStrictEqual(shown(sum), [11, "nominal"])
      yield* set.batch(Effect.andThen(set.remove("a"), set.add(power("a", 1))))
      assert.deepStrictEqual(shown(sum), [10, "nominal"])
    })
  )

  it.effect(
    "follows a source as soon as it appears (A-464)",
    Effect.fnUntraced(function* () {
      const set = yield* Sensor.SensorSet.make
      const double = yield* Derived.map(
        total,
        Inputs.numbers(Inputs.named(set, ["source"])),
        (value) => Number(value) * 2
      )
      assert.strictEqual(double.status, "unknown")
      const source = yield* set.add(power("source", 4))
      assert.deepStrictEqual(shown(double), [8, "nominal"])
      yield* source.set(5)
      assert.strictEqual(double.value, 10)
    })
  )
})

describe("lists", () => {
  it.effect(
    "a fixed list drops ended sensors, and counts a repeated one once (B-140)",
    Effect.fnUntraced(function* () {
      const set = yield* Sensor.SensorSet.make
      const [a, b] = [yield* set.add(power("a", 1)), yield* set.add(power("b", 2))]
      yield* set.add(power("c", 4))
      const gone = yield* set.add(power("gone", 100))
      yield* set.remove(gone)
      const sum = yield* Derived.sum(total, [a, b, a, gone])
      assert.strictEqual(sum.value, 3)
      assert.strictEqual(observersOf(a), 1)
      yield* set.remove(b)
      assert.strictEqual(sum.value, 1)
      yield* set.add(power("a", 50))
      assert.deepStrictEqual(shown(sum), [0, "nominal"])
    })
  )

  it.effect(
    "a list can be changed by hand, for all its followers (B-140)",
    Effect.fnUntraced(function* () {
      const set = yield* Sensor.SensorSet.make
      const [a, b, c] = [
        yield* set.add(power("a", 1)),
        yield* set.add(power("b", 2)),
        yield* set.add(power("c", 4))
      ] as const
      const list = yield* Inputs.Changing.make([a])
      const sum = yield* Derived.sum(total, list)
      const max = yield* Derived.max(power("max"), list)
      const readings = recorded(sum)
      yield* list.add(b, c, b, a)
      assert.deepStrictEqual([sum.value, max.value], [7, 4])
      yield* list.add(b)
      yield* list.remove(c, c)
      yield* list.remove(c)
      assert.deepStrictEqual([sum.value, max.value], [3, 2])
      assert.deepStrictEqual(
        readings.map(({ value }) => value),
        [7, 3]
      )
      yield* set.remove(b)
      assert.deepStrictEqual([...list.sensors], [a])
      assert.deepStrictEqual([sum.value, max.value], [1, 1])
      assert.strictEqual(observersOf(c), 0)
    })
  )

  it.effect(
    "a list of boolean sensors selects them among others (A-462)",
    Effect.fnUntraced(function* () {
      const set = yield* Sensor.SensorSet.make
      yield* set.add(Sensor.make("a", { type: Arg.Boolean, initial: true }))
      yield* set.add(power("b", 0))
      const all = yield* Derived.all(Sensor.make("all", { type: Arg.Boolean }), Inputs.booleans(Inputs.fromSet(set)))
      assert.deepStrictEqual(shown(all), [true, "nominal"])
      yield* set.add(Sensor.make("c", { type: Arg.Boolean, initial: false }))
      assert.deepStrictEqual(shown(all), [false, "nominal"])
    })
  )
})

describe("cleaning up", () => {
  it.effect(
    "leaves no observers and no listeners at the end of the Scope, and the last reading (B-140; trap: leaks)",
    Effect.fnUntraced(function* () {
      const set = yield* Sensor.SensorSet.make
      const a = yield* set.add(power("a", 1))
      const flag = yield* boolean("flag", true)
      const sums = yield* Effect.scoped(
        Effect.gen(function* () {
          const numbers = Inputs.numbers(Inputs.fromSet(set))
          yield* Derived.all(Sensor.make("all", { type: Arg.Boolean }), [flag])
          yield* Sensor.staleAfter(numbers, "1 minute")
          const sums = [
            yield* Derived.sum(total, numbers),
            yield* Derived.sum(total, Inputs.numbers(Inputs.named(set, ["a"]))),
            yield* Derived.sum(total, yield* Inputs.Changing.make([a]), { atMostEvery: "1 second" })
          ]
          assert.strictEqual(observersOf(a), 4)
          assert.strictEqual(listenersOf(set), 3)
          yield* a.set(2)
          return sums
        })
      )
      assert.strictEqual(observersOf(a), 0)
      assert.strictEqual(observersOf(flag), 0)
      assert.strictEqual(listenersOf(set), 0)
      yield* a.set(3)
      yield* set.add(power("b", 3))
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(sums.map(shown), [
        [2, "nominal"],
        [2, "nominal"],
        [1, "nominal"]
      ])
      assert.deepStrictEqual(shown(a), [3, "nominal"])
      // it may be derived from again, also the other way round
      const back = yield* Derived.sum(a, [sums[0]!])
      assert.strictEqual(back.value, 2)
    })
  )

  it.effect(
    "notifies the others and detaches all if something else throws (A-168)",
    Effect.fnUntraced(function* () {
      const input = yield* float("in", 1)
      const exit = yield* Effect.exit(
        Effect.scoped(
          Effect.gen(function* () {
            const sum = yield* Derived.sum(total, [input])
            sum.observe(() => {
              throw new Error("not your fault")
            })
            const second = yield* Derived.sum(power("second"), [input])
            const exit = yield* Effect.exit(input.set(2))
            assert.strictEqual(exit._tag, "Failure")
            assert.deepStrictEqual(shown(sum), [2, "nominal"])
            assert.deepStrictEqual(shown(second), [2, "nominal"])
          })
        )
      )
      assert.strictEqual(exit._tag, "Success")
      assert.strictEqual(observersOf(input), 0)
    })
  )
})
