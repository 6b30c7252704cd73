import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Step from "./Step.ts"

/**
 * What a test can do to connections while they live. Each effect acts at once, when it is run.
 *
 * @category models
 * @since 0.1.0
 */
export abstract class Controls {
  /** Makes a fault happen now. */
  abstract apply(fault: Step.Fault): Effect.Effect<void>

  /** See {@link Step.hang}: nothing more is delivered. */
  hang(direction?: Step.Direction): Effect.Effect<void> {
    return this.apply(Step.hang(direction))
  }

  /** See {@link Step.resume}: what was held is delivered. */
  resume(direction?: Step.Direction): Effect.Effect<void> {
    return this.apply(Step.resume(direction))
  }

  /** See {@link Step.delay}: everything arrives that much later, by the Clock. */
  delay(duration: Duration.Input, direction?: Step.Direction): Effect.Effect<void> {
    return this.apply(Step.delay(duration, direction))
  }

  /** See {@link Step.split}: what arrives comes in pieces of these sizes. */
  split(sizes: ReadonlyArray<number>, direction?: Step.Direction): Effect.Effect<void> {
    return this.apply(Step.split(sizes, direction))
  }

  /** See {@link Step.insert}: bytes arrive that nobody has sent. */
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
