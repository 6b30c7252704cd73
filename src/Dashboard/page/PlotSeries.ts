/** A sensor in a plot: its live readings in a ring, its history from the gateway. */

import type { Value } from "../frames.ts"
import { isNumeric, textOf } from "../state/format.ts"
import type { History } from "../state/History.ts"
import { noHistory } from "../state/History.ts"
import { Ring } from "../state/Ring.ts"
import { follow, type Row } from "../state/Sensors.ts"
import { live } from "./app.ts"

/** Live readings of a sensor in a plot. Measured: 17 bytes each, so eight sensors hold 2.7 MB; at 10 Hz they are half an hour, and the archive has the rest. */
const capacity = 20_000
/** Given by the archive: readings whose own time is further off than this, in seconds, count at the time of their arrival. */
const farOff = 60
/** The number of distinct states of a sensor. Not measured: a text that always changes is not a state. */
const mostStates = 10_000

/** A sensor in a plot. */
export class PlotSeries {
  readonly key: string
  history: History = noHistory
  /** Created with the first reading. */
  ring: Ring | undefined
  /** States by number, because the ring stores numbers. */
  #states: Array<string> = []
  #numbers = new Map<string, number>()
  #unfollow: (() => void) | undefined
  #row: Row | undefined
  /** Grows with each reading. */
  version = 0

  constructor(key: string) {
    this.key = key
  }

  /** The sensor, once it is known. */
  get row(): Row | undefined {
    const row = live.sensors.rows.get(this.key)
    if (row !== this.#row) {
      this.#unfollow?.()
      this.#row = row
      if (row !== undefined) {
        this.#unfollow = follow(row, this.#take)
        this.#take(row)
      }
    }
    return row
  }

  dispose(): void {
    this.#unfollow?.()
  }

  /** `true` if the sensor has numbers that make a line; others have states. */
  get isLine(): boolean {
    return this.#row !== undefined && isNumeric(this.#row.type)
  }

  readonly #take = (row: Row): void => {
    if (Number.isNaN(row.time)) return
    const now = live.clock.now ?? row.time
    const { until } = (this.ring ??= new Ring(capacity))
    let { time } = row
    // a repeated old reading is the same reading; the first may be old
    if (until !== undefined && time !== until && Math.abs(now - time) > farOff) time = now
    this.ring.push(Math.min(time, now), this.#numberOf(row.value), row.live ? row.code : noConnection)
    this.version++
  }

  #numberOf(value: Value | null): number {
    if (this.isLine) return typeof value === "number" ? value : Number(value ?? Number.NaN)
    const text = this.#textOf(value)
    let number = this.#numbers.get(text)
    if (number === undefined && this.#states.length < mostStates) {
      number = this.#states.length
      this.#states.push(text)
      this.#numbers.set(text, number)
    }
    return number ?? 0
  }

  #textOf(value: Value | null): string {
    return value === null
      ? ""
      : typeof value === "object" || typeof value === "string"
        ? textOf(value, 80)
        : String(value)
  }

  /** The text of a state: a value of the archive, or a number of the ring. */
  readonly stateOf = (value: Value | number | null, fromRing: boolean): string =>
    fromRing ? (this.#states[value as number] ?? "") : this.#textOf(value)
}

/** A code: without the gateway nothing is known. */
const noConnection = 0
