/**
 * Figures of the parts of a process: metrics of Effect, and sensors of a proxy.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import type * as Scope from "effect/Scope"
import type * as Sensor from "../Sensor/index.ts"

/**
 * A figure of a part of the process.
 *
 * @category models
 * @since 0.1.0
 */
export interface Figure {
  /** The sensor of a proxy for it: its name, type, units and description. */
  readonly sensor: Sensor.Any
  /** The name of the metric; without a name there is no metric. The value must be a number or a boolean then. */
  readonly metric?: string | undefined
  /** Returns the current value, of the sensor's type. It is called often. */
  readonly read: () => unknown
}

/**
 * The figures of the parts of a process. Parts add their own; proxies read all of them, once a second.
 *
 * @category services
 * @since 0.1.0
 */
export class Figures extends Context.Service<
  Figures,
  {
    /** Adds figures until the scope closes. */
    readonly add: (figures: ReadonlyArray<Figure>) => Effect.Effect<void, never, Scope.Scope>
    /** All current figures. */
    readonly all: () => ReadonlyArray<Figure>
  }
>()("katcp/Site/Figures") {
  /** No figures yet. */
  static readonly layer: Layer.Layer<Figures> = Layer.sync(Figures, () => {
    const lists = new Set<ReadonlyArray<Figure>>()
    return {
      add: (figures) =>
        Effect.gen(function* () {
          yield* Effect.acquireRelease(
            Effect.sync(() => lists.add(figures)),
            () => Effect.sync(() => lists.delete(figures))
          )
          yield* registerMetrics(figures)
        }),
      all: () => [...lists].flat()
    }
  })
}

/** Registers figures as metrics of Effect, which are computed on request. */
const registerMetrics = (figures: ReadonlyArray<Figure>): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const context = yield* Effect.context<never>()
    for (const { metric, read, sensor } of figures) {
      if (metric === undefined) continue
      const registration = Metric.registerUnsafe(Metric.gauge(metric, { description: sensor.doc }), context, {
        get: () => ({ value: Number(read()) }),
        update: () => {},
        modify: () => {}
      })
      yield* Effect.addFinalizer(() => Effect.sync(() => registration.remove()))
    }
  })
