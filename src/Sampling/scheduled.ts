import type * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { Arg } from "../Codec/index.ts"
import type { Reading } from "../Sensor/index.ts"
import { differs } from "./differs.ts"
import type { Source } from "./Sampler.ts"
import type { DifferentialRate, EventRate, Period, Strategy } from "./strategy/Strategy.ts"
import { schedule } from "./strategy/schedule.ts"

/** Watches a source until the scope closes. */
const watched = <A>(
  source: Source<A>,
  update: (reading: Reading<A>) => void,
  ended: () => void
): Effect.Effect<unknown, never, Scope.Scope> => {
  const observer = { update, ended }
  return Effect.acquireRelease(
    Effect.sync(() => source.attach(observer)),
    () => Effect.sync(() => source.detach(observer))
  )
}

/** The strategies that have a Schedule. */
type Scheduled = Period | EventRate | DifferentialRate

/** Returns `true` if a strategy has a Schedule. */
export const isScheduled = (strategy: Strategy | Arg.Invalid): strategy is Scheduled =>
  "_tag" in strategy &&
  (strategy._tag === "Period" || strategy._tag === "EventRate" || strategy._tag === "DifferentialRate")

/**
 * Reports the readings of a source to a queue by the Schedule of a strategy, until the scope closes or the source ends.
 * The reports and their times are those of the strategy's `Machine`. Each stream has its own fiber: to sample
 * thousands, share `Timers`.
 */
export const report = Effect.fnUntraced(
  function* <A>(
    reports: Queue.Queue<Reading<A>, Cause.Done>,
    source: Source<A>,
    strategy: Scheduled,
    bufferSize: number
  ) {
    const end = () => Queue.endUnsafe(reports)
    if (source.ended) return end()
    if (strategy._tag === "Period") {
      yield* watched(source, () => {}, end)
      const look = Effect.sync(() => Queue.offerUnsafe(reports, source.reading))
      return yield* Effect.repeat(look, schedule(strategy))
    }
    const difference = "difference" in strategy ? strategy.difference : undefined
    const step = yield* Schedule.toStep(schedule(strategy))
    const readings = yield* Queue.sliding<Reading<A>>(bufferSize)
    let sent = source.reading
    yield* watched(source, (reading) => Queue.offerUnsafe(readings, reading), end)
    const change = Effect.repeat(Queue.take(readings), {
      until: (reading) => differs(source.definition, difference, sent, reading)
    })
    for (;;) {
      Queue.offerUnsafe(reports, sent)
      const [, longest] = yield* step(0, false)
      const changed = yield* Effect.timeoutOption(change, longest)
      if (Option.isSome(changed)) {
        const [, left] = yield* step(0, true)
        if (Duration.isZero(left)) {
          sent = changed.value
          continue
        }
        yield* Effect.sleep(left)
        // the newest reading is reported, changed or not, and earlier ones are dropped (P-225)
      }
      yield* Queue.clear(readings)
      sent = source.reading
    }
  },
  Effect.catch(() => Effect.void)
)
