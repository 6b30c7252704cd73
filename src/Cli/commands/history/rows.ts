/** Answers of an archive in the output forms of commands. */
import type { ArchivedReading, Bucket, Gap, Moment, Series, Value } from "../../../Archive/index.ts"
import { type Status, statuses } from "../../../Sensor/index.ts"
import type { Rows } from "../../show/printing.ts"
import type { Cell, Fields } from "../../show/Template.ts"
import { timeText, type Zone } from "../../show/time.ts"

/** A value as text. */
export const textOf = (value: Value | undefined): string =>
  value === undefined ? "" : typeof value === "boolean" ? (value ? "1" : "0") : String(value)

const code = (status: Status): number => statuses.indexOf(status)
const nothing: Cell = { text: "" }
const number = (value: number | undefined): Cell =>
  value === undefined ? nothing : { text: `${value}`, number: value }
const value = (value: Value | undefined): Cell => ({
  text: textOf(value),
  number: typeof value === "number" ? value : undefined
})

/** A reading with its series. */
export interface Read {
  readonly series: Series
  readonly reading: ArchivedReading
}

/** Readings, in the form of `katcp monitor --json`, which `katcp archive import` reads. */
export const readRows = (zone: Zone): Rows<Read> => {
  const fields: Fields<Read> = {
    device: ({ series }) => ({ text: series.device }),
    name: ({ series }) => ({ text: series.sensor }),
    type: ({ series }) => ({ text: series.type }),
    units: ({ series }) => ({ text: series.units }),
    value: ({ reading }) => value(reading.value),
    status: ({ reading }) => ({ text: reading.status }),
    code: ({ reading }) => number(code(reading.status)),
    timestamp: ({ reading }) => number(reading.timestamp),
    received: ({ reading }) => number(reading.received),
    replaced: ({ reading }) => number(reading.replaced),
    time: ({ reading }) => ({ text: timeText(reading.timestamp, zone) })
  }
  return {
    fields,
    columns: ["device", "name", "type", "units", "value", "status", "code", "timestamp", "received", "replaced"],
    json: ({ reading, series }) => ({
      name: series.sensor,
      type: series.type,
      ...(series.units === "" ? {} : { units: series.units }),
      value: reading.value,
      status: reading.status,
      timestamp: reading.timestamp,
      device: series.device,
      code: code(reading.status),
      received: reading.received,
      ...(reading.replaced === 0 ? {} : { replaced: reading.replaced })
    })
  }
}

/** A bucket with its series. */
export interface Summed {
  readonly series: Series
  readonly bucket: Bucket
}

export const bucketRows = (zone: Zone): Rows<Summed> => ({
  fields: {
    device: ({ series }) => ({ text: series.device }),
    name: ({ series }) => ({ text: series.sensor }),
    units: ({ series }) => ({ text: series.units }),
    time: ({ bucket }) => ({ text: timeText(bucket.time, zone) }),
    timestamp: ({ bucket }) => number(bucket.time),
    count: ({ bucket }) => number(bucket.count),
    valid: ({ bucket }) => number(bucket.valid),
    min: ({ bucket }) => number(bucket.min),
    max: ({ bucket }) => number(bucket.max),
    mean: ({ bucket }) => number(bucket.mean),
    first: ({ bucket }) => value(bucket.first),
    last: ({ bucket }) => value(bucket.last),
    worst: ({ bucket }) => ({ text: bucket.worst })
  },
  columns: ["device", "name", "timestamp", "count", "valid", "min", "max", "mean", "first", "last", "worst"],
  json: ({ bucket: { time, ...bucket }, series }) => ({
    device: series.device,
    name: series.sensor,
    ...(series.units === "" ? {} : { units: series.units }),
    timestamp: time,
    ...bucket
  })
})

/** The state of a sensor at a time. */
export const momentRows = (zone: Zone): Rows<Moment> => ({
  fields: {
    device: ({ device }) => ({ text: device }),
    name: ({ sensor }) => ({ text: sensor }),
    units: ({ series }) => ({ text: series?.units ?? "" }),
    value: ({ reading }) => value(reading?.value),
    status: ({ status }) => ({ text: status }),
    code: ({ status }) => number(code(status)),
    timestamp: ({ reading }) => number(reading?.timestamp),
    since: ({ since }) => (since === undefined ? nothing : { text: timeText(since, zone), number: since }),
    gap: ({ gap }) => ({ text: gap?.reason ?? "" })
  },
  columns: ["device", "name", "units", "value", "status", "code", "timestamp", "since", "gap"],
  json: ({ device, gap, reading, sensor, series, since, status }) => ({
    name: sensor,
    ...(series === undefined ? {} : { type: series.type }),
    ...(series === undefined || series.units === "" ? {} : { units: series.units }),
    ...(reading === undefined ? {} : { value: reading.value, timestamp: reading.timestamp }),
    status,
    device,
    code: code(status),
    ...(since === undefined ? {} : { since }),
    ...(gap === undefined ? {} : { gap: gap.reason })
  })
})

/** The time of a sensor in a state; without a state, the time of an unknown state. */
export interface Lasted {
  readonly device: string
  readonly sensor: string
  readonly state: Value | undefined
  readonly seconds: number
  readonly entered: number | undefined
}

export const stateRows: Rows<Lasted> = {
  fields: {
    device: ({ device }) => ({ text: device }),
    name: ({ sensor }) => ({ text: sensor }),
    state: ({ state }) => value(state),
    seconds: ({ seconds }) => number(seconds),
    entered: ({ entered }) => number(entered)
  },
  columns: ["device", "name", "state", "seconds", "entered"],
  json: ({ device, entered, seconds, sensor, state }) => ({
    device,
    name: sensor,
    ...(state === undefined ? { unknown: true } : { state }),
    seconds,
    ...(entered === undefined ? {} : { entered })
  })
}

export const gapRows: Rows<Gap> = {
  fields: {
    reason: ({ reason }) => ({ text: reason }),
    device: ({ device }) => ({ text: device }),
    name: ({ sensor }) => ({ text: sensor }),
    from: ({ from }) => number(from / 1e6),
    to: ({ to }) => (to === null ? nothing : number(to / 1e6)),
    lost: ({ lost }) => number(lost)
  },
  columns: ["reason", "device", "name", "from", "to", "lost"],
  json: ({ device, from, lost, reason, sensor, to }) => ({
    reason,
    ...(device === "" ? {} : { device }),
    ...(sensor === "" ? {} : { name: sensor }),
    from: from / 1e6,
    ...(to === null ? {} : { to: to / 1e6 }),
    ...(lost === 0 ? {} : { lost })
  })
}
