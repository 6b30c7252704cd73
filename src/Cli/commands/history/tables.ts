/** The tables of `katcp history` for people. */
import type { Gap, Moment } from "../../../Archive/index.ts"
import type { Output } from "../../show/Output.ts"
import { statusCell } from "../../show/sensors.ts"
import type { Cell, Column } from "../../show/table.ts"
import { timeText, type Zone } from "../../show/time.ts"
import { type Lasted, type Read, type Summed, textOf } from "./rows.ts"

/** A table: its columns, and the cells of a row. */
export interface Table<A> {
  readonly columns: ReadonlyArray<Column>
  readonly cells: (row: A) => ReadonlyArray<Cell>
}

type Paint = Output["Service"]["paint"]

const sensor: Column = { title: "sensor" }
const valueColumn: Column = { title: "value", shrinks: "first" }
const units: Column = { title: "units" }
const right = (title: string): Column => ({ title, right: true })

/** A number with a readable number of digits. */
const shorter = (value: number | undefined): string => (value === undefined ? "" : `${Number(value.toPrecision(7))}`)

export const readTable = (zone: Zone, now: number, paint: Paint): Table<Read> => ({
  columns: [{ title: "time" }, sensor, valueColumn, units, { title: "status" }],
  cells: ({ reading, series }) => [
    { text: timeText(reading.timestamp, zone, now) },
    { text: `${series.device}/${series.sensor}` },
    { text: textOf(reading.value) },
    { text: series.units },
    statusCell(reading.status, paint)
  ]
})

export const momentTable = (zone: Zone, now: number, paint: Paint): Table<Moment> => ({
  columns: [sensor, valueColumn, units, { title: "status" }, { title: "since" }, { title: "gap" }],
  cells: ({ device, gap, reading, sensor, series, since, status }) => [
    { text: `${device}/${sensor}` },
    { text: textOf(reading?.value) },
    { text: series?.units ?? "" },
    statusCell(status, paint),
    { text: since === undefined ? "" : timeText(since, zone, now) },
    { text: gap?.reason ?? "" }
  ]
})

/** `span`: the length of the query, in seconds. */
export const stateTable = (span: number, paint: Paint): Table<Lasted> => ({
  columns: [sensor, { title: "state", shrinks: "first" }, right("seconds"), right("part"), right("entered")],
  cells: ({ device, entered, seconds, sensor, state }) => [
    { text: `${device}/${sensor}` },
    state === undefined ? { text: "not known", show: (text) => paint("grey", text) } : { text: textOf(state) },
    { text: seconds.toFixed(1) },
    { text: `${((100 * seconds) / span).toFixed(1)} %` },
    { text: entered === undefined ? "" : `${entered}` }
  ]
})

export const gapTable = (zone: Zone, now: number): Table<Gap> => ({
  columns: [{ title: "why" }, { title: "what" }, { title: "from" }, { title: "to" }, right("lost")],
  cells: ({ device, from, lost, reason, sensor, to }) => [
    { text: reason },
    { text: device === "" ? "all" : sensor === "" ? device : `${device}/${sensor}` },
    { text: timeText(from / 1e6, zone, now) },
    { text: to === null ? "" : timeText(to / 1e6, zone, now) },
    { text: lost === 0 ? "" : `${lost}` }
  ]
})

export const bucketTable = (zone: Zone, now: number, paint: Paint): Table<Summed> => ({
  columns: [
    { title: "time" },
    sensor,
    right("readings"),
    right("min"),
    right("mean"),
    right("max"),
    { ...right("last"), shrinks: "first" },
    units,
    { title: "worst" }
  ],
  cells: ({ bucket, series }) => [
    { text: timeText(bucket.time, zone, now) },
    { text: `${series.device}/${series.sensor}` },
    { text: `${bucket.count}` },
    ...[bucket.min, bucket.mean, bucket.max].map((value): Cell => ({ text: shorter(value) })),
    { text: typeof bucket.last === "number" ? shorter(bucket.last) : textOf(bucket.last) },
    { text: series.units },
    statusCell(bucket.worst, paint)
  ]
})
