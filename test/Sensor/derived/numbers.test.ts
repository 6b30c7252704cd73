import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Arg } from "katcp/Codec"
import * as Sensor from "katcp/Sensor"
import { ExactSum } from "../../../src/Sensor/derived/ExactSum.ts"
import { float, logging, shown } from "./support.ts"

const { Derived } = Sensor
const whole = (name: string, initial?: number | bigint) =>
  Sensor.LiveSensor.make(Sensor.make(name, { type: Arg.Int, initial }))

describe("ExactSum", () => {
  const of = (...values: ReadonlyArray<number | bigint>) => {
    const sum = new ExactSum()
    for (const value of values) sum.add(value)
    return sum
  }

  it("rounds once, half to even (B-141)", () => {
    assert.strictEqual(of(1e16, 1, -1e16).float, 1)
    assert.strictEqual(of(0.1, 0.2, 0.3, -0.1, -0.2, -0.3).float, 0)
    assert.strictEqual(of(1, 2 ** -53).float, 1)
    assert.strictEqual(of(1, 2 ** -53, 2 ** -200).float, 1 + 2 ** -52)
    assert.strictEqual(of(1 + 2 ** -52, 2 ** -53, -(2 ** -200)).float, 1 + 2 ** -52)
    assert.strictEqual(of(-1, -(2 ** -53), -(2 ** -200)).float, -1 - 2 ** -52)
  })

  it("leaves no trace of added and removed values, not even of infinity (B-141)", () => {
    const sum = of(0.1, 1.7e308, 1.7e308, 5e-324, Number.POSITIVE_INFINITY, Number.NaN, 10n ** 400n)
    assert.isNaN(sum.float)
    sum.remove(Number.NaN)
    assert.strictEqual(sum.float, Number.POSITIVE_INFINITY)
    sum.add(Number.NEGATIVE_INFINITY)
    assert.isNaN(sum.float)
    sum.remove(Number.POSITIVE_INFINITY)
    assert.strictEqual(sum.float, Number.NEGATIVE_INFINITY)
    sum.remove(Number.NEGATIVE_INFINITY)
    sum.remove(10n ** 400n)
    assert.strictEqual(sum.float, Number.POSITIVE_INFINITY)
    sum.remove(1.7e308)
    assert.strictEqual(sum.float, 1.7e308)
    sum.remove(1.7e308)
    assert.strictEqual(sum.float, 0.1)
    sum.remove(0.1)
    assert.strictEqual(sum.float, 5e-324)
  })

  it("returns integers as numbers if they are exact (P-197)", () => {
    assert.strictEqual(of(1, 2n).integer, 3)
    assert.strictEqual(of(2 ** 53, 2 ** 53, 1).integer, 2n ** 54n + 1n)
    assert.strictEqual(of(2 ** 53, 1, -(2 ** 53)).integer, 1)
    assert.strictEqual(of(10n ** 30n, -5, -(10n ** 30n)).integer, -5)
    assert.strictEqual(of(1.7e308, 1).integer, BigInt(1.7e308) + 1n)
    assert.strictEqual(of(1, Number.NEGATIVE_INFINITY, 1n).integer, Number.NEGATIVE_INFINITY)
    assert.throws(() => of(0.5, 2).integer, RangeError)
  })
})

describe("sum", () => {
  it.effect(
    "has the sum in the form of its own type (B-140, B-141)",
    Effect.fnUntraced(function* () {
      const [one, other] = [yield* whole("one", 2n ** 60n), yield* float("other", 0.5)]
      const sum = <A extends number | bigint>(type: Arg.Arg<A>) => Derived.sum(Sensor.make("x", { type }), [one, other])
      const [floats, ints, safe, bigs] = [
        yield* sum(Arg.Float),
        yield* sum(Arg.Int),
        yield* sum(Arg.SafeInt),
        yield* sum(Arg.BigInt)
      ]
      assert.deepStrictEqual(shown(floats), [2 ** 60, "nominal"])
      yield* other.set(3)
      assert.deepStrictEqual(shown(ints), [2n ** 60n + 3n, "nominal"])
      assert.deepStrictEqual(shown(bigs), [2n ** 60n + 3n, "nominal"])
      assert.strictEqual(safe.status, "failure")
      yield* one.set(4)
      assert.deepStrictEqual(shown(ints), [7, "nominal"])
      assert.deepStrictEqual(shown(safe), [7, "nominal"])
      assert.deepStrictEqual(shown(bigs), [7n, "nominal"])
      assert.deepStrictEqual(shown(floats), [7, "nominal"])
    })
  )

  it.effect("reports a sum that the sensor cannot hold as a failure, logged once, which ends (B-141)", () =>
    logging((lines) =>
      Effect.gen(function* () {
        const input = yield* float("in", 1)
        const sum = yield* Derived.sum(Sensor.make("whole", { type: Arg.Int }), [input])
        assert.deepStrictEqual(shown(sum), [1, "nominal"])
        yield* input.set(0.5)
        yield* input.set(1.5)
        assert.deepStrictEqual(shown(sum), [1, "failure"])
        assert.lengthOf(lines, 1)
        assert.match(lines[0]!, /^Error: sensor whole cannot be derived: .*0\.5/)
        yield* input.set(2)
        assert.deepStrictEqual(shown(sum), [2, "nominal"])
        yield* input.set(Number.NaN)
        assert.deepStrictEqual(shown(sum), [2, "failure"])
        assert.lengthOf(lines, 2)
      })
    )
  )

  it.effect(
    "has the status of its own ranges if all readings are valid (P-175)",
    Effect.fnUntraced(function* () {
      const [one, other] = [yield* float("one", 1), yield* float("other", 1)]
      const sum = yield* Derived.sum(
        Sensor.make("sum", { type: Arg.Float, nominal: [0, 2], warn: [0, 3], statusFrom: "ranges" }),
        [one, other]
      )
      assert.deepStrictEqual(shown(sum), [2, "nominal"])
      yield* other.set(2, { status: "error" })
      assert.deepStrictEqual(shown(sum), [3, "warn"])
      yield* other.set(99, { status: "unknown" })
      assert.deepStrictEqual(shown(sum), [1, "unknown"])
    })
  )
})

describe("mean, min and max", () => {
  it.effect(
    "without inputs are unknown and keep their value (B-141, Q-22)",
    Effect.fnUntraced(function* () {
      const input = yield* float("in", 4)
      const inputs = yield* Sensor.Inputs.Changing.make([input])
      const define = (name: string) => Sensor.make(name, { type: Arg.Float })
      const all = [
        yield* Derived.mean(define("mean"), inputs),
        yield* Derived.min(define("min"), inputs),
        yield* Derived.max(define("max"), inputs)
      ]
      for (const sensor of all) assert.deepStrictEqual(shown(sensor), [4, "nominal"])
      yield* inputs.remove(input)
      for (const sensor of all) assert.deepStrictEqual(shown(sensor), [4, "unknown"])
      yield* inputs.add(input)
      yield* input.set(9, { status: "failure" })
      for (const sensor of all) assert.deepStrictEqual(shown(sensor), [4, "failure"])
    })
  )

  it.effect(
    "compare integers of any size with floats (B-141)",
    Effect.fnUntraced(function* () {
      const inputs = [yield* whole("a", 2n ** 70n), yield* float("b", 2 ** 60), yield* whole("c", -5)]
      const max = yield* Derived.max(Sensor.make("max", { type: Arg.Int }), inputs)
      const min = yield* Derived.min(Sensor.make("min", { type: Arg.BigInt }), inputs)
      const mean = yield* Derived.mean(Sensor.make("mean", { type: Arg.Float }), inputs)
      assert.deepStrictEqual(shown(max), [2n ** 70n, "nominal"])
      assert.deepStrictEqual(shown(min), [-5n, "nominal"])
      assert.strictEqual(mean.value, (2 ** 70 + 2 ** 60 - 5) / 3)
    })
  )
})

describe("count", () => {
  it.effect(
    "counts the inputs that fulfil a predicate, in the form of its own type (B-140)",
    Effect.fnUntraced(function* () {
      const inputs = [yield* float("a", 1), yield* float("b", 5), yield* float("c")]
      const large = yield* Derived.count(
        Sensor.make("large", { type: Arg.BigInt }),
        inputs,
        ({ value }: Sensor.Reading<number>) => value > 2
      )
      const valid = yield* Derived.count(Sensor.make("valid", { type: Arg.SafeInt }), inputs)
      assert.deepStrictEqual(shown(large), [1n, "nominal"])
      assert.deepStrictEqual(shown(valid), [2, "nominal"])
      yield* inputs[2]!.set(7)
      assert.deepStrictEqual([large.value, valid.value], [2n, 3])
      yield* inputs[1]!.set(7, { status: "unreachable" })
      yield* inputs[1]!.set(0, { status: "unreachable" })
      assert.deepStrictEqual([large.value, valid.value], [1n, 2])
    })
  )
})
