import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Step from "./Step.ts"

/**
 * The faults that a test can apply to live connections. Each effect acts at once when it runs.
 *
 * @category models
 * @since 0.1.0
 */
export abstract class Controls {
  /** Applies a fault now. */
  abstract apply(fault: Step.Fault): Effect.Effect<void>

  /** See {@link Step.hang}: nothing more is delivered. */
  hang(direction?: Step.Direction): Effect.Effect<void> {
    return this.apply(Step.hang(direction))
  }

  /** See {@link Step.resume}: held bytes are delivered. */
  resume(direction?: Step.Direction): Effect.Effect<void> {
    return this.apply(Step.resume(direction))
  }

  /** See {@link Step.delay}: everything arrives later, by the Clock. */
  delay(duration: Duration.Input, direction?: Step.Direction): Effect.Effect<void> {
    return this.apply(Step.delay(duration, direction))
  }

  /** See {@link Step.split}: bytes arrive in pieces of these sizes. */
  split(sizes: ReadonlyArray<number>, direction?: Step.Direction): Effect.Effect<void> {
    return this.apply(Step.split(sizes, direction))
  }

  /** See {@link Step.insert}: bytes arrive that were not sent. */
  insert(data: string | Uint8Array, direction?: Step.Direction): Effect.Effect<void> {
    return this.apply(Step.insert(data, direction))
  }

  /** See {@link Step.cut}: the connection ends as if each end had closed it. */
  get cut(): Effect.Effect<void> {
    return this.apply(Step.cut)
  }

  /** See {@link Step.reset}: the connection ends by a RST. */
  get reset(): Effect.Effect<void> {
    return this.apply(Step.reset)
  }
}
