import * as Effect from "effect/Effect"
import type { KatcpError } from "../../Message/index.ts"
import { Strategy } from "../../Sampling/index.ts"
import type { Connection } from "../connection/Connection.ts"
import { plain } from "../requests/AnswerDecoder.ts"
import { byName, type Calls } from "../requests/Calls.ts"
import { concurrencyOf } from "./concurrency.ts"
import type { Subscription } from "./Subscription.ts"
import type { Subscriptions } from "./Subscriptions.ts"

const sensorSampling = byName("sensor-sampling", plain)
/**
 * The largest number of sensors in one request. Measured on our server: 10,000 sensors take it 9 ms, so a request
 * occupies its device for some 2 ms; aiokatcp takes some 40 times as long (bench/RESULTS.md).
 */
export const bulkSize = 2000
/**
 * The largest number of characters of the names in one request. Not measured: half of the smallest known line limit of
 * a server.
 */
const bulkLength = 65536

/** Sensors that get the same strategy. */
interface Batch {
  readonly strategy: Strategy.Strategy
  readonly all: Array<Subscription>
}

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
          answered ? Effect.void : Effect.forEach(halves(batch), set, { concurrency, discard: true })
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
      const answer = (what: "take" | "refuse" | "neither"): void => {
        answered = true
        for (let at = 0; at < all.length; at++) {
          const subscription = all[at]!
          // the answer of an earlier connection does not count
          if (what !== "neither" && connection.alive) subscription[what](strategy)
          // the connection was lost meanwhile: the request is dropped
          if (subscriptions.settle(subscription)) subscriptions.check(subscription)
        }
      }
      for (let at = 0; at < all.length; at++) subscriptions.ask(all[at]!)
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

  /** Returns the subscriptions that are due, in batches of one strategy, as large as requests may be. */
  private batches(connection: Connection): ReadonlyArray<Batch> {
    const { bulkSampling } = connection.protocol
    const batches: Array<Batch> = []
    const open = new Map<string, { readonly batch: Batch; length: number }>()
    let key = ""
    let former: Subscription | undefined
    const { due } = this.subscriptions
    for (let subscription = due.first; subscription !== undefined; subscription = subscription.after) {
      const { sensor, wanted: strategy } = subscription
      // names of a list are separated by commas
      if (!bulkSampling || sensor.name.includes(",")) {
        batches.push({ strategy, all: [subscription] })
        continue
      }
      // parameters may depend on the sensor's type
      if (former?.wanted !== strategy || former.sensor.definition.type !== sensor.definition.type)
        key = Strategy.format(strategy, sensor.definition, connection.dialect).join(" ")
      former = subscription
      let group = open.get(key)
      if (group === undefined || group.batch.all.length >= bulkSize || group.length > bulkLength) {
        group = { batch: { strategy, all: [subscription] }, length: 0 }
        open.set(key, group)
        batches.push(group.batch)
      } else group.batch.all.push(subscription)
      group.length += sensor.name.length + 1
    }
    return batches
  }
}

const halves = ({ all, strategy }: Batch): ReadonlyArray<Batch> => [
  { strategy, all: all.slice(0, all.length >> 1) },
  { strategy, all: all.slice(all.length >> 1) }
]
