import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { TestClock } from "effect/testing"
import { Arg, Dialect, type Encoder } from "katcp/Codec"
import * as Sensor from "katcp/Sensor"
import { latin1, written } from "./wireText.ts"

const azimuth = Sensor.make("azimuth", { type: Arg.Float, doc: "Azimuth", units: "deg", nominal: [-180, 180] })

/** A type that counts how often its values are written. */
const counting = () => {
  const count = { encoded: 0 }
  const type = Arg.make<number>({
    name: "counted",
    sensorType: "integer",
    initial: 0,
    decode: Arg.SafeInt.decode,
    encode: (value) => {
      count.encoded++
      return `${value}`
    }
  })
  return { count, type }
}

describe("LiveSensor", () => {
  it.effect(
    "begins with what its definition says, at the time when it is made (Q-22, A-148)",
    Effect.fnUntraced(function* () {
      yield* TestClock.adjust("1500 millis")
      const sensor = yield* Sensor.LiveSensor.make(azimuth)
      assert.deepStrictEqual(sensor.reading, { timestamp: 1.5, status: "unknown", value: 0 })
      assert.strictEqual(sensor.name, "azimuth")
      assert.strictEqual(sensor.definition, azimuth)
      assert.isFalse(sensor.ended)
    })
  )

  it.effect(
    "set defaults to nominal and now (A-157, A-158, A-160, B-136)",
    Effect.fnUntraced(function* () {
      const sensor = yield* Sensor.LiveSensor.make(azimuth)
      yield* TestClock.adjust("2250 millis")
      yield* sensor.set(999)
      assert.deepStrictEqual(yield* sensor.get, { timestamp: 2.25, status: "nominal", value: 999 })
      yield* sensor.set(1, { status: "error" })
      assert.deepStrictEqual([sensor.value, sensor.status], [1, "error"])
      yield* sensor.set(2, { timestamp: 1234567890.5 })
      assert.deepStrictEqual(sensor.reading, { timestamp: 1234567890.5, status: "nominal", value: 2 })
      yield* sensor.set(3, { status: "unreachable", timestamp: 0 })
      assert.deepStrictEqual(sensor.reading, { timestamp: 0, status: "unreachable", value: 3 })
    })
  )

  it.effect(
    "times are those of the host's clock, which may go back and beyond 32 bits (P-333, P-078)",
    Effect.fnUntraced(function* () {
      const sensor = yield* Sensor.LiveSensor.make(azimuth)
      // a leap second is there twice
      for (const millis of [1_483_228_799_999, 1_483_228_799_000, 1_483_228_800_000, 4_102_444_800_001]) {
        yield* TestClock.setTime(millis)
        yield* sensor.set(1)
        assert.strictEqual(sensor.reading.timestamp, millis / 1000)
        assert.strictEqual(sensor.formatted(Dialect.v4)[0], `${millis}`)
      }
    })
  )

  it.effect(
    "set is lazy: it takes the time and the value when it runs (A-160)",
    Effect.fnUntraced(function* () {
      const sensor = yield* Sensor.LiveSensor.make(azimuth)
      const [set, get] = [sensor.set(5), sensor.get]
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* get).value, 0)
      yield* set
      assert.deepStrictEqual(yield* get, { timestamp: 1, status: "nominal", value: 5 })
    })
  )

  it.effect(
    "the status comes from the ranges if configured (P-175, A-156)",
    Effect.fnUntraced(function* () {
      const sensor = yield* Sensor.LiveSensor.make(
        Sensor.make("x", { type: Arg.Float, nominal: [0, 1], warn: [-1, 2], statusFrom: "ranges" })
      )
      for (const [value, status] of [
        [1, "nominal"],
        [2, "warn"],
        [2.1, "error"]
      ] as const) {
        yield* sensor.set(value)
        assert.strictEqual(sensor.status, status)
      }
      yield* sensor.set(2.1, { status: "nominal" })
      assert.strictEqual(sensor.status, "nominal")
      yield* sensor.setFormatted("-1.5", Dialect.v5)
      assert.strictEqual(sensor.status, "error")
      yield* sensor.setUnknown(-0.5)
      assert.strictEqual(sensor.status, "warn")
    })
  )

  it.effect(
    "a reading is never seen half changed (P-171, A-172)",
    Effect.fnUntraced(function* () {
      const sensor = yield* Sensor.LiveSensor.make(azimuth)
      sensor.setUnsafe(1, "nominal", 1)
      const first = sensor.reading
      const seen: Array<Sensor.Reading<number>> = []
      sensor.observe((reading) => {
        assert.strictEqual(sensor.reading, reading)
        seen.push(reading)
      })
      sensor.setUnsafe(2, "warn", 2)
      assert.deepStrictEqual(first, { timestamp: 1, status: "nominal", value: 1 })
      assert.deepStrictEqual(seen, [{ timestamp: 2, status: "warn", value: 2 }])
    })
  )

  it.effect(
    "an invalid value, status or timestamp changes nothing (A-160, B-136)",
    Effect.fnUntraced(function* () {
      const whole = yield* Sensor.LiveSensor.make(Sensor.make("n", { type: Arg.Int, initial: 7 }))
      const before = whole.reading
      const failure = yield* Effect.flip(whole.setUnknown(0.5))
      assert.strictEqual(failure._tag, "InvalidSensorValue")
      assert.match(failure.message, /^sensor n: expected an integer, got 0\.5/)
      for (const value of ["1", undefined, null, {}, Number.NaN])
        assert.strictEqual((yield* Effect.flip(whole.setUnknown(value)))._tag, "InvalidSensorValue")
      assert.match(
        (yield* Effect.flip(whole.setUnknown(1, { timestamp: Number.NaN }))).message,
        /NaN is not a timestamp/
      )
      const exit = yield* Effect.exit(whole.set(0.5))
      assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause) && !Cause.hasFails(exit.cause))
      assert.throws(() => whole.setUnsafe(0.5, "nominal", 1), Sensor.InvalidSensorValue, /expected an integer/)
      assert.throws(() => whole.setUnsafe(1, "nominal", Number.POSITIVE_INFINITY), Sensor.InvalidSensorValue)
      const status = JSON.parse('"nominal 1"') as Sensor.Status
      assert.throws(() => whole.setUnsafe(1, status, 1), Sensor.InvalidSensorValue, /"nominal 1" is not a status/)
      assert.strictEqual(whole.reading, before)
    })
  )

  it.effect(
    "setFormatted accepts the arguments of the wire, in both versions (A-161)",
    Effect.fnUntraced(function* () {
      const sensor = yield* Sensor.LiveSensor.make(Sensor.make("t", { type: Arg.Timestamp }))
      yield* TestClock.adjust("1 second")
      yield* sensor.setFormatted("1222180721.66", Dialect.v5)
      assert.deepStrictEqual(sensor.reading, { timestamp: 1, status: "nominal", value: 1222180721.66 })
      yield* sensor.setFormatted(Buffer.from("1500"), Dialect.v4, {
        status: Buffer.from("inactive"),
        timestamp: "1234567890500"
      })
      assert.deepStrictEqual(sensor.reading, { timestamp: 1234567890.5, status: "inactive", value: 1.5 })
      const kept = sensor.reading
      const refusals = [
        [sensor.setFormatted("soon", Dialect.v5), /expected a timestamp/],
        [sensor.setFormatted("1", Dialect.v5, { status: "good" }), /status: expected one of unknown/],
        [sensor.setFormatted("1", Dialect.v5, { timestamp: "x" }), /timestamp: expected a timestamp/]
      ] as const
      for (const [effect, text] of refusals) assert.match((yield* Effect.flip(effect)).message, text)
      assert.strictEqual(sensor.reading, kept)
    })
  )

  it.effect(
    "formatted gives the three arguments (P-252, A-162)",
    Effect.fnUntraced(function* () {
      const sensor = yield* Sensor.LiveSensor.make(Sensor.make("s", { type: Arg.Text }))
      yield* sensor.set("a b", { status: "warn", timestamp: 1234567890.5 })
      assert.deepStrictEqual(sensor.formatted(Dialect.v5), ["1234567890.5", "warn", "a b"])
      assert.deepStrictEqual(sensor.formatted(Dialect.v4), ["1234567890500", "warn", "a b"])
    })
  )

  it.effect(
    "writes its informs with count 1 (P-250, P-251, P-252, P-254)",
    Effect.fnUntraced(function* () {
      const sensor = yield* Sensor.LiveSensor.make(Sensor.make("test.string", { type: Arg.Text }))
      const value = (id?: number) => written((encoder) => sensor.writeReading(encoder, "sensor-value", id, Dialect.v5))
      assert.strictEqual(value(), "#sensor-value 0.0 1 test.string unknown \\@\n")
      yield* sensor.set("a b\tc", { timestamp: 1500000000 })
      // again and again: what is kept of one reading must not be of another
      for (const id of [7, undefined, 2147483647]) {
        const head = id === undefined ? "" : `[${id}]`
        assert.strictEqual(value(id), `#sensor-value${head} 1500000000.0 1 test.string nominal a\\_b\\tc\n`)
      }
      yield* sensor.set("b", { status: "failure", timestamp: 1500000000 })
      assert.strictEqual(
        written((encoder) => sensor.writeReading(encoder, "sensor-status", undefined, Dialect.v5)),
        "#sensor-status 1500000000.0 1 test.string failure b\n"
      )
    })
  )

  it.effect(
    "writes milliseconds in version 4, beside version 5 (P-250, P-254, Q-06)",
    Effect.fnUntraced(function* () {
      const sensor = yield* Sensor.LiveSensor.make(Sensor.make("time", { type: Arg.Timestamp }))
      yield* sensor.set(1.5, { status: "unreachable", timestamp: 1234567890.5 })
      for (let round = 0; round < 3; round++) {
        assert.strictEqual(
          latin1(sensor.statusLine(Dialect.v4)),
          "#sensor-status 1234567890500 1 time unreachable 1500\n"
        )
        assert.strictEqual(
          latin1(sensor.statusLine(Dialect.v5)),
          "#sensor-status 1234567890.5 1 time unreachable 1.5\n"
        )
        yield* sensor.set(1.5, { status: "unreachable", timestamp: 1234567890.5 })
      }
    })
  )

  it.effect(
    "values of any bytes and any length are written completely, repeatedly (P-172, A-152)",
    Effect.fnUntraced(function* () {
      const sensor = yield* Sensor.LiveSensor.make(Sensor.make("blob", { type: Arg.Bytes }))
      const long = new Uint8Array(200_000).fill(0x61)
      for (const [value, text] of [
        [Uint8Array.of(0, 0x20, 0xff, 0x5c), "\\0\\_\u00ff\\\\"],
        [long, "a".repeat(long.length)]
      ] as const) {
        yield* sensor.set(value, { timestamp: 1 })
        const line = `#sensor-value[3] 1.0 1 blob nominal ${text}\n`
        const write = (encoder: Encoder) => sensor.writeReading(encoder, "sensor-value", 3, Dialect.v5)
        for (let round = 0; round < 3; round++) assert.strictEqual(written(write), line)
        assert.strictEqual(
          latin1(sensor.statusLine(Dialect.v5)),
          `#sensor-status${line.slice("#sensor-value[3]".length)}`
        )
      }
    })
  )

  it.effect(
    "one reading is formatted once for all observers, and its bytes are shared (P-254)",
    Effect.fnUntraced(function* () {
      const { count, type } = counting()
      const sensor = yield* Sensor.LiveSensor.make(Sensor.make("x", { type }))
      const lines: Array<string> = []
      for (let client = 0; client < 100; client++) {
        sensor.attach({
          update: () =>
            lines.push(written((encoder) => sensor.writeReading(encoder, "sensor-status", undefined, Dialect.v5)))
        })
      }
      count.encoded = 0
      yield* sensor.set(5, { timestamp: 1 })
      assert.deepStrictEqual(new Set(lines), new Set(["#sensor-status 1.0 1 x nominal 5\n"]))
      assert.strictEqual(lines.length, 100)
      // once to see that it is a value, once to write it
      assert.strictEqual(count.encoded, 2)
      lines.length = 0
      yield* sensor.set(6, { timestamp: 2 })
      assert.deepStrictEqual(new Set(lines), new Set(["#sensor-status 2.0 1 x nominal 6\n"]))
      assert.strictEqual(sensor.statusLine(Dialect.v5), sensor.statusLine(Dialect.v5))
    })
  )

  it.effect(
    "an older reading can still be written when a newer one is there (P-254)",
    Effect.fnUntraced(function* () {
      const sensor = yield* Sensor.LiveSensor.make(Sensor.make("x", { type: Arg.Int }))
      const older = sensor.reading
      yield* sensor.set(2, { timestamp: 2 })
      assert.strictEqual(
        written((encoder) => sensor.writeReading(encoder, "sensor-status", undefined, Dialect.v5, older)),
        "#sensor-status 0.0 1 x unknown 0\n"
      )
    })
  )

  it.effect(
    "a reading of a wrong type is not written",
    Effect.fnUntraced(function* () {
      const sensor: Sensor.LiveSensor<unknown> = yield* Sensor.LiveSensor.make(Sensor.make("x", { type: Arg.Int }))
      const bad = { timestamp: 0, status: "nominal", value: "x" } as const
      const text = written((encoder) => {
        assert.throws(() => sensor.writeReading(encoder, "sensor-value", 1, Dialect.v5, bad), Sensor.InvalidSensorValue)
      })
      assert.strictEqual(text, "")
    })
  )
})
