/**
 * Writes many rows. One statement takes 50 rows at a time: calls into SQLite cost as much as the rows (measured: 1.5 M
 * rows a second one by one, 2.9 M in twenties, 3.2 M in fifties). Numbers are bound as doubles, which columns of type
 * `integer` store as integers. NaN is bound as null.
 */
import type { SQLInputValue } from "node:sqlite"
import type { Batch } from "../../model/Batch.ts"
import type { Connection } from "./connection.ts"
import type { Packed } from "./Packed.ts"
import type { MinuteRow } from "./Tables.ts"

/** The rows of one statement. Measured: a hundred are not faster. */
const together = 50

/** The action for an existing row of the same series and time: the rule of `model/Row.ts`. */
const upsert = `on conflict(series, time) do update set lag = excluded.lag, status = excluded.status,
  value = excluded.value, text = excluded.text, epoch = excluded.epoch, replaced = replaced + excluded.replaced + 1
  where iif(excluded.lag between -60000000 and 86400000000, excluded.lag, 0)
    >= iif(lag between -60000000 and 86400000000, lag, 0)
  and not (excluded.status = status and excluded.value is value and excluded.text is text)`

const sqlOf = (table: string, row: string, count: number, conflict: string): string =>
  `insert into ${table}(series, time, lag, status, value, text, replaced, epoch) values ${Array(count).fill(row).join(",")} ${conflict}`

/** Calls a function with the parameters of fifty rows at a time, then of one at a time. */
const inFifties = (
  length: number,
  width: number,
  fill: (into: Array<SQLInputValue>, from: number, at: number) => void,
  run: (count: number, parameters: Array<SQLInputValue>) => void
): void => {
  const many = new Array<SQLInputValue>(together * width)
  let at = 0
  for (; at + together <= length; at += together) {
    for (let row = 0; row < together; row++) fill(many, row * width, at + row)
    run(together, many)
  }
  const one = new Array<SQLInputValue>(width)
  for (; at < length; at++) {
    fill(one, 0, at)
    run(1, one)
  }
}

/** Inserts summaries of minutes into their table, replacing existing ones. */
export const insertMinutes = (connection: Connection, span: number, rows: ReadonlyArray<MinuteRow>): void =>
  inFifties(
    rows.length,
    10,
    (into, from, at) => {
      const row = rows[at]!
      for (let column = 0; column < 10; column++) into[from + column] = row[column]!
    },
    (count, parameters) => connection.statement(minutesOf(span, count)).run(...parameters)
  )

const minutesOf = (span: number, count: number): string =>
  `insert or replace into minute_${span} values ${Array(count).fill("(?,?,?,?,?,?,?,?,?,?)").join(",")}`

/** Appends readings to an append table. */
export const appendBatch = (connection: Connection, table: string, batch: Batch): void => {
  const { lag, series, status, textAt, texts, time, value } = batch
  const hasText = texts.length > 0
  const row = `(?,?,?,?,?,${hasText ? "?" : "null"},0,${batch.epoch ?? "null"})`
  const statements = new Map([1, together].map((count) => [count, connection.statement(sqlOf(table, row, count, ""))]))
  let text = 0
  inFifties(
    batch.length,
    hasText ? 6 : 5,
    (into, from, at) => {
      into[from] = series[at]!
      into[from + 1] = time[at]!
      into[from + 2] = lag[at]!
      into[from + 3] = status[at]!
      into[from + 4] = value[at]!
      if (hasText) into[from + 5] = textAt[text] === at ? (texts[text++] ?? null) : null
    },
    (count, parameters) => statements.get(count)!.run(...parameters)
  )
}

/** Inserts sorted rows into a table. With `settle`, existing rows of the same series and time count. */
export const insertPacked = (connection: Connection, table: string, rows: Packed, settle: boolean): void => {
  const { epochAt, epochs, lag, plain, replaced, series, status, textAt, texts, time, value } = rows
  const row = plain ? "(?,?,?,?,?,null,0,null)" : "(?,?,?,?,?,?,?,?)"
  const conflict = settle ? upsert : ""
  const statements = new Map(
    [1, together].map((count) => [count, connection.statement(sqlOf(table, row, count, conflict))])
  )
  let text = 0
  let epoch = 0
  inFifties(
    rows.length,
    plain ? 5 : 8,
    (into, from, at) => {
      into[from] = series[at]!
      into[from + 1] = time[at]!
      into[from + 2] = lag[at]!
      into[from + 3] = status[at]!
      into[from + 4] = value[at]!
      if (plain) return
      into[from + 5] = textAt[text] === at ? (texts[text++] ?? null) : null
      into[from + 6] = replaced[at]!
      into[from + 7] = epochAt[epoch] === at ? (epochs[epoch++] ?? null) : null
    },
    (count, parameters) => statements.get(count)!.run(...parameters)
  )
}
