import * as Effect from "effect/Effect"
import type { KatcpError } from "../../Message/index.ts"
import { Strategy } from "../../Sampling/index.ts"
import type { Connection } from "../connection/Connection.ts"
import { plain } from "../requests/AnswerDecoder.ts"
import { byName, type Calls } from "../requests/Calls.ts"
import { type Batch, Batches } from "./Batches.ts"
import { concurrencyOf } from "./concurrency.ts"
import type { Subscriptions } from "./Subscriptions.ts"

const sensorSampling = byName("sensor-sampling", plain)

/** Sends the `?sensor-sampling` requests that give each sensor the strategy that it should have (Rev 5.1 §7.1). */
export class SamplingRequests {
  private readonly calls: Calls
  private readonly subscriptions: Subscriptions
  /** In milliseconds. */
  private readonly timeout: number

  constructor(calls: Calls, subscriptions: Subscriptions, timeout: number) {
    this.calls = calls
    this.subscriptions = subscriptions
    this.timeout = timeout
  }

  /** Sets all strategies that are due, as far as the device accepts them. Fails if it does not answer. */
  reconcile(connection: Connection): Effect.Effect<void, KatcpError> {
    return Effect.suspend(() => {
      const concurrency = concurrencyOf(connection)
      const set = (batch: Batch): Effect.Effect<void, KatcpError> =>
        Effect.flatMap(this.request(connection, batch), (answered) =>
          // one sensor that the device refuses fails the whole request
          answered ? Effect.void : Effect.forEach(batch.halves, set, { concurrency, discard: true })
        )
      const batches = this.batches(connection)
      // usually one: it needs no fiber of its own
      return batches.length === 1 ? set(batches[0]!) : Effect.forEach(batches, set, { concurrency, discard: true })
    })
  }

  /** Requests the strategy of a batch. Returns `false` if the device refuses it and may accept it for some of the sensors. */
  private request(connection: Connection, { all, strategy }: Batch): Effect.Effect<boolean, KatcpError> {
    return Effect.suspend(() => {
      const { calls, subscriptions, timeout } = this
      const { sensor } = all[0]!
      let answered = false
      // `forEach`: see `Mirrored.add`
      const answer = (what: "take" | "refuse" | "neither"): void => {
        answered = true
        all.forEach((subscription) => {
          // the answer of an earlier connection does not count
          if (what !== "neither" && connection.alive) subscription[what](strategy)
          // the connection was lost meanwhile: the request is dropped
          if (subscriptions.settle(subscription)) subscriptions.check(subscription)
        })
      }
      all.forEach((subscription) => {
        subscriptions.ask(subscription)
      })
      const names = all.map((subscription) => subscription.sensor.name).join(",")
      const parameters = Strategy.format(strategy, sensor.definition, connection.dialect)
      return Effect.matchEffect(calls.gatherOn(connection, sensorSampling, [names, ...parameters], { timeout }), {
        onSuccess: () => {
          answer("take")
          return Effect.succeed(true)
        },
        onFailure: (error) => {
          if (error._tag === "KatcpError") return Effect.fail(error)
          if (all.length > 1) return Effect.succeed(false)
          answer("refuse")
          if (strategy._tag !== "None") subscriptions.refused(sensor, strategy, error.message)
          return Effect.succeed(true)
        }
      }).pipe(Effect.ensuring(Effect.sync(() => (answered ? undefined : answer("neither")))))
    })
  }

  /** Returns the subscriptions that are due, in batches of one strategy. */
  private batches(connection: Connection): ReadonlyArray<Batch> {
    const batches = new Batches(connection)
    const { all } = batches
    const { due } = this.subscriptions
    for (let subscription = due.first; subscription !== undefined; subscription = subscription.after)
      batches.add(subscription)
    return all
  }
}
