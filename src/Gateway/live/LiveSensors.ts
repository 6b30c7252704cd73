import { type Changes, codeOf, type Demand, type Row, type Table, valueJson } from "../../Site/index.ts"
import type { Watched } from "./View.ts"

/**
 * The longest reading whose text is kept for the next page, in characters. Not measured: numbers have some 30, and long
 * texts of many sensors would be stored twice.
 */
const longestKept = 4096

/**
 * A sensor in the form for pages: its index, and the JSON of its definition and newest reading, made once for all
 * pages.
 */
export class LiveSensor {
  /** No other sensor ever gets the same one. */
  readonly index: number
  readonly row: Row
  private readonly all = new Set<Watched>()
  private readonly demand: Demand | undefined
  /** Ends the demand for readings. */
  private release: (() => void) | undefined = undefined
  /** The status code for the counts. */
  code: number
  private metaText: string | undefined = undefined
  private encoded: Row["reading"] | null = null
  private tail = ""
  private time = Number.NaN
  private text = ""

  constructor(index: number, row: Row, demand: Demand | undefined) {
    this.index = index
    this.row = row
    this.demand = demand
    this.code = row.code
  }

  /** The pages that show it. */
  get watchers(): ReadonlySet<Watched> {
    return this.all
  }

  /** Adds a page that shows it. */
  watch(watched: Watched): void {
    this.all.add(watched)
    if (this.demand !== undefined) this.release ??= this.demand.need(this.row)
  }

  /** Removes a page that showed it. */
  unwatch(watched: Watched): void {
    this.all.delete(watched)
    if (this.all.size > 0) return
    this.release?.()
    this.release = undefined
  }

  /** `[index, device, name, type, units, description, parameters]`. */
  get meta(): string {
    if (this.metaText === undefined) {
      const { definition, device, name } = this.row
      const { doc, parameters, type, units } = definition
      this.metaText = JSON.stringify([this.index, device, name, type.sensorType, units, doc, parameters])
    }
    return this.metaText
  }

  /** `[index, t, code, value]`, for a frame of that time in seconds. */
  reading(time: number): string {
    const { reading } = this.row
    if (this.encoded === reading && this.time === time) return this.text
    const tail = this.encoded === reading ? this.tail : this.tailOf()
    const text = `[${this.index},${sinceOf(reading?.timestamp, time)}${tail}`
    if (tail.length > longestKept) this.encoded = null
    else {
      this.encoded = reading
      this.tail = tail
      this.time = time
      this.text = text
    }
    return text
  }

  private tailOf(): string {
    const { definition, reading } = this.row
    if (reading === undefined) return ",0,null]"
    if (reading.latin1 === undefined) return `,${codeOf(reading.status)},null]`
    const { value } = reading
    const text =
      typeof value === "number" && Number.isFinite(value) ? String(value) : JSON.stringify(valueJson(definition, value))
    return `,${codeOf(reading.status)},${text}]`
  }
}

/** Milliseconds with microseconds, as text. */
const sinceOf = (timestamp: number | undefined, time: number): string => {
  const since = timestamp === undefined ? Number.NaN : Math.round((timestamp - time) * 1e6) / 1e3
  return Number.isFinite(since) ? String(since) : "null"
}

/** The number of a device's sensors by status code. */
export type Counts = [number, number, number, number, number, number, number]

const noSensors = (): Counts => [0, 0, 0, 0, 0, 0, 0]

/** All sensors of a site in the form for pages: a reader of the table, which marks the changes in the views. */
export class LiveSensors {
  /** By `device/sensor`. */
  readonly byPath = new Map<string, LiveSensor>()
  /** The devices whose counts have changed since this set was last emptied. */
  readonly recounted = new Set<string>()
  private readonly byRow = new Map<Row, LiveSensor>()
  private readonly countsOfDevice = new Map<string, Counts>()
  private readonly table: Table
  private readonly demand: Demand | undefined
  private seen = 0
  private next = 0

  /** `demand`: the way to request readings that come only on demand. */
  constructor(table: Table, demand?: Demand | undefined) {
    this.table = table
    this.demand = demand
  }

  /** The last revision of the table that is known here. */
  get revision(): number {
    return this.seen
  }

  /** `true` if the table has changed. */
  get isBehind(): boolean {
    return this.table.revision > this.seen
  }

  /** The number of a device's sensors by status code. */
  countsOf(device: string): Counts {
    return this.countsOfDevice.get(device) ?? noSensors()
  }

  /** Takes the changes from the table. Returns the new sensors, which have no watchers yet. */
  update(): ReadonlyArray<LiveSensor> {
    const changes = this.table.since(this.seen)
    this.seen = changes.revision
    this.remove(changes)
    const added: Array<LiveSensor> = []
    for (const row of changes.changed) {
      const known = this.byRow.get(row)
      if (known === undefined) added.push(this.add(row))
      else {
        this.count(known, row.code)
        for (const watched of known.watchers) watched.mark()
      }
    }
    return added
  }

  private remove({ removed, snapshot }: Changes): void {
    if (snapshot) {
      for (const sensor of [...this.byPath.values()]) if (sensor.row.removed) this.drop(sensor)
      return
    }
    for (const { device, name } of removed) {
      const sensor = this.byPath.get(`${device}/${name}`)
      if (sensor?.row.removed === true) this.drop(sensor)
    }
  }

  private add(row: Row): LiveSensor {
    const { path } = row
    const former = this.byPath.get(path)
    if (former !== undefined) this.drop(former)
    const sensor = new LiveSensor(this.next++, row, this.demand)
    this.byPath.set(path, sensor)
    this.byRow.set(row, sensor)
    this.countAt(row.device, sensor.code, 1)
    return sensor
  }

  private drop(sensor: LiveSensor): void {
    const { row } = sensor
    this.byPath.delete(row.path)
    this.byRow.delete(row)
    this.countAt(row.device, sensor.code, -1)
    for (const watched of [...sensor.watchers]) watched.view.drop(watched)
  }

  private count(sensor: LiveSensor, code: number): void {
    if (sensor.code === code) return
    const { device } = sensor.row
    this.countAt(device, sensor.code, -1)
    sensor.code = code
    this.countAt(device, code, 1)
  }

  private countAt(device: string, code: number, by: number): void {
    let counts = this.countsOfDevice.get(device)
    if (counts === undefined) {
      counts = noSensors()
      this.countsOfDevice.set(device, counts)
    }
    counts[code] = counts[code]! + by
    if (counts.every((count) => count === 0)) this.countsOfDevice.delete(device)
    this.recounted.add(device)
  }
}
