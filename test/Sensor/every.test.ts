import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import { Strategy } from "katcp/Sampling"
import * as Sensor from "katcp/Sensor"
import { matching } from "../../src/Sensor/filter.ts"
import { withSetClock } from "../Testing/setClock.ts"

const hour = 3_600_000

/** The times of a schedule's runs, in monotonic milliseconds; `work` is how long each run takes. */
const runs = Effect.fnUntraced(function* (
  schedule: ReturnType<typeof Sensor.every>,
  work: (run: number) => Effect.Effect<void>
) {
  const times: Array<number> = []
  const run = Effect.gen(function* () {
    times.push(Number(yield* Clock.monotonicTimeNanos) / 1e6)
    yield* work(times.length)
  })
  yield* Effect.forkChild(Effect.repeat(run, schedule), { startImmediately: true })
  return times
})

describe("every", () => {
  it.effect(
    "recurs at multiples of the interval; after a long run once at once, then at the multiples",
    Effect.fnUntraced(function* () {
      const times = yield* runs(Sensor.every("1 second"), (run) => (run === 2 ? Effect.sleep(2500) : Effect.void))
      yield* TestClock.adjust("6 seconds")
      assert.deepStrictEqual(times, [0, 1000, 3500, 4000, 5000, 6000])
    })
  )

  it.effect(
    "recurs at once if a run ends at the next multiple",
    Effect.fnUntraced(function* () {
      const times = yield* runs(Sensor.every("1 second"), (run) => (run === 2 ? Effect.sleep(1000) : Effect.void))
      yield* TestClock.adjust("4 seconds")
      assert.deepStrictEqual(times, [0, 1000, 2000, 3000, 4000])
    })
  )

  for (const [name, schedule] of [
    ["Sensor.every", Sensor.every("1 second")],
    ["Strategy.schedule", Strategy.schedule(Strategy.period("1 second"))]
  ] as const)
    it.effect(`keeps its rate when the host's clock is set back or forward (${name})`, () =>
      withSetClock(
        Effect.fnUntraced(function* (clock) {
          const times = yield* runs(schedule, (run) =>
            Effect.sync(() => clock.shift(run === 3 ? -hour - 300 : run === 6 ? 2 * hour : 0))
          )
          yield* clock.adjust("8 seconds")
          assert.deepStrictEqual(times, [0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000])
        })
      )
    )

  it("refuses an interval that is not more than 0", () => {
    for (const interval of [0, Number.NaN]) assert.throws(() => Sensor.every(interval), RangeError)
  })
})

describe("a clock that is set while a filter is matched", () => {
  it.effect("is not mistaken for a slow filter", () =>
    withSetClock(
      Effect.fnUntraced(function* (clock) {
        const filter = {
          _tag: "Pattern",
          pattern: "7$",
          cost: 10,
          matches: (name: string) => {
            clock.shift(hour)
            return name.endsWith("7")
          }
        } as const
        const found = yield* matching(
          filter,
          Array.from({ length: 2000 }, (_, at) => ({ name: `s${at}` }))
        )
        assert.strictEqual(found.length, 200)
      })
    )
  )
})
