import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { TestClock } from "effect/testing"
import { Arg, Dialect, Encoder } from "katcp/Codec"
import { type Receiver, Sampler, Strategy, Timers } from "katcp/Sampling"
import * as Sensor from "katcp/Sensor"

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void

const float = Sensor.make("x", { type: Arg.Float, status: "nominal" })

/** A receiver that records its input, as `name=value` and `name ended`. */
const noting = Effect.map(Timers.make, (timers) => {
  const told: Array<string> = []
  const receiver: Receiver<Sensor.LiveSensor<unknown>> = {
    timers,
    report: ({ name }, { value }) => {
      told.push(`${name}=${value}`)
    },
    ended: ({ name }) => {
      told.push(`${name} ended`)
    }
  }
  return { receiver, timers, told }
})

describe("Sampler", () => {
  it.effect(
    "reports nothing until it is started, and then at once (P-214, B-142, A-450)",
    Effect.fnUntraced(function* () {
      const { receiver, told } = yield* noting
      const sensor = yield* Sensor.LiveSensor.make(float)
      const sampler = Sampler.make(sensor, Strategy.event, receiver)
      yield* sensor.set(1)
      assert.deepStrictEqual([told, sampler.active], [[], false])
      sampler.start()
      assert.deepStrictEqual([told, sampler.active], [["x=1"], true])
      sampler.start()
      assert.deepStrictEqual(told, ["x=1"])
      yield* sensor.set(2)
      assert.deepStrictEqual(told, ["x=1", "x=2"])
    })
  )

  it.effect(
    "compares with the reading reported last if the sensor has a tolerance of its own, however slowly it drifts (P-221)",
    Effect.fnUntraced(function* () {
      const { receiver, told } = yield* noting
      const near = Sensor.make("x", { type: Arg.Float, initial: 0, equals: (one, other) => Math.abs(one - other) < 1 })
      const sensor = yield* Sensor.LiveSensor.make(near)
      Sampler.make(sensor, Strategy.event, receiver).start()
      for (const value of [0.4, 0.8, 1.2, 1.6]) yield* sensor.set(value)
      assert.deepStrictEqual(told, ["x=0", "x=1.2"])
    })
  )

  it.effect(
    "reports a reading once if it is started while observers receive an older one (P-214, P-221)",
    Effect.fnUntraced(function* () {
      const { receiver, told } = yield* noting
      const sensor = yield* Sensor.LiveSensor.make(float)
      const sampler = Sampler.make(sensor, Strategy.event, receiver)
      sensor.attach({
        update: ({ value }) => {
          if (value !== 1) return
          sensor.setUnsafe(2, "nominal", 0)
          sampler.start()
        }
      })
      yield* sensor.set(1)
      assert.deepStrictEqual(told, ["x=2"])
      yield* sensor.set(2)
      assert.deepStrictEqual(told, ["x=2"])
      yield* sensor.set(3, { status: "warn" })
      assert.deepStrictEqual(told, ["x=2", "x=3"])
    })
  )

  it.effect(
    "reports whole readings at once, with their own time and status (P-214, P-220)",
    Effect.fnUntraced(function* () {
      const sensor = yield* Sensor.LiveSensor.make(float)
      const reports: Array<Sensor.Reading<unknown>> = []
      const timers = yield* Timers.make
      const sampler = Sampler.make(sensor, Strategy.period("1 second"), {
        timers,
        report: (_, reading) => {
          reports.push(reading)
        }
      })
      yield* TestClock.adjust("10 seconds")
      sampler.start()
      yield* sensor.set(5, { status: "warn", timestamp: 3.5 })
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(reports, [
        { timestamp: 0, status: "nominal", value: 0 },
        { timestamp: 3.5, status: "warn", value: 5 },
        { timestamp: 3.5, status: "warn", value: 5 }
      ])
      assert.strictEqual(reports[2], sensor.reading)
    })
  )

  it.effect(
    "reports nothing after it is stopped, and leaves nothing behind, for every strategy (P-216, traps)",
    Effect.fnUntraced(function* () {
      const { receiver, timers, told } = yield* noting
      for (const strategy of [
        Strategy.none,
        Strategy.auto,
        Strategy.event,
        Strategy.period("1 second"),
        Strategy.differential(1),
        Strategy.eventRate("1 second", "3 seconds"),
        Strategy.differentialRate(1, "1 second", "3 seconds")
      ]) {
        const sensor = yield* Sensor.LiveSensor.make(float)
        const sampler = Sampler.make(sensor, strategy, receiver)
        sampler.start()
        // with a change on hold, where the strategy holds any
        yield* sensor.set(10)
        told.length = 0
        sampler.stop()
        sampler.stop()
        yield* sensor.set(20)
        yield* TestClock.adjust("10 seconds")
        assert.deepStrictEqual([told, sampler.active, sampler.holds, timers.size], [[], false, false, 0])
      }
    })
  )

  it.effect(
    "restarts when it is set again, with a report and its periods (P-215, P-228)",
    Effect.fnUntraced(function* () {
      const { receiver, told } = yield* noting
      const sensor = yield* Sensor.LiveSensor.make(float)
      const strategy = Strategy.eventRate("1 second", "3 seconds")
      const former = Sampler.make(sensor, strategy, receiver)
      former.start()
      yield* TestClock.adjust("900 millis")
      yield* sensor.set(1)
      assert.isTrue(former.holds)
      former.stop()
      Sampler.make(sensor, strategy, receiver).start()
      assert.deepStrictEqual(told, ["x=0", "x=1"])
      yield* TestClock.adjust("2900 millis")
      assert.deepStrictEqual(told, ["x=0", "x=1"])
      yield* TestClock.adjust("100 millis")
      assert.deepStrictEqual(told, ["x=0", "x=1", "x=1"])
    })
  )

  it.effect(
    "can be started again after it was stopped",
    Effect.fnUntraced(function* () {
      const { receiver, told } = yield* noting
      const sensor = yield* Sensor.LiveSensor.make(float)
      const sampler = Sampler.make(sensor, Strategy.eventRate("1 second", "3 seconds"), receiver)
      sampler.start()
      yield* sensor.set(1)
      sampler.stop()
      sampler.start()
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(told, ["x=0", "x=1"])
    })
  )

  it.effect(
    "ends with its sensor, removed or replaced, even with a held change (P-235)",
    Effect.fnUntraced(function* () {
      const { receiver, timers, told } = yield* noting
      const set = yield* Sensor.SensorSet.make
      const first = yield* set.add(float)
      const other = yield* set.add(Sensor.make("y", { type: Arg.Float, status: "nominal" }))
      const samplers = [
        Sampler.make(first, Strategy.eventRate("1 second", "3 seconds"), receiver),
        Sampler.make(other, Strategy.auto, receiver)
      ]
      for (const sampler of samplers) sampler.start()
      yield* first.set(1)
      const second = yield* set.add(float)
      assert.deepStrictEqual(told, ["x=0", "y=0", "x ended"])
      yield* set.remove("y")
      assert.deepStrictEqual(told, ["x=0", "y=0", "x ended", "y ended"])
      for (const sampler of samplers) {
        assert.isFalse(sampler.active)
        sampler.stop()
      }
      assert.strictEqual(timers.size, 0)
      yield* TestClock.adjust("10 seconds")
      // the new sensor of that name has no strategy
      yield* second.set(2)
      yield* first.set(3)
      assert.strictEqual(told.length, 4)
      // too late
      Sampler.make(first, Strategy.auto, receiver).start()
      assert.deepStrictEqual(told.slice(4), ["x ended"])
    })
  )

  it.effect(
    "is independent for two clients of the same sensor (P-211)",
    Effect.fnUntraced(function* () {
      const one = yield* noting
      const two = yield* noting
      const sensor = yield* Sensor.LiveSensor.make(float)
      const first = Sampler.make(sensor, Strategy.auto, one.receiver)
      first.start()
      Sampler.make(sensor, Strategy.differential(5), two.receiver).start()
      yield* sensor.set(3)
      first.stop()
      yield* sensor.set(6)
      assert.deepStrictEqual(one.told, ["x=0", "x=3"])
      assert.deepStrictEqual(two.told, ["x=0", "x=6"])
    })
  )

  it.effect(
    "runs the sensor's own strategy for auto, and still reports auto (P-218, B-135)",
    Effect.fnUntraced(function* () {
      const { receiver, told } = yield* noting
      const sensor = yield* Sensor.LiveSensor.make(
        Sensor.make("x", { type: Arg.Float, autoStrategy: { name: "event-rate", parameters: ["1", "10"] } })
      )
      const sampler = Sampler.make(sensor, Strategy.auto, receiver)
      sampler.start()
      assert.deepStrictEqual(Strategy.format(sampler.strategy, sensor.definition, Dialect.v5), ["auto"])
      for (const value of [1, 2, 3]) yield* sensor.set(value)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(told, ["x=0", "x=3"])
    })
  )

  it.effect(
    "refuses a strategy that does not fit, and attaches nothing (P-217, P-223)",
    Effect.fnUntraced(function* () {
      const { receiver, timers, told } = yield* noting
      const sensor: Sensor.LiveSensor<unknown> = yield* Sensor.LiveSensor.make(Sensor.make("b", { type: Arg.Boolean }))
      assert.throws(() => Sampler.make(sensor, Strategy.differential(1), receiver), TypeError, /not for boolean/)
      yield* sensor.set(true)
      assert.deepStrictEqual([told, timers.size], [[], 0])
    })
  )

  it.effect(
    "a receiver that throws: the setter of the sensor gets the error, other clients get the reading, and sampling continues (A-448)",
    Effect.fnUntraced(function* () {
      const { receiver, timers, told } = yield* noting
      const sensor = yield* Sensor.LiveSensor.make(float)
      let calls = 0
      const bad = {
        timers,
        report: () => {
          if (++calls > 1) throw new Error("no")
        }
      }
      Sampler.make(sensor, Strategy.auto, bad).start()
      Sampler.make(sensor, Strategy.auto, receiver).start()
      for (const value of [1, 2]) {
        const exit = yield* Effect.exit(sensor.set(value))
        assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      }
      assert.deepStrictEqual([told, calls], [["x=0", "x=1", "x=2"], 3])
      const periodic = yield* Sensor.LiveSensor.make(float)
      calls = 0
      Sampler.make(periodic, Strategy.period("1 second"), bad).start()
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(calls, 4)
    })
  )

  it.effect(
    "a receiver may set the sensor, stop and start samplers from within a report",
    Effect.fnUntraced(function* () {
      const { receiver, timers, told } = yield* noting
      const sensor = yield* Sensor.LiveSensor.make(float)
      const second = Sampler.make(sensor, Strategy.auto, receiver)
      const seen: Array<unknown> = []
      const first: Sampler<Sensor.LiveSensor<number>> = Sampler.make(sensor, Strategy.event, {
        timers,
        report: (_, { value }) => {
          seen.push(value)
          if (value === 1) sensor.setUnsafe(2, "nominal", 0)
          if (value === 2) first.stop()
          if (value === 2) second.start()
        }
      })
      first.start()
      yield* sensor.set(1)
      yield* sensor.set(3)
      assert.deepStrictEqual(seen, [0, 1, 2])
      assert.deepStrictEqual(told, ["x=2", "x=3"])
      assert.isFalse(first.active)
    })
  )

  it.effect(
    "shares the same bytes among all clients: the sensor formats a report once (issue 4)",
    Effect.fnUntraced(function* () {
      const timers = yield* Timers.make
      const sensor = yield* Sensor.LiveSensor.make(float)
      const encoders = [new Encoder(), new Encoder()]
      const tails = new Set<Uint8Array>()
      for (const encoder of encoders) {
        Sampler.make(sensor, Strategy.event, {
          timers,
          report: (live, reading) => {
            live.writeReading(encoder, "sensor-status", undefined, Dialect.v5, reading as Sensor.Reading<number>)
            tails.add(live.statusLine(Dialect.v5))
          }
        }).start()
      }
      yield* sensor.set(1.5, { timestamp: 7 })
      for (const encoder of encoders)
        assert.match(Buffer.concat(encoder.take()).toString(), /\n#sensor-status 7\.0 1 x nominal 1\.5\n$/)
      // one for each reading
      assert.strictEqual(tails.size, 2)
    })
  )

  it.effect(
    "a pair of sensor and client takes at most 250 bytes of heap, and with timers 350 (issue 4)",
    Effect.fnUntraced(function* () {
      const count = 20_000
      const { receiver, timers } = yield* noting
      const quiet = { timers: receiver.timers, report: () => {} }
      const sensors: Array<Sensor.LiveSensor<number>> = []
      for (let n = 0; n < 200; n++)
        sensors.push(yield* Sensor.LiveSensor.make(Sensor.make(`s${n}`, { type: Arg.Float })))
      for (const [strategy, most] of [
        [Strategy.auto, 250],
        [Strategy.event, 250],
        [Strategy.period("1 minute"), 350],
        [Strategy.eventRate("1 second", "1 minute"), 350]
      ] as const) {
        const samplers = new Array<Sampler<Sensor.LiveSensor<number>>>(count)
        collect()
        const before = process.memoryUsage().heapUsed
        for (let n = 0; n < count; n++) {
          const sampler = Sampler.make(sensors[n % sensors.length]!, strategy, quiet)
          sampler.start()
          samplers[n] = sampler
        }
        collect()
        const each = (process.memoryUsage().heapUsed - before) / count
        assert.isAbove(each, 40)
        assert.isAtMost(each, most)
        for (const sampler of samplers) sampler.stop()
        assert.strictEqual(timers.size, 0)
      }
    })
  )

  it.effect(
    "leaves nothing behind after 10,000 subscriptions (traps)",
    Effect.fnUntraced(function* () {
      const { receiver, timers } = yield* noting
      const sensor = yield* Sensor.LiveSensor.make(float)
      const strategies = [Strategy.event, Strategy.period("1 hour"), Strategy.eventRate("1 second", "1 hour")]
      const churn = (rounds: number) => {
        for (let n = 0; n < rounds; n++) {
          const sampler = Sampler.make(sensor, strategies[n % 3]!, { timers: receiver.timers, report: () => {} })
          sampler.start()
          sensor.setUnsafe(n, "nominal", n)
          sampler.stop()
        }
      }
      churn(2000)
      collect()
      const before = process.memoryUsage().heapUsed
      churn(10_000)
      collect()
      assert.isAtMost(process.memoryUsage().heapUsed - before, 200_000)
      assert.strictEqual(timers.size, 0)
    })
  )
})
