import * as Effect from "effect/Effect"
import type { Client } from "../Client.ts"
import { isConnected } from "../connection/State.ts"
import { matcherOf, type SensorFilter } from "../sensors/filter.ts"
import type { SamplingState } from "../sensors/Subscription.ts"
import { until } from "./until.ts"

/**
 * The outcome of setting a strategy for a sensor: see `SamplingState`.
 *
 * @category models
 * @since 0.1.0
 */
export type Outcome = SamplingState

/** Milliseconds after which an unanswered request is `Pending`. Not measured: the timeout of a request by default. */
const answerWait = 5000

// biome-ignore lint/suspicious/noExplicitAny: none of this depends on the contract
type AnyClient = Pick<Client<any, any>, "device" | "isConnected" | "samplingOf" | "state" | "synced">

/** Waits until the device has answered, or cannot be reached. Returns the outcomes of setting strategies, by sensor. */
export const outcomesOf = (client: AnyClient, filter: SensorFilter): Effect.Effect<ReadonlyMap<string, Outcome>> =>
  Effect.gen(function* () {
    if (client.isConnected) {
      const lost = until(client.state, (state) => !isConnected(state))
      yield* Effect.timeoutOption(Effect.exit(Effect.raceFirst(client.synced, lost)), answerWait)
    }
    const { matches } = matcherOf(filter)
    const outcomes = new Map<string, Outcome>()
    for (const name of client.device.sensors.names) {
      const outcome = matches(name) ? client.samplingOf(name) : undefined
      if (outcome !== undefined) outcomes.set(name, outcome)
    }
    return outcomes
  })
