import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { Arg } from "katcp/Codec"
import * as Sensor from "katcp/Sensor"

const immediately = { startImmediately: true } as const
const counter = Effect.suspend(() => Sensor.LiveSensor.make(Sensor.make("n", { type: Arg.SafeInt })))

describe("observers", () => {
  it.effect(
    "the last one may leave while it is called, also by throwing: the observation ends then (A-167)",
    Effect.fnUntraced(function* () {
      for (const thrown of [undefined, new Error("mine")]) {
        const sensor = yield* counter
        const told: Array<boolean> = []
        sensor.supply = { observed: (_, isObserved) => told.push(isObserved) }
        const off = sensor.observe(() => {
          off()
          assert.deepStrictEqual(told, [true])
          if (thrown !== undefined) throw thrown
        })
        const exit = yield* Effect.exit(sensor.set(1))
        assert.strictEqual(Exit.isSuccess(exit), thrown === undefined)
        assert.deepStrictEqual(told, [true, false])
        // another one that comes meanwhile keeps it
        const again = sensor.observe(() => {
          again()
          sensor.observe(() => {})
        })
        yield* sensor.set(2)
        assert.deepStrictEqual(told, [true, false, true])
      }
    })
  )

  it.effect(
    "are called at once with every reading and the previous one, but not when they are added (A-159, A-167, A-168, B-137)",
    Effect.fnUntraced(function* () {
      const sensor = yield* counter
      const seen: Array<readonly [number, number]> = []
      const off = sensor.observe((reading, previous) => seen.push([previous.value, reading.value]))
      assert.deepStrictEqual(seen, [])
      yield* sensor.set(1)
      yield* sensor.set(1)
      yield* sensor.set(2)
      off()
      off()
      yield* sensor.set(3)
      assert.deepStrictEqual(seen, [
        [0, 1],
        [1, 1],
        [1, 2]
      ])
    })
  )

  it.effect(
    "one object can observe many sensors, and receives which one (A-167)",
    Effect.fnUntraced(function* () {
      const sensors = [
        yield* Sensor.LiveSensor.make(Sensor.make("a", { type: Arg.SafeInt })),
        yield* Sensor.LiveSensor.make(Sensor.make("b", { type: Arg.SafeInt }))
      ]
      const seen: Array<string> = []
      const observer: Sensor.Observer<number> = { update: ({ value }, _, { name }) => seen.push(`${name}=${value}`) }
      for (const sensor of sensors) sensor.attach(observer)
      for (const sensor of sensors) sensor.setUnsafe(5, "nominal", 0)
      sensors[0]!.detach(observer)
      sensors[0]!.detach({ update: () => {} })
      for (const sensor of sensors) sensor.setUnsafe(6, "nominal", 0)
      assert.deepStrictEqual(seen, ["a=5", "b=5", "b=6"])
    })
  )

  it.effect(
    "may be added and removed while they are called (A-168)",
    Effect.fnUntraced(function* () {
      const sensor = yield* counter
      const seen: Array<string> = []
      const late = { update: ({ value }: Sensor.Reading<number>) => seen.push(`late ${value}`) }
      const gone = { update: ({ value }: Sensor.Reading<number>) => seen.push(`gone ${value}`) }
      const first = sensor.observe(({ value }) => {
        seen.push(`first ${value}`)
        sensor.detach(gone)
        sensor.attach(late)
        first()
      })
      sensor.attach(gone)
      sensor.observe(({ value }) => seen.push(`last ${value}`))
      sensor.setUnsafe(1, "nominal", 0)
      sensor.setUnsafe(2, "nominal", 0)
      assert.deepStrictEqual(seen, ["first 1", "last 1", "last 2", "late 2"])
    })
  )

  it.effect(
    "all receive readings in the order of setting, even those that one of them sets (P-171, A-168)",
    Effect.fnUntraced(function* () {
      const sensor = yield* counter
      const seen: Array<string> = []
      sensor.observe(({ value }) => {
        if (value < 3) sensor.setUnsafe(value + 1, "nominal", 0)
      })
      sensor.observe((reading, previous) => seen.push(`${previous.value}>${reading.value}`))
      sensor.setUnsafe(1, "nominal", 0)
      assert.deepStrictEqual(seen, ["0>1", "1>2", "2>3"])
      assert.strictEqual(sensor.value, 3)
    })
  )

  it.effect(
    "one that throws delays no other; the setter gets the error (A-168)",
    Effect.fnUntraced(function* () {
      const sensor = yield* counter
      const seen: Array<number> = []
      sensor.observe(() => {
        throw new Error("broken")
      })
      sensor.observe(({ value }) => seen.push(value))
      assert.throws(() => sensor.setUnsafe(1, "nominal", 0), /broken/)
      assert.isTrue(Exit.isFailure(yield* Effect.exit(sensor.set(2))))
      assert.deepStrictEqual(seen, [1, 2])
      assert.strictEqual(sensor.value, 2)
    })
  )
})

describe("changes", () => {
  it.effect(
    "emits the current reading and then every further one (A-167, B-137)",
    Effect.fnUntraced(function* () {
      const sensor = yield* counter
      yield* sensor.set(1)
      const reading = yield* Effect.forkChild(
        Stream.runCollect(
          sensor.changes.pipe(
            Stream.take(4),
            Stream.map(({ value }) => value)
          )
        ),
        immediately
      )
      yield* sensor.set(2)
      yield* TestClock.adjust(0)
      yield* sensor.set(2)
      yield* sensor.set(3)
      assert.deepStrictEqual(yield* Fiber.join(reading), [1, 2, 2, 3])
    })
  )

  it.effect(
    "a reader that is behind keeps the newest 1024 readings",
    Effect.fnUntraced(function* () {
      const sensor = yield* counter
      const pull = yield* Stream.toPull(sensor.changes)
      assert.deepStrictEqual(
        (yield* pull).map(({ value }) => value),
        [0]
      )
      for (let value = 1; value <= 3000; value++) sensor.setUnsafe(value, "nominal", 0)
      const read = yield* pull
      assert.strictEqual(read.length, 1024)
      assert.strictEqual(read[0].value, 1977)
      assert.strictEqual(read[1023]?.value, 3000)
    })
  )

  it.effect(
    "leaves nothing behind when it is interrupted",
    Effect.fnUntraced(function* () {
      const sensor = yield* counter
      const seen: Array<number> = []
      const reading = yield* Effect.forkChild(
        Stream.runForEach(sensor.changes, ({ value }) => Effect.sync(() => seen.push(value))),
        immediately
      )
      yield* TestClock.adjust(0)
      yield* Fiber.interrupt(reading)
      yield* sensor.set(1)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(seen, [0])
      assert.isUndefined((sensor as unknown as { readonly observers: unknown }).observers)
    })
  )

  it.effect(
    "ends with the sensor, after what was set before (A-250, B-139)",
    Effect.fnUntraced(function* () {
      const set = yield* Sensor.SensorSet.make
      const sensor = yield* set.add(Sensor.make("n", { type: Arg.SafeInt }))
      const reading = yield* Effect.forkChild(Stream.runCollect(sensor.changes), immediately)
      yield* sensor.set(1)
      yield* set.remove("n")
      yield* sensor.set(2)
      assert.deepStrictEqual(
        (yield* Fiber.join(reading)).map(({ value }) => value),
        [0, 1]
      )
      assert.deepStrictEqual(
        (yield* Stream.runCollect(sensor.changes)).map(({ value }) => value),
        [2]
      )
    })
  )
})
