import type { Batch } from "katcp/Archive"

/** The time of the first reading, in microseconds since 1970: a whole minute. */
export const begin = 1_800_000_000_000_000
/** Microseconds between two readings of a sensor. */
export const second = 1_000_000
/** Microseconds of a minute. */
export const minute = 60 * second

/**
 * Readings of many sensors, one a second each, in order of arrival: random walks, with slightly irregular times. The
 * readings are the same in every run.
 */
export class Source {
  readonly #sensors: number
  readonly #values: Float64Array
  #random = 12345
  /** The number of readings so far. */
  count = 0

  constructor(sensors: number) {
    this.#sensors = sensors
    this.#values = Float64Array.from({ length: sensors }, (_, at) => at / 7)
  }

  #next(): number {
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0
    return this.#random / 4_294_967_296
  }

  /** The time of the newest reading, in microseconds. */
  get now(): number {
    return begin + Math.floor(this.count / this.#sensors) * second
  }

  /** Returns the next reading of a sensor: its time, and its value. */
  reading(sensor: number, at: number): readonly [time: number, lag: number, value: number] {
    const value = (this.#values[sensor]! += this.#next() - 0.5)
    return [begin + at * second + Math.floor(this.#next() * 900_000), 1000 + Math.floor(this.#next() * 4000), value]
  }

  /** Fills a batch with the next readings. */
  fill(batch: Batch): void {
    const { lag, length, series, status, time, value } = batch
    for (let at = 0; at < length; at++) {
      const sensor = this.count % this.#sensors
      const [when, late, number] = this.reading(sensor, Math.floor(this.count / this.#sensors))
      series[at] = sensor + 1
      time[at] = when
      lag[at] = late
      status[at] = 1
      value[at] = number
      this.count++
    }
  }
}

/** Returns a batch with room for this many readings. */
export const batchOf = (length: number): Batch => ({
  length,
  series: new Int32Array(length),
  time: new Float64Array(length),
  lag: new Float64Array(length),
  status: new Uint8Array(length),
  value: new Float64Array(length),
  textAt: [],
  texts: [],
  epoch: null
})

/** Returns the definitions of this many sensors: the first has the number 1. */
export const definitions = (count: number) =>
  Array.from({ length: count }, (_, at) => ({
    device: `m${String(Math.floor(at / 100)).padStart(3, "0")}`,
    sensor: `rx.s${at % 100}`,
    type: "float",
    units: "K",
    description: "",
    parameters: [],
    since: begin
  }))

/** Prints a line for the harness. */
export const put = (line: object): void => console.log(JSON.stringify(line))

/** Returns the median. */
export const middle = (values: ReadonlyArray<number>): number =>
  [...values].sort((one, other) => one - other)[values.length >> 1]!
