import { Strategy } from "../../Sampling/index.ts"
import type { Connection } from "../connection/Connection.ts"
import type { Subscription } from "./Subscription.ts"

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

/** Sensors that get the same strategy in one request. */
export class Batch {
  readonly strategy: Strategy.Strategy
  readonly all: Array<Subscription> = []
  /** The number of characters of the names. */
  private length = 0

  constructor(strategy: Strategy.Strategy) {
    this.strategy = strategy
  }

  get isFull(): boolean {
    return this.all.length >= bulkSize || this.length > bulkLength
  }

  add(subscription: Subscription): void {
    this.all.push(subscription)
    this.length += subscription.sensor.name.length + 1
  }

  /** Returns two batches of half of the sensors each. */
  get halves(): ReadonlyArray<Batch> {
    const middle = this.all.length >> 1
    return [this.part(0, middle), this.part(middle, this.all.length)]
  }

  private part(start: number, end: number): Batch {
    const part = new Batch(this.strategy)
    for (let at = start; at < end; at++) part.add(this.all[at]!)
    return part
  }
}

/**
 * Puts subscriptions into batches, as large as requests may be. {@link add} is a function of its own, apart from its
 * rare cases: V8 then compiles the loop that calls it without them. Measured: together they took TurboFan 26 ms in the first
 * mirror of 10,000 sensors.
 */
export class Batches {
  readonly all: Array<Batch> = []
  private readonly connection: Connection
  private readonly bulkSampling: boolean
  /** By the text of the strategy, those that take further subscriptions. */
  private readonly open = new Map<string, Batch>()
  /** The batch of the former subscription. */
  private batch: Batch | undefined = undefined
  private former: Subscription | undefined = undefined

  constructor(connection: Connection) {
    this.connection = connection
    this.bulkSampling = connection.protocol.bulkSampling
  }

  add(subscription: Subscription): void {
    const { batch, former } = this
    if (batch === undefined || former === undefined || batch.isFull || !this.isLike(subscription, former))
      return this.place(subscription)
    batch.add(subscription)
    this.former = subscription
  }

  /** Returns `true` if two subscriptions may be in one batch. Parameters may depend on the sensor's type. */
  private isLike({ sensor, wanted }: Subscription, former: Subscription): boolean {
    return (
      wanted === former.wanted && sensor.definition.type === former.sensor.definition.type && !sensor.name.includes(",")
    )
  }

  private place(subscription: Subscription): void {
    const { sensor, wanted } = subscription
    // names of a list are separated by commas
    if (!this.bulkSampling || sensor.name.includes(",")) return this.begin(wanted).add(subscription)
    const key = Strategy.format(wanted, sensor.definition, this.connection.dialect).join(" ")
    let batch = this.open.get(key)
    if (batch === undefined || batch.isFull) {
      batch = this.begin(wanted)
      this.open.set(key, batch)
    }
    batch.add(subscription)
    this.batch = batch
    this.former = subscription
  }

  private begin(strategy: Strategy.Strategy): Batch {
    const batch = new Batch(strategy)
    this.all.push(batch)
    return batch
  }
}
