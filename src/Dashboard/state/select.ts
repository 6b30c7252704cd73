/** Selects and sorts the sensors of a table. */
import type { Row } from "./Sensors.ts"
import { gravityOf, noReading } from "./status.ts"

/** The filter of a table. */
export interface Filter {
  /** Words that the name or description must contain, in any case. */
  readonly text: string
  /** Codes of the status; empty for all. */
  readonly codes: ReadonlyArray<number>
  /** The device; empty for all. */
  readonly device: string
}

/** The columns of a table. */
export const columns = ["status", "name", "value", "units", "updated", "type", "description"] as const

/** A column of a table. */
export type Column = (typeof columns)[number]

/** The order of a table. */
export interface Order {
  readonly by: Column
  readonly descending: boolean
}

/** Returns the rows that match a filter, in their order. */
export const filtered = (rows: ReadonlyArray<Row>, { codes, device, text }: Filter): ReadonlyArray<Row> => {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0 && codes.length === 0 && device === "") return rows
  return rows.filter(
    (row) =>
      (device === "" || row.device === device) &&
      (codes.length === 0 || codes.includes(row.code)) &&
      words.every((word) => row.searched.includes(word))
  )
}

/** Sorts rows, which are in the order of their names. Equal rows keep their order. */
export const sorted = (rows: ReadonlyArray<Row>, { by, descending }: Order): ReadonlyArray<Row> => {
  if (by === "name") return descending ? rows.toReversed() : rows
  const compare = comparisons[by]
  return rows.toSorted((one, other) => {
    // rows without a value stay at the end in both directions
    if (by === "value" || by === "updated") {
      const empty = isEmpty(one, by) ? (isEmpty(other, by) ? 0 : 1) : isEmpty(other, by) ? -1 : undefined
      if (empty !== undefined) return empty
    }
    return descending ? compare(other, one) : compare(one, other)
  })
}

/** `true` if the order changes with readings. */
export const isLive = ({ codes }: Filter, { by }: Order): boolean =>
  codes.length > 0 || by === "status" || by === "value" || by === "updated"

const isEmpty = (row: Row, by: Column): boolean => (by === "value" ? row.value === null : row.code === noReading)

const compareText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)

const comparisons: Readonly<Record<Exclude<Column, "name">, (one: Row, other: Row) => number>> = {
  status: (one, other) => gravityOf(one.code) - gravityOf(other.code),
  units: (one, other) => compareText(one.units, other.units),
  type: (one, other) => compareText(one.type, other.type),
  description: (one, other) => compareText(one.description, other.description),
  // the newest first
  updated: (one, other) => other.time - one.time,
  value: (one, other) => {
    const [left, right] = [one.value, other.value]
    const numbers = [typeof left, typeof right].map((type) => type === "number" || type === "boolean")
    if (numbers[0] && numbers[1]) return Number(left) - Number(right)
    if (numbers[0] !== numbers[1]) return numbers[0] ? -1 : 1
    return compareText(String(left), String(right))
  }
}
