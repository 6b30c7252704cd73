import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import { Arg, Dialect } from "katcp/Codec"
import * as Sensor from "katcp/Sensor"
import { written } from "./wireText.ts"

const described = (sensor: Sensor.LiveSensor<unknown>) =>
  written((encoder) => sensor.writeDescription(encoder, undefined, Dialect.v5))

describe("setRanges", () => {
  it.effect(
    "changes the limits of the description, or removes them; all else stays (C-130, P-194)",
    Effect.fnUntraced(function* () {
      const definition = Sensor.make("x", {
        type: Arg.Float,
        doc: "An x.",
        units: "m",
        initial: 3,
        status: "warn",
        nominal: [0, 1],
        autoStrategy: { name: "event" },
        equals: (one, other) => Math.abs(one - other) < 1
      })
      const sensor = yield* Sensor.LiveSensor.make(definition)
      const { reading } = sensor
      yield* sensor.setRanges({ nominal: [0, 5], warn: [-1, 6] })
      assert.strictEqual(described(sensor), "#sensor-list x An\\_x. m float 0.0 5.0 -1.0 6.0\n")
      const changed = sensor.definition
      assert.deepStrictEqual(
        [changed.nominal, changed.warn],
        [
          [0, 5],
          [-1, 6]
        ]
      )
      assert.deepStrictEqual(
        [changed.name, changed.doc, changed.units, changed.type, changed.initial, changed.status],
        ["x", "An x.", "m", Arg.Float, 3, "warn"]
      )
      assert.deepStrictEqual(changed.autoStrategy, { name: "event" })
      assert.isTrue(changed.equals(0, 0.5))
      assert.strictEqual(sensor.reading, reading)
      yield* sensor.setRanges({})
      assert.strictEqual(described(sensor), "#sensor-list x An\\_x. m float\n")
      assert.deepStrictEqual(definition.nominal, [0, 1])
    })
  )

  it.effect(
    "keeps the generated description of a sensor without its own (A-148)",
    Effect.fnUntraced(function* () {
      const sensor = yield* Sensor.LiveSensor.make(Sensor.make("n", { type: Arg.Int }))
      yield* sensor.setRanges({ nominal: [1, 2n ** 70n] })
      assert.strictEqual(
        described(sensor),
        "#sensor-list n Integer\\_sensor\\_'n'\\_with\\_no\\_unit \\@ integer 1 1180591620717411303424\n"
      )
    })
  )

  it.effect(
    "updates the status of a valid reading if it comes from the ranges (C-130, P-175)",
    Effect.fnUntraced(function* () {
      const sensor = yield* Sensor.LiveSensor.make(
        Sensor.make("x", { type: Arg.Float, nominal: [0, 10], statusFrom: "ranges" })
      )
      yield* sensor.setRanges({ nominal: [5, 10] })
      assert.strictEqual(sensor.status, "unknown")
      yield* sensor.set(7)
      const readings: Array<Sensor.Reading<number>> = []
      sensor.observe((reading) => readings.push(reading))
      yield* TestClock.adjust("2 seconds")
      yield* sensor.setRanges({ nominal: [0, 8] })
      assert.deepStrictEqual(readings, [])
      yield* sensor.setRanges({ nominal: [0, 6], warn: [0, 8] })
      yield* TestClock.adjust("1 second")
      yield* sensor.setRanges({ nominal: [0, 5], warn: [0, 6] })
      assert.deepStrictEqual(readings, [
        { timestamp: 2, status: "warn", value: 7 },
        { timestamp: 3, status: "error", value: 7 }
      ])
      yield* sensor.set(7, { status: "failure" })
      yield* sensor.setRanges({ nominal: [0, 10] })
      assert.strictEqual(sensor.status, "failure")
      yield* sensor.set(11)
      assert.strictEqual(sensor.status, "warn")
    })
  )

  it.effect(
    "keeps a status that was set by hand, or comes from a function (C-130)",
    Effect.fnUntraced(function* () {
      const own = yield* Sensor.LiveSensor.make(Sensor.make("x", { type: Arg.Float, nominal: [0, 1] }))
      yield* own.set(5, { status: "error" })
      yield* own.setRanges({ nominal: [0, 9] })
      assert.strictEqual(own.status, "error")
      const function_ = yield* Sensor.LiveSensor.make(
        Sensor.make("x", { type: Arg.Float, nominal: [0, 1], statusFrom: () => "nominal" })
      )
      yield* function_.set(5, { status: "warn" })
      yield* function_.setRanges({ nominal: [0, 9] })
      assert.strictEqual(function_.status, "warn")
    })
  )

  it.effect(
    "fails for invalid ranges, and changes nothing (C-130, P-175, P-196)",
    Effect.fnUntraced(function* () {
      const set = yield* Sensor.SensorSet.make
      const sensor = yield* set.add(Sensor.make("x", { type: Arg.Int, nominal: [0, 1], statusFrom: "ranges" }))
      const { definition } = sensor
      let told = 0
      set.onChange(() => told++)
      for (const [ranges, text] of [
        [{ nominal: [2, 1] }, /^sensor x: the range 2 to 1 is upside down$/],
        [{ nominal: [0, 0.5] }, /range: expected an integer/],
        [{ nominal: [0, 5], warn: [1, 9] }, /must contain the nominal/],
        [{ warn: [1, 9] }, /needs a nominal range/],
        [{}, /a status from ranges needs a nominal range/]
      ] as ReadonlyArray<readonly [Sensor.Ranges<number | bigint>, RegExp]>) {
        const failure = yield* Effect.flip(sensor.setRanges(ranges))
        assert.strictEqual(failure._tag, "InvalidSensorValue")
        assert.match(failure.message, text)
      }
      const text = yield* set.add(Sensor.make("t", { type: Arg.Text }))
      assert.match((yield* Effect.flip(text.setRanges({ nominal: ["a", "b"] }))).message, /only integers and floats/)
      yield* text.setRanges({})
      assert.strictEqual(sensor.definition, definition)
      assert.strictEqual(told, 2)
    })
  )

  it.effect(
    "works for a sensor whose type is known only at run time (C-130)",
    Effect.fnUntraced(function* () {
      const set = yield* Sensor.SensorSet.make
      yield* set.add(Sensor.make("x", { type: Arg.Float }))
      const sensor = yield* set.find("x")
      yield* sensor.setRanges({ nominal: [0, 1] })
      assert.deepStrictEqual(sensor.definition.parameters, ["0.0", "1.0"])
      assert.match((yield* Effect.flip(sensor.setRanges({ nominal: ["0", "1"] }))).message, /expected a number/)
    })
  )
})

describe("a set reports changed ranges", () => {
  const watched = Effect.gen(function* () {
    const set = yield* Sensor.SensorSet.make
    const told: Array<ReadonlyArray<string>> = []
    set.onChange((changes) => told.push(changes.map(({ _tag, name }) => `${_tag} ${name}`)))
    return { set, told }
  })
  const define = (name: string) => Sensor.make(name, { type: Arg.Int })
  const ranges = { nominal: [0, 1] } as const

  it.effect(
    "as Modified, with the same sensor, which stays in use (C-130, P-129)",
    Effect.fnUntraced(function* () {
      const { set, told } = yield* watched
      const sensor = yield* set.add(define("a"))
      let ended = 0
      sensor.attach({ update: () => {}, ended: () => ended++ })
      let found: Sensor.LiveSensor<unknown> | undefined
      set.onChange(([change]) => {
        found = change?.sensor
        assert.deepStrictEqual(found?.definition.parameters, ["0", "1"])
      })
      yield* sensor.setRanges(ranges)
      assert.deepStrictEqual(told, [["Added a"], ["Modified a"]])
      assert.strictEqual(found, sensor)
      assert.strictEqual(ended, 0)
      assert.isFalse(sensor.ended)
      assert.deepStrictEqual(set.values, [sensor])
    })
  )

  it.effect(
    "not for a sensor that is no longer in the set (C-130)",
    Effect.fnUntraced(function* () {
      const { set, told } = yield* watched
      const [gone, replaced] = [yield* set.add(define("a")), yield* set.add(define("b"))]
      yield* set.remove(gone)
      yield* set.add(define("b"))
      told.length = 0
      yield* gone.setRanges(ranges)
      yield* replaced.setRanges(ranges)
      assert.deepStrictEqual(told, [])
      yield* set.add(gone)
      yield* gone.setRanges(ranges)
      assert.deepStrictEqual(told, [["Added a"], ["Modified a"]])
    })
  )

  it.effect(
    "once in a batch, as its final effect (C-130, B-139)",
    Effect.fnUntraced(function* () {
      const { set, told } = yield* watched
      for (const name of ["twice", "replaced", "before", "removed"]) yield* set.add(define(name))
      const change = (name: string) => Effect.flatMap(set.find(name), (sensor) => sensor.setRanges(ranges))
      told.length = 0
      yield* set.batch(
        Effect.gen(function* () {
          yield* change("twice")
          yield* change("twice")
          yield* change("replaced")
          yield* set.add(define("replaced"))
          yield* set.add(define("before"))
          yield* change("before")
          yield* change("removed")
          yield* set.remove("removed")
          yield* set.add(define("added"))
          yield* change("added")
          yield* set.add(define("brief"))
          yield* change("brief")
          yield* set.remove("brief")
        })
      )
      assert.deepStrictEqual(told, [
        ["Modified twice", "Replaced replaced", "Replaced before", "Removed removed", "Added added"]
      ])
    })
  )
})

describe("autoStrategy and equals", () => {
  it("come from the definition, or are absent (B-135)", () => {
    const autoStrategy = { name: "event-rate", parameters: ["0.1", "10"] } as const
    assert.strictEqual(Sensor.make("x", { type: Arg.Int, autoStrategy }).autoStrategy, autoStrategy)
    assert.isUndefined(Sensor.make("x", { type: Arg.Int }).autoStrategy)
    assert.isUndefined(Sensor.make("x", { type: Arg.Int, statusFrom: () => "nominal" }).autoStrategy)
    const both = Sensor.make("x", {
      type: Arg.Boolean,
      autoStrategy,
      statusFrom: (value) => (value ? "warn" : "error")
    })
    assert.strictEqual(both.statusOf(true), "warn")
    assert.strictEqual(both.autoStrategy, autoStrategy)
    assert.strictEqual(both.status, "unknown")
  })

  it("equality is that of the type, or the sensor's own (P-222, Q-08)", () => {
    const exact = Sensor.make("x", { type: Arg.Float })
    assert.isTrue(exact.equals(Number.NaN, Number.NaN))
    assert.isTrue(exact.equals(0, -0))
    assert.isFalse(exact.equals(1, 1 + Number.EPSILON))
    const near = Sensor.make("x", { type: Arg.Float, equals: (one, other) => Math.abs(one - other) <= 0.5 })
    assert.isTrue(near.equals(1, 1.5))
    assert.isFalse(near.equals(1, 1.75))
    assert.strictEqual(near.statusOf(1e9), "nominal")
    const bytes = Sensor.make("x", { type: Arg.Bytes })
    assert.isTrue(bytes.equals(Uint8Array.of(1, 2), Uint8Array.of(1, 2)))
    assert.isFalse(bytes.equals(Uint8Array.of(1, 2), Uint8Array.of(1, 3)))
  })
})
