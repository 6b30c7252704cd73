import { existsSync } from "node:fs"
import { enoughText, maxGaps } from "../../model/bounds.ts"
import type { GapReason } from "../../model/Gap.ts"
import type { Row } from "../../model/Row.ts"
import type { Summary } from "../../model/Summary.ts"
import type { Text } from "../../model/Text.ts"
import type { RowsQuery, SeriesRow, StoreState, SummariesQuery } from "../../Store.ts"
import { Connection, refuseFolder } from "./connection.ts"
import { latestOf } from "./latest.ts"
import type { StoredGap, StoredSeries } from "./names.ts"
import { rowsOf } from "./rows.ts"
import { bytesOf } from "./Sealer.ts"
import { checkForReading } from "./schema.ts"
import { summariesOf } from "./summaries.ts"
import { before, View } from "./View.ts"

/** The series of a file, and a number that grows when they change. */
export interface SeriesOfFile {
  readonly edition: number
  /** Undefined if they are those of the edition that the caller knows already. */
  readonly series: ReadonlyArray<StoredSeries> | undefined
}

/** The connection for queries. Each query sees one state of the file. */
export class Reader {
  readonly #connection: Connection
  readonly #view: View

  constructor(path: string) {
    if (!existsSync(path)) throw new Error("there is no such file")
    refuseFolder(path)
    this.#connection = new Connection(path, { readOnly: true })
    checkForReading(this.#connection.db)
    this.#view = new View(this.#connection)
  }

  series({ edition: known }: { readonly edition: number | undefined }): SeriesOfFile {
    return this.#connection.snapshot(() => {
      const edition = this.#view.fact("series") ?? 0
      return { edition, series: edition === known ? undefined : this.#series() }
    })
  }

  #series(): ReadonlyArray<StoredSeries> {
    return this.#connection
      .all<[number, Text, Text, Text, Text, Text, string, number]>(
        "select id, device, sensor, type, units, description, parameters, since from series order by id"
      )
      .map(([id, device, sensor, type, units, description, parameters, since]) => ({
        id,
        device,
        sensor,
        type,
        units,
        description,
        parameters: JSON.parse(parameters) as ReadonlyArray<string>,
        since
      }))
  }

  gaps({ from, to }: { readonly from: number; readonly to: number }): ReadonlyArray<StoredGap> {
    return this.#connection
      .all<[Text, Text, number, number | null, GapReason, number]>(
        `select device, sensor, from_time, to_time, reason, lost from gap
         where from_time < ? and (to_time is null or to_time > ?) order by from_time, device, sensor limit ${maxGaps}`,
        to,
        from
      )
      .map(([device, sensor, from, to, reason, lost]) => ({
        device,
        sensor,
        from,
        to,
        reason,
        lost
      }))
  }

  rows(query: RowsQuery): ReadonlyArray<Row> {
    return this.#view.snapshot(() => rowsOf(this.#view, query, enoughText))
  }

  summaries(query: SummariesQuery): ReadonlyArray<Summary> {
    return this.#view.snapshot(() => summariesOf(this.#view, query))
  }

  latest({
    series,
    time
  }: {
    readonly series: ReadonlyArray<number>
    readonly time: number
  }): ReadonlyArray<SeriesRow> {
    return this.#view.snapshot(() => latestOf(this.#view, series, time))
  }

  state(_: undefined): Omit<StoreState, "address" | "kind"> {
    return this.#view.snapshot(() => {
      const { hot, rawFrom } = this.#view
      const sealed = this.#connection.get<[number | null]>("select sum(rows) from period")![0] ?? 0
      const last = hot.at(-1)
      const received =
        last === undefined || last.length === 0
          ? this.#view.fact("sealed_to")
          : this.#connection.get<[number]>(
              `select iif(lag between -60000000 and 86400000000, time + lag, time) from hot_${last.generation} order by rowid desc limit 1`
            )?.[0]
      const time = this.#view.fact("retention")
      return {
        version: Number(this.#connection.get<[number]>("pragma user_version")![0]),
        bytes: bytesOf(this.#connection),
        rows: sealed + hot.reduce((sum, { length }) => sum + length, 0),
        rawFrom,
        minuteFrom: this.#view.fact("minute_from") ?? before,
        lastReceived: received,
        alive: this.#view.fact("alive"),
        expired: this.#view.fact("expired") ?? 0,
        retention: time === undefined ? undefined : { time, held: this.#view.fact("held") ?? 0 }
      }
    })
  }

  /** Indexes new rows, a few at a time. */
  idle(): void {
    this.#view.idle()
  }

  close(): void {
    this.#connection.close()
  }
}
