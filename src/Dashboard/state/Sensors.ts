/**
 * The sensors known to the page: a row for each, by `device/name`. A row outlives the connection: without the gateway,
 * names and last values stay, and the page marks them.
 *
 * Rows are objects that change in place; `apply` returns the changed ones. A view follows the rows that it shows
 * (`follow`), and `structure` counts how often rows were added, removed or redefined.
 */
import type { Data, Meta, Value } from "../frames.ts"
import { noReading } from "./status.ts"

/** A sensor. */
export interface Row {
  readonly key: string
  readonly device: string
  readonly name: string
  /** The key for natural order: `rx2` before `rx10`. */
  readonly order: string
  /** For searches: name and description in lower case. */
  searched: string
  type: string
  units: string
  description: string
  parameters: ReadonlyArray<string>
  /** The code of the status, or -1 without a reading. */
  code: number
  value: Value | null
  /** The time of the reading, in seconds since 1970, by the clock of the device; `NaN` without a reading. */
  time: number
  /** The last connection that described the row. */
  connection: number
  /** `true` while a subscription follows it. */
  live: boolean
  /** `false` once the device has removed it. */
  exists: boolean
  /** The views of the row. */
  followers: Set<(row: Row) => void> | undefined
}

/** Returns a key for natural order: each number has eight digits. */
const orderOf = (key: string): string => key.replace(/\d{1,8}/g, (digits) => digits.padStart(8, "0"))

/** The rows. */
export class Sensors {
  readonly rows = new Map<string, Row>()
  /** The number of times that rows were added, removed or redefined. */
  structure = 0
  /** Rows by their index on this connection. */
  readonly #indices = new Map<number, Row>()
  #connection = 0
  #ordered: ReadonlyArray<Row> = []
  /** Rows that `#ordered` does not have yet. */
  #added: Array<Row> = []
  /** `true` if `#ordered` has rows that were removed. */
  #hasRemoved = false

  /** Begins a connection: the indices of the one before are invalid. */
  begin(): void {
    this.#connection++
    this.#indices.clear()
    for (const row of this.rows.values()) row.live = false
  }

  /** The connection is lost: no row is live any more. */
  end(): void {
    for (const row of this.rows.values()) row.live = false
  }

  /**
   * Applies a frame; adds the changed rows to `changed`. `isMeant` returns `true` for a row in a subscription: if such
   * a row is gone, its device has removed it. Otherwise the page only stops following it.
   */
  apply(data: Data, isMeant: (row: Row) => boolean, changed: Set<Row>): void {
    const removed = new Map<Row, number>()
    if (data.gone !== undefined)
      for (const index of data.gone) {
        const row = this.#indices.get(index)
        if (row === undefined) continue
        row.live = false
        changed.add(row)
        if (isMeant(row)) removed.set(row, index)
      }
    if (data.meta !== undefined && data.meta.length > 0) {
      for (const meta of data.meta) {
        const row = this.#define(meta)
        changed.add(row)
        const before = removed.get(row)
        // a redefined sensor: the row stays
        if (before !== undefined) {
          this.#indices.delete(before)
          removed.delete(row)
        }
      }
      this.structure++
    }
    for (const [row, index] of removed) {
      this.#indices.delete(index)
      this.#remove(row)
    }
    if (data.d !== undefined)
      for (const [index, time, code, value] of data.d) {
        const row = this.#indices.get(index)
        if (row === undefined) continue
        row.live = true
        row.code = time === null ? noReading : code
        row.value = value
        row.time = time === null ? Number.NaN : data.time + time / 1000
        changed.add(row)
      }
  }

  #define([index, device, name, type, units, description, parameters]: Meta): Row {
    const key = `${device}/${name}`
    let row = this.rows.get(key)
    if (row === undefined) {
      row = {
        key,
        device,
        name,
        order: orderOf(key),
        searched: "",
        type,
        units,
        description,
        parameters,
        code: noReading,
        value: null,
        time: Number.NaN,
        connection: this.#connection,
        live: true,
        exists: true,
        followers: undefined
      }
      this.rows.set(key, row)
      this.#added.push(row)
    } else if (row.type !== type) {
      row.code = noReading
      row.value = null
      row.time = Number.NaN
    }
    row.type = type
    row.units = units
    row.description = description
    row.parameters = parameters
    row.searched = `${key}\n${description}`.toLowerCase()
    row.connection = this.#connection
    row.live = true
    this.#indices.set(index, row)
    return row
  }

  #remove(row: Row): void {
    this.rows.delete(row.key)
    row.exists = false
    row.live = false
    this.structure++
    this.#hasRemoved = true
  }

  /** The number of these rows that this connection has described. */
  told(isMeant: (row: Row) => boolean): number {
    let count = 0
    for (const row of this.rows.values()) if (row.connection === this.#connection && isMeant(row)) count++
    return count
  }

  /** Removes the rows that this connection has not described: devices no longer have them. */
  removeUntold(isMeant: (row: Row) => boolean, changed: Set<Row>): void {
    for (const row of [...this.rows.values()])
      if (row.connection !== this.#connection && isMeant(row)) {
        this.#remove(row)
        changed.add(row)
      }
  }

  /** Removes the rows of a device that the site no longer has. */
  removeDevice(device: string, changed: Set<Row>): void {
    for (const row of [...this.rows.values()])
      if (row.device === device) {
        this.#remove(row)
        changed.add(row)
      }
  }

  /**
   * All rows by name; the same array until rows are added or removed. Sorts only the added rows: 100,000 rows in 40
   * frames would be sorted 40 times.
   */
  get ordered(): ReadonlyArray<Row> {
    if (this.#added.length > 0 || this.#hasRemoved) {
      const added = this.#added.filter(({ exists }) => exists).sort(byOrder)
      const known = this.#hasRemoved ? this.#ordered.filter(({ exists }) => exists) : this.#ordered
      this.#ordered = merged(known, added)
      this.#added = []
      this.#hasRemoved = false
    }
    return this.#ordered
  }
}

const byOrder = (one: Row, other: Row): number => (one.order < other.order ? -1 : one.order > other.order ? 1 : 0)

/** Returns the rows of two sorted arrays as one sorted array. */
const merged = (one: ReadonlyArray<Row>, other: ReadonlyArray<Row>): ReadonlyArray<Row> => {
  if (one.length === 0) return other
  if (other.length === 0) return one
  const all: Array<Row> = []
  let at = 0
  for (const row of other) {
    while (at < one.length && byOrder(one[at]!, row) <= 0) all.push(one[at++]!)
    all.push(row)
  }
  for (; at < one.length; at++) all.push(one[at]!)
  return all
}

/** Calls `use` whenever the row has changed, until the result is called. */
export const follow = (row: Row, use: (row: Row) => void): (() => void) => {
  row.followers ??= new Set()
  row.followers.add(use)
  return () => {
    row.followers?.delete(use)
  }
}
