import type { Text } from "./Text.ts"

/**
 * Readings on their way to a store, as columns: the changes of one chunk of a device's bytes, or of a second. Columns
 * move to a worker without a copy, and need no object for each reading.
 *
 * @category models
 * @since 0.1.0
 */
export interface Batch {
  /** The number of readings. Columns may be longer. */
  readonly length: number
  /** The numbers of the series. */
  readonly series: Int32Array<ArrayBuffer>
  /** The times that the readings are filed under, in microseconds since 1970-01-01 UTC. */
  readonly time: Float64Array<ArrayBuffer>
  /** The time of arrival, minus the sensor's own time, in microseconds. */
  readonly lag: Float64Array<ArrayBuffer>
  /** The code of the status, 0 to 6. */
  readonly status: Uint8Array<ArrayBuffer>
  /** The values as doubles; NaN also for other values. */
  readonly value: Float64Array<ArrayBuffer>
  /** The positions of the readings with a text, in ascending order. */
  readonly textAt: ReadonlyArray<number>
  /** The texts at those positions. */
  readonly texts: ReadonlyArray<Text>
  /** The epoch of the writer: a number that grows when another program takes over a device. */
  readonly epoch: number | null
}

/**
 * The largest difference by which the sensor's own time may be ahead of the time of arrival, in microseconds: one
 * minute. Not measured: synchronized clocks differ by milliseconds.
 */
const farAhead = 60_000_000
/**
 * The largest difference by which the sensor's own time may be behind the time of arrival, in microseconds: one day.
 * Not measured: readings that rarely change keep their old time.
 */
const farBehind = 86_400_000_000

/**
 * `true` if a reading with this lag is filed under its time of arrival, because the sensor's own time is more than a
 * minute ahead or more than a day behind. Otherwise a wrong clock would hide readings at times that nobody looks at.
 */
const isFar = (lag: number): boolean => lag < -farAhead || lag > farBehind

/** The sensor's own time of a filed reading. */
export const sensorTime = (time: number, lag: number): number => (isFar(lag) ? time - lag : time)
/** The time of arrival of a filed reading. */
export const receivedTime = (time: number, lag: number): number => (isFar(lag) ? time : time + lag)

/** Collects readings into batches. Two readings of one series never have the same time of arrival. */
export class BatchBuilder {
  #length = 0
  #series: Int32Array<ArrayBuffer>
  #time: Float64Array<ArrayBuffer>
  #lag: Float64Array<ArrayBuffer>
  #status: Uint8Array<ArrayBuffer>
  #value: Float64Array<ArrayBuffer>
  #textAt: Array<number> = []
  #texts: Array<Text> = []
  /** The epoch of its batches. */
  readonly epoch: number | null
  /** The last arrival of each series. */
  #last = new Float64Array(64)

  constructor(capacity = 1024, epoch: number | null = null) {
    this.epoch = epoch
    this.#series = new Int32Array(capacity)
    this.#time = new Float64Array(capacity)
    this.#lag = new Float64Array(capacity)
    this.#status = new Uint8Array(capacity)
    this.#value = new Float64Array(capacity)
  }

  /** The number of readings so far. */
  get length(): number {
    return this.#length
  }

  /** Adds a reading. Times are in microseconds since 1970. */
  add(series: number, own: number, received: number, status: number, value: number, text: Text | undefined): void {
    if (this.#length === this.#series.length) this.#grow(this.#length * 2)
    const came = this.#distinct(series, received)
    const lag = came - own
    const at = this.#length++
    this.#series[at] = series
    this.#time[at] = isFar(lag) ? came : own
    this.#lag[at] = lag
    this.#status[at] = status
    this.#value[at] = value
    if (text !== undefined) {
      this.#textAt.push(at)
      this.#texts.push(text)
    }
  }

  /** Returns the readings so far, and starts a new batch. */
  take(): Batch {
    const batch: Batch = {
      length: this.#length,
      series: this.#series,
      time: this.#time,
      lag: this.#lag,
      status: this.#status,
      value: this.#value,
      textAt: this.#textAt,
      texts: this.#texts,
      epoch: this.epoch
    }
    const capacity = this.#series.length
    this.#length = 0
    this.#series = new Int32Array(capacity)
    this.#time = new Float64Array(capacity)
    this.#lag = new Float64Array(capacity)
    this.#status = new Uint8Array(capacity)
    this.#value = new Float64Array(capacity)
    this.#textAt = []
    this.#texts = []
    return batch
  }

  /**
   * Readings of one chunk arrive at the same time. The data must keep their order, which decides between two readings
   * with the same time of the sensor: the later one counts as a microsecond later.
   */
  #distinct(series: number, received: number): number {
    if (series >= this.#last.length) {
      const larger = new Float64Array(Math.max(series + 1, this.#last.length * 2))
      larger.set(this.#last)
      this.#last = larger
    }
    const last = this.#last[series]!
    // a clock that was set back starts again
    const came = received <= last && last - received < 1000 ? last + 1 : received
    this.#last[series] = came
    return came
  }

  #grow(capacity: number): void {
    const grown = <A extends Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer> | Uint8Array<ArrayBuffer>>(
      larger: A,
      old: A
    ) => {
      larger.set(old)
      return larger
    }
    this.#series = grown(new Int32Array(capacity), this.#series)
    this.#time = grown(new Float64Array(capacity), this.#time)
    this.#lag = grown(new Float64Array(capacity), this.#lag)
    this.#status = grown(new Uint8Array(capacity), this.#status)
    this.#value = grown(new Float64Array(capacity), this.#value)
  }
}
