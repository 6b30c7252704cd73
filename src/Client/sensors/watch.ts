import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import type { KatcpError } from "../../Message/index.ts"
import type { Strategy } from "../../Sampling/index.ts"
import type { LiveSensor } from "../../Sensor/index.ts"
import { Losses } from "../Losses.ts"
import { matcherOf, type SensorFilter } from "./filter.ts"
import type { Mirror } from "./Mirror.ts"
import type { RemoteReading } from "./RemoteReading.ts"
import type { Want } from "./Want.ts"

/**
 * What happens to the sensors that a client watches. The device's own description of one is `sensor.definition`.
 *
 * @category models
 * @since 0.1.0
 */
export type SensorEvent =
  | { readonly _tag: "Added"; readonly sensor: LiveSensor<unknown> }
  | { readonly _tag: "Removed"; readonly sensor: LiveSensor<unknown> }
  | { readonly _tag: "Reading"; readonly sensor: LiveSensor<unknown>; readonly reading: RemoteReading<unknown> }

/** Which sensors, and when to be told of them. */
export interface Watched {
  readonly filter: SensorFilter
  readonly strategy: Strategy.Strategy
  readonly capacity?: number | undefined
}

/** How many a reader may be behind by default. */
const kept = 65536

/** All that happens to the sensors. A reader that is too slow loses the oldest readings, which is counted. */
export const eventsOf = (
  mirror: Mirror,
  { capacity, filter, strategy }: Watched
): Stream.Stream<SensorEvent, KatcpError> =>
  fromReceiver(mirror, capacity, (offer: (event: SensorEvent) => void) => ({
    matcher: matcherOf(filter),
    strategy,
    receiver: {
      added: (sensor) => offer({ _tag: "Added", sensor }),
      removed: (sensor) => offer({ _tag: "Removed", sensor }),
      reading: (sensor, reading) => offer({ _tag: "Reading", sensor, reading })
    }
  }))

/** Their readings alone. */
export const readingsOf = (
  mirror: Mirror,
  { capacity, filter, strategy }: Watched
): Stream.Stream<{ readonly sensor: LiveSensor<unknown>; readonly reading: RemoteReading<unknown> }, KatcpError> =>
  fromReceiver(mirror, capacity, (offer) => ({
    matcher: matcherOf(filter),
    strategy,
    receiver: { reading: (sensor, reading) => offer({ sensor, reading }) }
  }))

const fromReceiver = <A>(
  mirror: Mirror,
  capacity: number | undefined,
  make: (offer: (value: A) => void) => Want
): Stream.Stream<A, KatcpError> =>
  Stream.callback<A, KatcpError>(
    (queue) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          const losses = new Losses(mirror.oddities, "sensor-status")
          const want = make((value) => {
            if (Queue.isFullUnsafe(queue)) losses.one()
            Queue.offerUnsafe(queue, value)
          })
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
    { bufferSize: capacity ?? kept, strategy: "sliding" }
  )
