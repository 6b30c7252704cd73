import type * as Sensor from "../../Sensor/index.ts"
import { codeOf } from "../../Site/index.ts"
import { hasCourse, numberOf } from "../show/numbers.ts"
import type { Shown } from "../show/reading.ts"
import { valueText } from "../show/sensors.ts"
import { marks } from "./marks.ts"
import { firstAfter, type Series } from "./Series.ts"

/**
 * Readings kept for a sensor, 140 kB. Measured: a plot of 26 sensors with this many readings each takes 9 ms in 80
 * columns and 24 lines, and 60 ms in 400 columns and 100 lines; the latter has ten readings for each column of dots.
 */
export const keptReadings = 8192
/** Distinct states of a band; all others are shown as one. Not measured: a line cannot show more. */
const maxStates = 256
const otherState = "…"
/** Characters of a state or a value that are kept. Not measured: no terminal has more columns. */
const maxCharacters = 1024

/**
 * The readings of one sensor within a fixed amount of memory. A repeated reading takes none. When the memory is full,
 * readings of equal status are thinned: of four in a row the smallest and the largest value stay, so no extreme is
 * lost. If the status changes too often for that, the oldest quarter is dropped and counted.
 */
export class History implements Series {
  readonly label: string
  readonly units: string
  readonly kind: Series["kind"]
  length = 0
  readonly times: Float64Array
  readonly values: Float64Array
  readonly codes: Uint8Array
  latest = ""
  /** The number of dropped readings. */
  dropped = 0
  private readonly names: Array<string> = []
  private readonly places = new Map<string, number>()

  private readonly sensor: Sensor.Any
  private timestamp = Number.NaN

  constructor(label: string, sensor: Sensor.Any, capacity = keptReadings) {
    this.label = label
    this.sensor = sensor
    const { sensorType } = sensor.type
    // times are numbers on their own scale
    this.units = sensorType === "timestamp" && sensor.units === "" ? "s since 1970" : sensor.units
    this.kind = sensorType === "boolean" ? "switch" : hasCourse(sensor) || sensorType === "timestamp" ? "line" : "band"
    this.times = new Float64Array(capacity)
    this.values = new Float64Array(capacity)
    this.codes = new Uint8Array(capacity)
  }

  /** Returns `true` if the readings belong to this sensor, which another of the same name may have replaced. */
  isOf(sensor: Sensor.Any): boolean {
    return this.sensor === sensor
  }

  /** Returns `true` if a reading with this time is newer than the previous one; `false` for the first. */
  isNewTime(timestamp: number): boolean {
    return !Number.isNaN(this.timestamp) && timestamp !== this.timestamp
  }

  get states(): ReadonlyArray<string> {
    return this.names
  }

  /**
   * Adds a reading at a time in seconds. A reading that is older than the previous one still counts as the newest, at
   * its time of arrival.
   */
  add({ reading, received, sensor }: Shown, time: number): void {
    if (reading === undefined) return
    this.timestamp = reading.timestamp
    this.latest = valueText(sensor, reading.value).slice(0, maxCharacters)
    const value = this.kind === "band" ? this.placeOf(this.latest) : numberOf(reading.value)
    const code = codeOf(reading.status)
    const last = this.length - 1
    if (last >= 0 && this.codes[last] === code && Object.is(this.values[last], value)) return
    const before = last < 0 ? Number.NEGATIVE_INFINITY : this.times[last]!
    this.push(time >= before ? time : Math.max(before, received), value, code)
  }

  /** Drops readings that are not needed from `from` on. */
  trim(from: number): void {
    this.forget(Math.max(0, firstAfter(this, from) - 1))
  }

  private push(time: number, value: number, code: number): void {
    if (this.length === this.times.length) this.thin()
    this.times[this.length] = time
    this.values[this.length] = value
    this.codes[this.length] = code
    this.length++
  }

  private thin(): void {
    const count = this.length
    this.length = 0
    // the first one stays: the line begins there
    this.keep(0)
    for (let at = 1; at < count; ) {
      const four = Math.min(4, this.runFrom(at, count))
      if (four < 4) {
        this.keep(at++)
        continue
      }
      let [least, greatest] = [at, at]
      for (let one = at + 1; one < at + 4; one++) {
        if (this.values[one]! < this.values[least]!) least = one
        if (this.values[one]! > this.values[greatest]!) greatest = one
      }
      this.keep(Math.min(least, greatest))
      // all four are never equal, because repeated readings are not kept
      this.keep(Math.max(least, greatest))
      at += 4
    }
    if (this.length > (count * 3) / 4) {
      const oldest = Math.ceil(count / 4)
      this.dropped += oldest
      this.forget(oldest)
    }
  }

  /** Returns the number of readings from one on with the same valid status and a number. */
  private runFrom(at: number, count: number): number {
    const code = this.codes[at]!
    if (!marks[code]!.isValid || this.kind === "band") return 1
    let end = at
    while (end < count && end < at + 4 && this.codes[end] === code && !Number.isNaN(this.values[end]!)) end++
    return end - at
  }

  private keep(at: number): void {
    this.times[this.length] = this.times[at]!
    this.values[this.length] = this.values[at]!
    this.codes[this.length] = this.codes[at]!
    this.length++
  }

  private forget(count: number): void {
    if (count === 0) return
    for (const column of [this.times, this.values, this.codes]) column.copyWithin(0, count, this.length)
    this.length -= count
  }

  private placeOf(state: string): number {
    const known = this.places.get(state)
    if (known !== undefined) return known
    if (this.names.length === maxStates) return this.placeOf(otherState)
    this.names.push(this.names.length === maxStates - 1 ? otherState : state)
    const place = this.names.length - 1
    this.places.set(this.names[place]!, place)
    return place
  }
}
