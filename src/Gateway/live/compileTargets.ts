import * as Effect from "effect/Effect"
import type { LiveLimits, Subscribe } from "./frames.ts"
import { type LiveTarget, liveTarget } from "./targets.ts"
import type { Subscription } from "./View.ts"

/**
 * Patterns of all pages together: each new sensor is matched against all of them. Not measured: 20 pages of 100 each.
 */
const mostPatterns = 2000

const patternsOf = (targets: ReadonlyArray<LiveTarget>): number =>
  targets.filter(({ exact }) => exact === undefined).length

/**
 * Compiles the targets of a subscription. Fails with the first malformed one, or with the exceeded limit, for people.
 */
export const compileTargets = (
  { sub, targets }: typeof Subscribe.Type,
  {
    limits,
    patternsOfAll,
    subscriptions
  }: {
    readonly limits: LiveLimits
    /** The subscriptions of the socket. One of the same number is replaced, and does not count. */
    readonly subscriptions: Iterable<Subscription>
    /** The patterns of all pages. */
    readonly patternsOfAll: number
  }
): Effect.Effect<ReadonlyArray<LiveTarget>, string> =>
  Effect.gen(function* () {
    const others = [...subscriptions].filter(({ id }) => id !== sub)
    if (others.length >= limits.subscriptions)
      return yield* Effect.fail(
        `a socket has at most ${limits.subscriptions} subscriptions; combine targets, or end other subscriptions`
      )
    const all = others.reduce((sum, { targets }) => sum + targets.length, targets.length)
    if (all > limits.targets)
      return yield* Effect.fail(
        `a socket has at most ${limits.targets} targets, and would have ${all}; write patterns, or open another socket`
      )
    const compiled = yield* Effect.forEach(targets, (text, at) =>
      Effect.mapError(liveTarget(text), (why) => `targets[${at}], ${JSON.stringify(text.slice(0, 100))}: ${why}`)
    )
    const own = patternsOf(compiled)
    const patterns = others.reduce((sum, { targets }) => sum + patternsOf(targets), own)
    if (patterns > limits.patterns)
      return yield* Effect.fail(
        `a socket has at most ${limits.patterns} globs and regular expressions, and would have ${patterns}; name the sensors, or combine patterns`
      )
    if (patternsOfAll + own > mostPatterns)
      return yield* Effect.fail(
        `all pages together have ${patternsOfAll} patterns, which is the limit; name the sensors`
      )
    return compiled
  })
