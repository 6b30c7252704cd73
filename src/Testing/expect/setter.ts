import * as Effect from "effect/Effect"
import type { KatcpError, RequestFailed, RequestInvalid } from "../../Message/index.ts"
import { ExpectationFailed } from "../ExpectationFailed.ts"
import type { WithinOptions } from "../Journal.ts"
import { type AnySensor, shownValue } from "../readings.ts"
import type { ToleranceOptions } from "./matching.ts"
import { fails } from "./reply.ts"
import { becomes } from "./sensors.ts"

/**
 * The values to try a request with.
 *
 * @category models
 * @since 0.1.0
 */
export interface Tried<A> extends ToleranceOptions, WithinOptions {
  /** Accepted values: the sensor must then have them, within the time of {@link becomes}. */
  readonly good?: ReadonlyArray<A> | undefined
  /** Refused values. */
  readonly bad?: ReadonlyArray<A> | undefined
}

/**
 * Expects a request to set a sensor to the good values, one after another, and to refuse the bad ones.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Arg, Interface, Request, RequestInvalid, Sensor } from "katcp"
 * import { connect, Expect } from "katcp/Testing"
 *
 * class Attenuator extends Interface.make("attenuator").add(
 *   Request.make("attenuate", { doc: "Set it.", args: { dB: Arg.SafeInt } }),
 *   Sensor.make("attenuation", { type: Arg.SafeInt, units: "dB" })
 * ) {}
 * const AttenuatorLive = Attenuator.toLayer(
 *   Effect.map(Attenuator.sensors, ({ attenuation }) => ({
 *     attenuate: ({ dB }: { readonly dB: number }) =>
 *       dB < 0 ? Effect.fail(new RequestInvalid({ message: "negative" })) : attenuation.set(dB)
 *   }))
 * )
 *
 * const test = Effect.gen(function* () {
 *   const { client } = yield* connect(Attenuator, AttenuatorLive)
 *   yield* Expect.setter((dB) => client.request.attenuate({ dB }), client.sensor.attenuation, { good: [3, 0], bad: [-1] })
 * })
 * await Effect.runPromise(Effect.scoped(test))
 * ```
 *
 * @category sensors
 * @since 0.1.0
 */
export const setter = <A, R>(
  request: (value: A) => Effect.Effect<unknown, RequestFailed | RequestInvalid | KatcpError, R>,
  sensor: AnySensor<A>,
  { bad = [], good = [], ...options }: Tried<NoInfer<A>>
): Effect.Effect<void, ExpectationFailed, R> =>
  Effect.gen(function* () {
    for (const value of good) {
      yield* Effect.mapError(
        request(value),
        ({ message }) =>
          new ExpectationFailed({
            what: `setting ${sensor.name} to ${shownValue(value)}`,
            expected: "ok",
            actual: message
          })
      )
      yield* becomes(sensor, { value, tolerance: options.tolerance }, options)
    }
    for (const value of bad)
      yield* Effect.mapError(
        fails(request(value)),
        ({ actual, expected }) =>
          new ExpectationFailed({ what: `setting ${sensor.name} to ${shownValue(value)}`, expected, actual })
      )
  })
