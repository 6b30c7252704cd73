import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { TestClock } from "effect/testing"
import { Arg } from "katcp/Codec"
import { Sampler, Strategy, Timers } from "katcp/Sampling"
import * as Sensor from "katcp/Sensor"
import { Agenda, Timer } from "../../src/Sampling/Agenda.ts"
import { ManualClock } from "./manualClock.ts"

/** A timer that says when it was woken, and is set again for what `again` gives. */
class Noting extends Timer {
  readonly woken: Array<number> = []
  private readonly again: (now: number) => void

  constructor(again: (now: number) => void = () => {}) {
    super()
    this.again = again
  }

  wake(now: number): void {
    this.woken.push(now)
    this.again(now)
  }
}

const withClock = <A, E, R>(test: (clock: ManualClock) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
  const clock = new ManualClock()
  return Effect.provideService(test(clock), Clock.Clock, clock)
}

describe("Agenda", () => {
  it("returns due items, the earliest first, and within a millisecond in the order of adding", () => {
    const agenda = new Agenda()
    const timers = Array.from({ length: 6 }, () => new Noting())
    for (const [at, time] of [30, 10, 20.5, 10, 21, 9.2].entries()) agenda.add(timers[at]!, time)
    assert.deepStrictEqual([agenda.size, agenda.at], [6, 10])
    assert.strictEqual(agenda.take(9), undefined)
    const order = Array.from({ length: 6 }, () => timers.indexOf(agenda.take(30) as Noting))
    assert.deepStrictEqual(order, [1, 3, 5, 2, 4, 0])
    assert.deepStrictEqual([agenda.size, agenda.at], [0, Number.POSITIVE_INFINITY])
  })

  it.prop(
    "agrees with a sorted list for any sequence of operations",
    [
      Schema.Array(
        Schema.Struct({
          act: Schema.Literals(["add", "remove", "take"]),
          timer: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 39 })),
          time: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 25 }))
        })
      ).check(Schema.isMaxLength(200))
    ],
    ([acts]) => {
      const agenda = new Agenda()
      const timers = Array.from({ length: 40 }, () => new Noting())
      const model: Array<{ readonly timer: Timer; readonly time: number }> = []
      for (const { act, time, timer: index } of acts) {
        const timer = timers[index]!
        const at = model.findIndex((entry) => entry.timer === timer)
        if (act === "take") {
          const found = model
            .map((entry, place) => ({ ...entry, place }))
            .sort((one, other) => one.time - other.time || one.place - other.place)[0]
          const due = found !== undefined && found.time <= time
          assert.strictEqual(agenda.take(time), due ? found.timer : undefined)
          if (due) model.splice(found.place, 1)
        } else {
          if (at !== -1) model.splice(at, 1)
          agenda.remove(timer)
          if (act === "add") {
            agenda.add(timer, time)
            model.push({ timer, time })
          }
        }
        assert.strictEqual(agenda.size, model.length)
        assert.strictEqual(agenda.at, Math.min(Number.POSITIVE_INFINITY, ...model.map((entry) => entry.time)))
        for (const { timer, time } of model) assert.strictEqual(timer.at, time)
      }
    },
    { arbitrary: { runs: 100, size: 200 } }
  )

  it("keeps nothing of removed items (trap: strategies stay in the timer heap)", () => {
    const agenda = new Agenda()
    for (let time = 0; time < 1000; time++) {
      const timer = new Noting()
      agenda.add(timer, 1e6 + time)
      agenda.remove(timer)
      assert.deepStrictEqual([timer.deadline, timer.next, timer.previous], [undefined, undefined, undefined])
    }
    assert.deepStrictEqual([agenda.size, agenda.at], [0, Number.POSITIVE_INFINITY])
    const { heap, deadlines } = agenda as unknown as { heap: Array<unknown>; deadlines: Map<number, unknown> }
    assert.deepStrictEqual([heap.length, deadlines.size], [0, 0])
  })
})

describe("Timers", () => {
  it.effect(
    "wake to the millisecond, even timers that are set earlier while they sleep",
    Effect.fnUntraced(function* () {
      const timers = yield* Timers.make
      const [late, early, part] = [new Noting(), new Noting(), new Noting()]
      timers.set(late, 500)
      yield* TestClock.adjust(100)
      timers.set(early, 200)
      timers.set(part, 333.25)
      assert.strictEqual(timers.size, 3)
      yield* TestClock.adjust(1000)
      assert.deepStrictEqual([early.woken, part.woken, late.woken], [[200], [334], [500]])
      assert.strictEqual(timers.size, 0)
    })
  )

  it.effect(
    "restart when set again, move only to an earlier time, and never fire when cancelled",
    Effect.fnUntraced(function* () {
      const timers = yield* Timers.make
      const [moved, hastened, kept, gone] = [new Noting(), new Noting(), new Noting(), new Noting()]
      for (const timer of [moved, hastened, kept, gone]) timers.set(timer, 100)
      timers.set(moved, 150)
      timers.wakeEarlier(hastened, 50)
      timers.wakeEarlier(kept, 300)
      timers.cancel(gone)
      timers.cancel(gone)
      yield* TestClock.adjust(1000)
      assert.deepStrictEqual([moved.woken, hastened.woken, kept.woken, gone.woken], [[150], [50], [100], []])
      timers.set(gone, Number.POSITIVE_INFINITY)
      assert.strictEqual(timers.size, 0)
    })
  )

  it.effect("use one fiber for all timers, and no fiber without timers", () =>
    withClock(
      Effect.fnUntraced(function* (clock) {
        const timers = yield* Timers.make
        assert.strictEqual(clock.sleeping, 0)
        const many = Array.from({ length: 100 }, () => new Noting())
        for (const [at, timer] of many.entries()) timers.set(timer, 10_000 - at * 10)
        assert.strictEqual(clock.sleeping, 1)
        for (const timer of many.slice(1)) timers.cancel(timer)
        assert.strictEqual(clock.sleeping, 1)
        timers.cancel(many[0]!)
        assert.strictEqual(clock.sleeping, 0)
        timers.set(many[0]!, 20)
        yield* clock.jump(20)
        assert.deepStrictEqual(many[0]!.woken, [20])
        assert.strictEqual(clock.sleeping, 0)
      })
    ).pipe(Effect.scoped)
  )

  it.effect("never wake early, even if the clock's sleep ends too soon", () =>
    withClock(
      Effect.fnUntraced(function* (clock) {
        const timers = yield* Timers.make
        const timer = new Noting()
        yield* clock.jump(0.75)
        timers.set(timer, 100.5)
        yield* clock.jump(99, 2)
        yield* clock.jump(0.75, 2)
        assert.deepStrictEqual([timer.woken, clock.sleeping], [[], 1])
        yield* clock.jump(1)
        assert.deepStrictEqual(timer.woken, [101.5])
      })
    ).pipe(Effect.scoped)
  )

  it.effect("close with their scope: nothing sleeps, nothing is woken, nothing can be set", () =>
    withClock(
      Effect.fnUntraced(function* (clock) {
        const scope = yield* Scope.make()
        const timers = yield* Scope.provide(Timers.make, scope)
        const [one, other] = [new Noting(), new Noting()]
        timers.set(one, 10)
        yield* Scope.close(scope, Exit.void)
        timers.set(other, 20)
        timers.cancel(one)
        assert.deepStrictEqual([timers.size, clock.sleeping], [0, 0])
        yield* clock.jump(100)
        assert.deepStrictEqual([one.woken, other.woken], [[], []])
      })
    )
  )

  it.effect(
    "wake a timer that is set within a wake-up on time, but not within the same millisecond",
    Effect.fnUntraced(function* () {
      const timers = yield* Timers.make
      const past: Noting = new Noting((now) => {
        if (past.woken.length < 4) timers.set(past, now - 10)
      })
      const other = new Noting()
      const setter = new Noting((now) => timers.set(other, now + 5))
      timers.set(past, 100)
      timers.set(setter, 100)
      yield* TestClock.adjust(1000)
      assert.deepStrictEqual(past.woken, [100, 101, 102, 103])
      assert.deepStrictEqual(other.woken, [105])
    })
  )

  it.effect(
    "log a callback that throws, which delays no other (A-448)",
    Effect.fnUntraced(function* () {
      const logged: Array<unknown> = []
      const logger = Logger.make<unknown, void>(({ cause, message }) => {
        logged.push([message, String(cause.reasons[0])])
      })
      yield* Effect.gen(function* () {
        const timers = yield* Timers.make
        const bad = new Noting(() => {
          throw new Error("no")
        })
        const good = new Noting()
        timers.set(bad, 10)
        timers.set(good, 10)
        yield* TestClock.adjust(100)
        assert.deepStrictEqual([bad.woken, good.woken], [[10], [10]])
      }).pipe(Effect.provide(Logger.layer([logger])))
      assert.strictEqual(logged.length, 1)
      assert.match(JSON.stringify(logged[0]), /a report of a sensor failed.*no/)
    })
  )

  it.effect("do not catch up in a burst when the loop was blocked (P-220, Q-17)", () =>
    withClock(
      Effect.fnUntraced(function* (clock) {
        const timers = yield* Timers.make
        const sensor = yield* Sensor.LiveSensor.make(Sensor.make("x", { type: Arg.Float }))
        const times: Array<number> = []
        const report = () => {
          times.push(timers.now())
        }
        Sampler.make(sensor, Strategy.period("100 millis"), { timers, report }).start()
        yield* clock.jump(100)
        yield* clock.jump(1040)
        yield* clock.jump(99)
        yield* clock.jump(1)
        // by less than a period: back to the grid
        yield* clock.jump(150)
        yield* clock.jump(50)
        assert.deepStrictEqual(times, [0, 100, 1140, 1240, 1390, 1440])
      })
    ).pipe(Effect.scoped)
  )

  it.effect(
    "spread 1,000 periods that are set at once, keep each grid, and spread them again after a delay (P-220)",
    () =>
      withClock(
        Effect.fnUntraced(function* (clock) {
          const timers = yield* Timers.make
          const times = new Map<string, Array<number>>()
          const report = ({ name }: Sensor.LiveSensor<unknown>) => {
            const before = times.get(name)
            if (before === undefined) times.set(name, [timers.now()])
            else before.push(timers.now())
          }
          for (let n = 0; n < 1000; n++) {
            const sensor = yield* Sensor.LiveSensor.make(Sensor.make(`s${n}`, { type: Arg.Float }))
            Sampler.make(sensor, Strategy.period("1 second"), { timers, report }).start()
          }
          const step = (millis: number) => Effect.forEach(Array.from({ length: millis }), () => clock.jump(1))
          yield* step(3200)
          const grids = [...times.values()].map(([set, first, second, third]) => {
            assert.strictEqual(set, 0)
            assert.deepStrictEqual([second! - first!, third! - second!], [1000, 1000])
            return first!
          })
          assert.strictEqual(grids.length, 1000)
          // the first ones begin when they are set
          assert.strictEqual(grids.filter((first) => first === 1000).length, 256)
          assert.deepStrictEqual([...new Set(grids)], [1000, 1001, 1002, 1003])
          yield* clock.jump(5000)
          yield* step(1200)
          const restarted = [...times.values()].map((all) => all.at(-1)! - 8200 - 1000)
          assert.deepStrictEqual(
            restarted,
            grids.map((first) => first - 1000)
          )
        })
      ).pipe(Effect.scoped)
  )

  it.effect(
    "begin 100,000 grids that are set at once within 128 ms, and a later one at once",
    Effect.fnUntraced(function* () {
      const timers = yield* Timers.make
      const begun = new Map<number, number>()
      for (let n = 0; n < 100_000; n++) {
        const delay = timers.stagger(5000.25)
        begun.set(delay, (begun.get(delay) ?? 0) + 1)
      }
      assert.deepStrictEqual([...begun.keys()].sort((one, other) => one - other).at(-1), 127)
      assert.isAtMost(Math.max(...begun.values()) - Math.min(...begun.values()), 256)
      assert.strictEqual(timers.stagger(6000), 0)
    })
  )

  it.effect(
    "wake 100,000 due timers in slices: others run in between (P-237, issue 4)",
    Effect.fnUntraced(function* () {
      const count = 100_000
      const timers = yield* Timers.make
      let woken = 0
      let wokenSince = 0
      let largest = 0
      class Counting extends Timer {
        wake(): void {
          woken++
          wokenSince++
        }
      }
      for (let n = 0; n < count; n++) timers.set(new Counting(), 1000)
      // a fiber that takes a turn whenever it can
      yield* Effect.forkScoped(
        Effect.gen(function* () {
          while (woken < count) {
            largest = Math.max(largest, wokenSince)
            wokenSince = 0
            yield* Effect.yieldNow
          }
        })
      )
      yield* TestClock.adjust(1000)
      assert.strictEqual(woken, count)
      assert.strictEqual(timers.size, 0)
      assert.isAtMost(largest, 1000)
    })
  )

  it.effect(
    "are exact for 10,000 periods, and drop stopped or replaced timers (P-220, traps)",
    Effect.fnUntraced(function* () {
      const timers = yield* Timers.make
      const counts = new Map<string, number>()
      const receiver = {
        timers,
        report: ({ name }: Sensor.LiveSensor<unknown>) => {
          counts.set(name, (counts.get(name) ?? 0) + 1)
        }
      }
      const samplers: Array<Sampler<Sensor.LiveSensor<number>>> = []
      for (let n = 0; n < 10_000; n++) {
        const sensor = yield* Sensor.LiveSensor.make(Sensor.make(`s${n}`, { type: Arg.Float }))
        const sampler = Sampler.make(sensor, Strategy.period("1 second"), receiver)
        sampler.start()
        samplers.push(sampler)
      }
      assert.strictEqual(timers.size, 10_000)
      yield* TestClock.adjust("5500 millis")
      assert.deepStrictEqual([...new Set(counts.values())], [6])
      for (const sampler of samplers.slice(100)) sampler.stop()
      assert.strictEqual(timers.size, 100)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual([counts.get("s99"), counts.get("s100")], [7, 6])
      for (const sampler of samplers) sampler.stop()
      assert.strictEqual(timers.size, 0)
    })
  )
})

it.live(
  "in real time a period is kept, and never early (P-220)",
  Effect.fnUntraced(function* () {
    const timers = yield* Timers.make
    const sensor = yield* Sensor.LiveSensor.make(Sensor.make("x", { type: Arg.Float }))
    const times: Array<number> = []
    const start = timers.now()
    const sampler = Sampler.make(sensor, Strategy.period("20 millis"), {
      timers,
      report: () => {
        times.push(timers.now() - start)
      }
    })
    yield* Effect.callback<void>((resume) => {
      sampler.start()
      const over = new Noting(() => resume(Effect.void))
      timers.set(over, start + 211)
    })
    sampler.stop()
    assert.strictEqual(timers.size, 0)
    // a busy machine may skip some
    assert.isAtMost(times.length, 11)
    assert.isAtLeast(times.length, 3)
    for (const [tick, time] of times.entries()) assert.isAtLeast(time, tick * 20 - 0.001)
  })
)
