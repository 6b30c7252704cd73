import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type * as Scope from "effect/Scope"

/** A figure of an exporter: the name of its metric, a description, and a function that reads it. */
export type Figure = readonly [name: string, description: string, read: () => number]

/**
 * Registers figures as metrics of Effect, until the scope closes. Names that end in `_total` are counters. They are
 * computed on request.
 */
export const register = (
  figures: ReadonlyArray<Figure>,
  attributes: Readonly<Record<string, string>>
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const context = yield* Effect.context<never>()
    const ignored = { update: () => {}, modify: () => {} }
    for (const [name, description, read] of figures) {
      const registration = name.endsWith("_total")
        ? Metric.registerUnsafe(Metric.counter(name, { description, attributes, incremental: true }), context, {
            get: () => ({ count: read(), incremental: true }),
            ...ignored
          })
        : Metric.registerUnsafe(Metric.gauge(name, { description, attributes }), context, {
            get: () => ({ value: read() }),
            ...ignored
          })
      yield* Effect.addFinalizer(() => Effect.sync(() => registration.remove()))
    }
  })
