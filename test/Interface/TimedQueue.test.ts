import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { Arg, Interface, Message, Request, RequestFailed, Sensor, Server } from "katcp"
import { logging } from "../Sensor/derived/support.ts"
import { say, start, timeless } from "../Server/harness.ts"

const { TimedQueue } = Interface

/** Actions that note when they begin, and end after so many seconds. */
const noting = (notes: Array<string>) => {
  const note = (what: string) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      notes.push(`${what} ${now / 1000}`)
    })
  return (name: string, seconds = 0) =>
    seconds === 0
      ? note(name)
      : Effect.andThen(note(name), Effect.andThen(Effect.sleep(seconds * 1000), note(`${name} ends`)))
}
const refusal = (effect: Effect.Effect<void, RequestFailed>) =>
  Effect.map(Effect.flip(effect), ({ message }) => message)

describe("TimedQueue", () => {
  it.effect(
    "does each action at its time, whatever the order in which they were added (P-334)",
    Effect.fnUntraced(function* () {
      const notes: Array<string> = []
      const act = noting(notes)
      const queue = yield* TimedQueue.make()
      yield* queue.add("c", 30.5, act("c"))
      yield* queue.add("a", 1.25, act("a"))
      yield* queue.add("b", 10, act("b"))
      yield* queue.add("b2", 10, act("b2"))
      assert.deepStrictEqual(queue.waiting, [
        { name: "a", time: 1.25 },
        { name: "b", time: 10 },
        { name: "b2", time: 10 },
        { name: "c", time: 30.5 }
      ])
      yield* TestClock.adjust(1249)
      assert.deepStrictEqual(notes, [])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(notes, ["a 1.25"])
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(notes, ["a 1.25", "b 10", "b2 10", "c 30.5"])
      assert.deepStrictEqual([queue.waiting, queue.running], [[], 0])
    })
  )

  it.effect(
    "does an earlier action before the one that it waits for (P-334)",
    Effect.fnUntraced(function* () {
      const notes: Array<string> = []
      const act = noting(notes)
      const queue = yield* TimedQueue.make()
      yield* queue.add("late", 0.9, act("late"))
      yield* TestClock.adjust(100)
      yield* queue.add("early", 0.5, act("early"))
      yield* TestClock.adjust(400)
      assert.deepStrictEqual(notes, ["early 0.5"])
      yield* TestClock.adjust(400)
      assert.deepStrictEqual(notes, ["early 0.5", "late 0.9"])
    })
  )

  it.effect(
    "does an action for now as soon as possible, before all waiting ones (P-335, P-083)",
    Effect.fnUntraced(function* () {
      const notes: Array<string> = []
      const act = noting(notes)
      const queue = yield* TimedQueue.make({ increasing: true })
      yield* TestClock.setTime(2000)
      yield* queue.add("later", 5, act("later"))
      yield* queue.add("at once", "now", act("at once"))
      // not within the request that asks for it
      assert.deepStrictEqual(notes, [])
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(notes, ["at once 2"])
    })
  )

  it.effect(
    "refuses a time in the past, and treats one within the grace as now (P-334)",
    Effect.fnUntraced(function* () {
      const notes: Array<string> = []
      const act = noting(notes)
      yield* TestClock.setTime(1005)
      const strict = yield* TimedQueue.make()
      assert.strictEqual(yield* refusal(strict.add("a", 1, act("a"))), "The time 1 was 0.005 s ago.")
      yield* strict.add("this very moment", 1.005, act("b"))
      const lenient = yield* TimedQueue.make({ grace: "1 second" })
      yield* lenient.add("c", 0.005, act("c"))
      assert.strictEqual(yield* refusal(lenient.add("d", 0.004, act("d"))), "The time 0.004 was 1.001 s ago.")
      const careless = yield* TimedQueue.make({ grace: "Infinity" })
      yield* careless.add("e", -1e9, act("e"))
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(notes.toSorted(), ["b 1.005", "c 1.005", "e 1.005"])
      for (const none of [Number.NaN, Number.POSITIVE_INFINITY])
        assert.strictEqual(yield* refusal(careless.add("f", none, act("f"))), `${none} is not a time.`)
    })
  )

  it.effect(
    "refuses actions when it is full: waiting and running ones count (P-334)",
    Effect.fnUntraced(function* () {
      const notes: Array<string> = []
      const act = noting(notes)
      const queue = yield* TimedQueue.make({ capacity: 2 })
      yield* queue.add("a", "now", act("a", 10))
      yield* queue.add("b", 5, act("b"))
      yield* TestClock.adjust(0)
      const full = "1 timed requests wait and 1 are running: the queue is full."
      assert.strictEqual(yield* refusal(queue.add("c", 6, act("c"))), full)
      assert.strictEqual(yield* refusal(queue.add("c", "now", act("c"))), full)
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual([queue.waiting, queue.running], [[], 1])
      yield* queue.add("c", 6, act("c"))
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(notes, ["a 0", "b 5", "c 6", "a ends 10"])
      // never less than one
      yield* (yield* TimedQueue.make({ capacity: 0 })).add("d", 60, act("d"))
    })
  )

  it.effect(
    "can require increasing times among the waiting ones (P-334)",
    Effect.fnUntraced(function* () {
      const act = noting([])
      const queue = yield* TimedQueue.make({ increasing: true })
      yield* queue.add("a", 5, act("a"))
      yield* queue.add("b", 5, act("b"))
      assert.strictEqual(
        yield* refusal(queue.add("c", 4.5, act("c"))),
        "The time 4.5 is before 5, the time of a waiting request: times must increase."
      )
      yield* queue.flush
      yield* queue.add("c", 4.5, act("c"))
      assert.deepStrictEqual(queue.waiting, [{ name: "c", time: 4.5 }])
    })
  )

  it.effect(
    "starts each action at its time; serial ones wait for the previous one (P-334)",
    Effect.fnUntraced(function* () {
      const run = Effect.fnUntraced(function* (concurrency?: Request.Concurrency) {
        const notes: Array<string> = []
        const act = noting(notes)
        const queue = yield* TimedQueue.make({ concurrency })
        const from = (yield* Clock.currentTimeMillis) / 1000
        yield* queue.add("a", from + 1, act("a", 3))
        yield* queue.add("b", from + 2, act("b"))
        yield* TestClock.adjust("10 seconds")
        return notes.map((note) => note.replace(/[\d.]+$/, (time) => `${Number(time) - from}`))
      })
      assert.deepStrictEqual(yield* run(), ["a 1", "b 2", "a ends 4"])
      assert.deepStrictEqual(yield* run("serial"), ["a 1", "a ends 4", "b 4"])
    })
  )

  it.effect(
    "flush drops waiting actions, not running ones (P-334)",
    Effect.fnUntraced(function* () {
      const notes: Array<string> = []
      const act = noting(notes)
      const queue = yield* TimedQueue.make()
      assert.strictEqual(yield* queue.flush, 0)
      yield* queue.add("a", "now", act("a", 5))
      yield* queue.add("b", 1, act("b"))
      yield* queue.add("c", 2, act("c"))
      yield* queue.add("d", 3, act("d"))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* queue.flush, 2)
      assert.deepStrictEqual(queue.waiting, [])
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(notes, ["a 0", "b 1", "a ends 5"])
    })
  )

  it.effect(
    "follows a clock that is set: times are those of the host (P-334, P-333)",
    Effect.fnUntraced(function* () {
      let ahead = 0
      const notes: Array<string> = []
      const clock = yield* TestClock.testClockWith(Effect.succeed)
      const shifted: Clock.Clock = {
        ...clock,
        sleep: (duration) => clock.sleep(duration),
        currentTimeMillis: Effect.map(clock.currentTimeMillis, (now) => now + ahead),
        currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() + ahead
      }
      yield* Effect.gen(function* () {
        const act = noting(notes)
        const queue = yield* TimedQueue.make()
        yield* queue.add("a", 100, act("a"))
        yield* TestClock.adjust("10 seconds")
        ahead = -50_000
        yield* TestClock.adjust("100 seconds")
        assert.deepStrictEqual(notes, [])
        ahead = 0
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(notes, ["a 111"])
      }).pipe(Effect.provideService(Clock.Clock, shifted))
    })
  )
})

describe("the end of timed actions", () => {
  class Stuck extends Schema.TaggedError<Stuck>("test/Stuck")("Stuck", { message: Schema.String }) {}

  it.effect("a failure, a defect or an interruption is logged; the others continue (P-334)", () =>
    logging((lines) =>
      Effect.gen(function* () {
        const notes: Array<string> = []
        for (const concurrency of ["concurrent", "serial"] as const) {
          const queue = yield* TimedQueue.make({ concurrency })
          yield* queue.add("fails", "now", Effect.fail(new Stuck({ message: "brake" })))
          yield* queue.add("dies", "now", Effect.die(new Error("defect")))
          yield* queue.add("interrupts itself", "now", Effect.interrupt)
          yield* queue.add("works", "now", noting(notes)("works"))
          yield* TestClock.adjust(0)
          assert.strictEqual(queue.running, 0)
        }
        const failed = ["fails", "dies", "interrupts itself"].map((name) => `Error timed: timed ${name} failed`)
        assert.deepStrictEqual(lines, [...failed, ...failed])
        assert.deepStrictEqual(notes, ["works 0", "works 0"])
      })
    )
  )

  it.effect("has the services of the caller that adds it", () =>
    Effect.gen(function* () {
      class Drive extends Context.Service<Drive, { moved: number }>()("test/Drive") {}
      const drive = { moved: 0 }
      const queue = yield* TimedQueue.make()
      const move = Effect.map(Drive, (drive) => {
        drive.moved++
      })
      yield* Effect.provideService(queue.add("move", 1, move), Drive, drive)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(drive.moved, 1)
    })
  )

  it.effect("the end of the Scope ends all, and fails waiting ones (P-334)", () =>
    logging((lines) =>
      Effect.gen(function* () {
        const notes: Array<string> = []
        const act = noting(notes)
        const scope = yield* Scope.make()
        const queue = yield* Scope.provide(TimedQueue.make(), scope)
        yield* queue.add("a", "now", act("a", 5))
        yield* queue.add("b", 1, act("b"))
        yield* queue.add("c", 2, act("c"))
        yield* TestClock.adjust(0)
        yield* Scope.close(scope, Exit.void)
        assert.strictEqual(yield* refusal(queue.add("d", "now", act("d"))), "The device is stopping.")
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual(notes, ["a 0"])
        assert.deepStrictEqual(lines, ["Warn timed: 2 timed requests were dropped because the device stops"])
      })
    )
  )
})

describe("timed requests of a device", () => {
  class Dish extends Interface.make("dish").add(
    Request.make("point", {
      doc: "Point, at a time.",
      args: { time: Arg.TimestampOrNow, az: Arg.Float }
    }),
    TimedQueue.flushRequest(),
    TimedQueue.sensor(),
    Sensor.make("azimuth", { type: Arg.Float, doc: "Azimuth.", initial: 0 })
  ) {}
  const DishLive = Dish.toLayer(
    Effect.gen(function* () {
      const sensors = yield* Dish.sensors
      const queue = yield* TimedQueue.make({ capacity: 3, sensor: sensors["timed-waiting"] })
      return {
        point: Effect.fnUntraced(function* ({ az, time }) {
          if (Math.abs(az) > 180) return yield* new RequestFailed({ message: "no such azimuth" })
          yield* queue.add(
            "point",
            time,
            az === 13 ? Effect.fail(new RequestFailed({ message: "the motor is stuck" })) : sensors.azimuth.set(az)
          )
        }),
        "timed-flush": queue.handleFlush
      }
    })
  )
  const dish = (options?: Server.Options) => Server.layer(Dish, options).pipe(Layer.provide(DishLive))

  it.effect(
    "are checked and answered at once, and run later; three are queued, the rest is flushed (P-334, P-335)",
    Effect.fnUntraced(function* () {
      yield* TestClock.setTime(1_700_000_000_000)
      const { connect } = yield* start(dish())
      const client = yield* connect
      yield* say(client, "?sensor-sampling azimuth event", "?sensor-sampling timed-waiting event")
      yield* client.settle
      yield* say(client, "?point[1] 1700000010 10", "?point[2] 1700000020.5 20", "?point[3] 1700000030 30")
      assert.deepStrictEqual(yield* client.settle, [
        "#sensor-status 1700000000.0 1 timed-waiting nominal 1",
        "!point[1] ok",
        "#sensor-status 1700000000.0 1 timed-waiting nominal 2",
        "!point[2] ok",
        "#sensor-status 1700000000.0 1 timed-waiting nominal 3",
        "!point[3] ok"
      ])
      // what makes no sense is refused at once
      yield* say(client, "?point[4] soon 1", "?point[5] 1700000040 999", "?point[6] 1 1", "?point[7] 1700000040 40")
      const [no, azimuth, past, full] = yield* client.settle
      assert.match(no ?? "", /^!point\[4\] fail Error\\_in\\_parameter\\_1\\_\(time\)/)
      assert.strictEqual(azimuth, "!point[5] fail no\\_such\\_azimuth")
      assert.strictEqual(past, "!point[6] fail The\\_time\\_1\\_was\\_1699999999\\_s\\_ago.")
      assert.match(full ?? "", /^!point\[7\] fail 3\\_timed\\_requests\\_wait/)

      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* client.settle, [
        "#sensor-status 1700000010.0 1 timed-waiting nominal 2",
        "#sensor-status 1700000010.0 1 azimuth nominal 10.0"
      ])
      yield* say(client, "?watchdog", "?timed-flush[8]")
      assert.deepStrictEqual(yield* client.settle, [
        "!watchdog ok",
        "#sensor-status 1700000010.0 1 timed-waiting nominal 0",
        "!timed-flush[8] ok 2"
      ])
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* client.settle, [])
      yield* say(client, "?point now 45")
      assert.deepStrictEqual(
        (yield* client.settle).filter((line) => !line.includes("waiting")),
        ["!point ok", "#sensor-status 1700000070.0 1 azimuth nominal 45.0"]
      )
    })
  )

  it.effect(
    "report a failure in the device's log for all clients, because their client is gone (P-334)",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(dish())
      const client = yield* connect
      const other = yield* connect
      yield* say(client, "?point 5 13")
      assert.include(yield* client.settle, "!point ok")
      yield* client.close
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual((yield* other.settle).map(timeless), [
        "#log error TIME timed timed\\_point\\_failed\\nkatcp/RequestFailed:\\_the\\_motor\\_is\\_stuck"
      ])
    })
  )

  it.effect(
    "at version 4 have times in milliseconds, and no now (P-335, P-311)",
    Effect.fnUntraced(function* () {
      const { dial } = yield* start(dish({ protocol: Message.Protocol.make(4, 0, "M") }))
      const client = yield* dial()
      yield* client.settle
      yield* say(client, "?sensor-sampling azimuth event", "?point 1500 10", "?point now 10")
      const lines = yield* client.settle
      assert.strictEqual(lines.at(-2), "!point ok")
      assert.match(lines.at(-1) ?? "", /^!point fail /)
      yield* TestClock.adjust(1500)
      assert.deepStrictEqual(yield* client.settle, ["#sensor-status 1500 1 azimuth nominal 10.0"])
    })
  )
})
