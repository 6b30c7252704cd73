/**
 * The answers to all queries, computed the naive way: a log of readings in the order in which they came, looked through
 * from its beginning for each query. Shares nothing with the archive but types and the limits of time. Times in
 * microseconds.
 */
import type { Status } from "../../src/Sensor/index.ts"

export type Value = number | bigint | boolean | string

export interface Logged {
  readonly device: string
  readonly sensor: string
  readonly type: string
  readonly units: string
  /** The sensor's own time. */
  readonly own: number
  readonly received: number
  readonly status: Status
  readonly value: Value
}

export interface Filed extends Logged {
  readonly time: number
  readonly replaced: number
}

export interface LoggedGap {
  readonly device: string
  readonly sensor: string
  readonly from: number
  readonly to: number | null
  readonly reason: "away" | "removed" | "off" | "lost"
  readonly lost: number
}

export const seriesOf = (entry: Pick<Logged, "device" | "sensor" | "type" | "units">) =>
  [entry.device, entry.sensor, entry.type, entry.units].join(" ")

/** The time that a reading is filed under: its own, unless that is a minute ahead or a day behind. */
const filedAt = ({ own, received }: Logged): number =>
  own - received > 60e6 || received - own > 86_400e6 ? received : own

/** The valid readings: for each series at each time the last one, with the number of different ones before it. */
export const standing = (log: ReadonlyArray<Logged>): ReadonlyArray<Filed> => {
  const before = folded.get(log)
  if (before?.length === log.length) return before.standing
  const standing = fold(log)
  folded.set(log, { length: log.length, standing })
  return standing
}

/** The log grows at its end, and each query looks at all of it: what it came to is kept until then. */
const folded = new WeakMap<ReadonlyArray<Logged>, { length: number; standing: ReadonlyArray<Filed> }>()

const fold = (log: ReadonlyArray<Logged>): ReadonlyArray<Filed> => {
  const found = new Map<string, Filed>()
  for (const entry of log) {
    const time = filedAt(entry)
    const key = `${seriesOf(entry)} ${time}`
    const before = found.get(key)
    if (before === undefined) found.set(key, { ...entry, time, replaced: 0 })
    else if (!(Object.is(before.value, entry.value) && before.status === entry.status))
      found.set(key, { ...entry, time, replaced: before.replaced + 1 })
  }
  return [...found.values()].sort((one, other) => one.time - other.time)
}

export const raw = (log: ReadonlyArray<Logged>, series: string, from: number, to: number): ReadonlyArray<Filed> =>
  standing(log).filter((entry) => seriesOf(entry) === series && entry.time >= from && entry.time < to)

const severity: ReadonlyArray<Status> = ["inactive", "nominal", "unknown", "warn", "error", "unreachable", "failure"]
const valid = ({ status, value }: Filed) =>
  ["nominal", "warn", "error"].includes(status) && !(typeof value === "number" && Number.isNaN(value))
const asNumber = (value: Value): number | undefined => (typeof value === "string" ? undefined : Number(value))

export interface NaiveBucket {
  readonly time: number
  readonly count: number
  readonly valid: number
  readonly min: number | undefined
  readonly max: number | undefined
  readonly mean: number | undefined
  readonly first: Value | undefined
  readonly last: Value | undefined
  readonly worst: Status
}

export const buckets = (
  log: ReadonlyArray<Logged>,
  series: string,
  begin: number,
  width: number,
  count: number
): ReadonlyArray<NaiveBucket> => {
  const found: Array<NaiveBucket> = []
  for (let at = 0; at < count; at++) {
    const time = begin + at * width
    const entries = raw(log, series, time, time + width)
    if (entries.length === 0) continue
    const good = entries.filter(valid)
    const numbers = good.map(({ value }) => asNumber(value)).filter((number) => number !== undefined)
    found.push({
      time,
      count: entries.length,
      valid: good.length,
      min: numbers.length === 0 ? undefined : Math.min(...numbers),
      max: numbers.length === 0 ? undefined : Math.max(...numbers),
      mean: numbers.length === 0 ? undefined : numbers.reduce((sum, number) => sum + number, 0) / numbers.length,
      first: good[0]?.value,
      last: good.at(-1)?.value,
      worst: severity[Math.max(...entries.map(({ status }) => severity.indexOf(status)))]!
    })
  }
  return found
}

const hidden = (gaps: ReadonlyArray<LoggedGap>, device: string, sensor: string, time: number) =>
  gaps.filter(
    (gap) =>
      gap.reason !== "lost" &&
      (gap.device === "" || gap.device === device) &&
      (gap.sensor === "" || gap.sensor === sensor) &&
      gap.from <= time &&
      (gap.to === null || time < gap.to)
  )

/** The state of a sensor at a time. Among series of one name, the later one in `order` counts at equal times. */
export const at = (
  log: ReadonlyArray<Logged>,
  gaps: ReadonlyArray<LoggedGap>,
  device: string,
  sensor: string,
  time: number,
  order: ReadonlyArray<string>
): { readonly entry: Filed | undefined; readonly status: Status; readonly since: number | undefined } => {
  const entry = standing(log)
    .filter((entry) => entry.device === device && entry.sensor === sensor && entry.time <= time)
    .sort((one, other) => one.time - other.time || order.indexOf(seriesOf(one)) - order.indexOf(seriesOf(other)))
    .at(-1)
  const gap = hidden(gaps, device, sensor, time).sort(
    (one, other) => other.from - one.from || rank(one) - rank(other)
  )[0]
  if (gap === undefined) return { entry, status: entry?.status ?? "unknown", since: entry?.time }
  return { entry, status: gap.reason === "away" ? "unreachable" : "unknown", since: gap.from }
}

const rank = (gap: LoggedGap) => ["away", "removed", "off"].indexOf(gap.reason)

/** How long each state lasted, looked at edge by edge. */
export const states = (
  log: ReadonlyArray<Logged>,
  gaps: ReadonlyArray<LoggedGap>,
  device: string,
  sensor: string,
  from: number,
  to: number,
  order: ReadonlyArray<string>
): { readonly states: ReadonlyMap<Value, { micros: number; entered: number }>; readonly unknown: number } => {
  const times = standing(log)
    .filter((entry) => entry.device === device && entry.sensor === sensor)
    .map(({ time }) => time)
  const edges = [from, ...times, ...gaps.flatMap((gap) => [gap.from, gap.to ?? to])]
    .filter((edge) => edge >= from && edge < to)
    .sort((one, other) => one - other)
  const found = new Map<Value, { micros: number; entered: number }>()
  let unknown = 0
  let last: Value | undefined
  const all = [...new Set(edges)]
  all.forEach((edge, index) => {
    const length = (all[index + 1] ?? to) - edge
    const { entry } = at(log, gaps, device, sensor, edge, order)
    const known =
      hidden(gaps, device, sensor, edge).length === 0 &&
      entry !== undefined &&
      ["nominal", "warn", "error"].includes(entry.status) &&
      ["discrete", "boolean", "lru", "string"].includes(entry.type)
    const state = known ? entry.value : undefined
    if (state === undefined) unknown += length
    else {
      const one = found.get(state) ?? { micros: 0, entered: 0 }
      found.set(state, one)
      one.micros += length
      if (last !== state) one.entered++
    }
    last = state
  })
  return { states: found, unknown }
}
