import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import type { KatcpError } from "../../Message/index.ts"
import type { Strategy } from "../../Sampling/index.ts"
import type { LiveSensor } from "../../Sensor/index.ts"
import { Losses } from "../connection/Losses.ts"
import type { Matcher } from "./filter.ts"
import type { Mirror } from "./Mirror.ts"
import type { RemoteReading } from "./RemoteReading.ts"
import type { Want } from "./Want.ts"

/**
 * An event of the sensors that a client watches. A sensor whose description changes is `Removed` and `Added`. The
 * description is `sensor.definition`: the device's, with the type of the contract if the contract has the sensor.
 *
 * @category models
 * @since 0.1.0
 */
export type SensorEvent =
  | { readonly _tag: "Added"; readonly sensor: LiveSensor<unknown> }
  | { readonly _tag: "Removed"; readonly sensor: LiveSensor<unknown> }
  | { readonly _tag: "Reading"; readonly sensor: LiveSensor<unknown>; readonly reading: RemoteReading<unknown> }

/** The sensors to watch, the strategy, and the number of events that may wait for a slow reader. */
export interface Watched {
  readonly matcher: Matcher
  readonly strategy: Strategy.Strategy
  readonly capacity: number
}

/** Streams the events of sensors. A reader that is too slow loses the oldest events, which are counted. */
export const eventsOf = (mirror: Mirror, watched: Watched): Stream.Stream<SensorEvent, KatcpError> =>
  fromReceiver(mirror, watched, (offer: (event: SensorEvent) => void) => ({
    added: (sensor) => offer({ _tag: "Added", sensor }),
    removed: (sensor) => offer({ _tag: "Removed", sensor }),
    reading: (sensor, reading) => offer({ _tag: "Reading", sensor, reading })
  }))

/** Streams the readings of sensors. */
export const readingsOf = (mirror: Mirror, watched: Watched): Stream.Stream<RemoteReading<unknown>, KatcpError> =>
  fromReceiver(mirror, watched, (offer) => ({ reading: (_, reading) => offer(reading) }))

const fromReceiver = <A>(
  mirror: Mirror,
  { capacity, matcher, strategy }: Watched,
  make: (offer: (value: A) => void) => NonNullable<Want["receiver"]>
): Stream.Stream<A, KatcpError> =>
  Stream.callback<A, KatcpError>(
    (queue) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          const losses = new Losses(mirror.anomalies, "sensor-status")
          const receiver = make((value) => {
            if (Queue.isFullUnsafe(queue)) losses.one()
            Queue.offerUnsafe(queue, value)
          })
          const want: Want = { matcher, strategy, receiver }
          const forget = mirror.whenClosed((error) => {
            if (error === undefined) Queue.endUnsafe(queue)
            else Queue.failCauseUnsafe(queue, Cause.fail(error))
          })
          mirror.add(want)
          return () => {
            losses.report()
            forget()
            mirror.remove(want)
          }
        }),
        (release) => Effect.sync(release)
      ),
    { bufferSize: capacity, strategy: "sliding" }
  )

/**
 * Waits for the first reading that a function accepts. Returns `undefined` if the client is closed first. Misses no
 * reading.
 */
export const firstOf = (
  mirror: Mirror,
  { matcher, strategy }: Pick<Watched, "matcher" | "strategy">,
  holds: (sensor: LiveSensor<unknown>, reading: RemoteReading<unknown>) => boolean
): Effect.Effect<RemoteReading<unknown> | undefined, KatcpError> => {
  const wait = Effect.sync(() => {
    const found = Deferred.makeUnsafe<RemoteReading<unknown> | undefined, KatcpError>()
    const reading = (sensor: LiveSensor<unknown>, reading: RemoteReading<unknown>): void => {
      try {
        if (holds(sensor, reading)) Deferred.doneUnsafe(found, Exit.succeed(reading))
      } catch (defect) {
        Deferred.doneUnsafe(found, Exit.die(defect))
      }
    }
    const want: Want = { matcher, strategy, receiver: { reading } }
    const forget = mirror.whenClosed((error) =>
      Deferred.doneUnsafe(found, error === undefined ? Exit.succeed(undefined) : Exit.fail(error))
    )
    mirror.add(want)
    return { forget, found, want }
  })
  return Effect.acquireUseRelease(
    wait,
    ({ found }) => Deferred.await(found),
    ({ forget, want }) =>
      Effect.sync(() => {
        forget()
        mirror.remove(want)
      })
  )
}
