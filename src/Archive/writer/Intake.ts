import type { WireReading } from "../../Client/index.ts"
import { fromLatin1 } from "../../Codec/index.ts"
import { decodeText } from "../../Message/index.ts"
import type { Change, Row } from "../../Site/index.ts"
import { codeOf } from "../../Site/index.ts"
import { type Batch, BatchBuilder } from "../model/Batch.ts"
import type { Gap } from "../model/Gap.ts"
import { micros } from "../model/Reading.ts"
import type { Definition } from "../model/Series.ts"
import { numberOf, type Text, textOf, type Value } from "../model/Value.ts"

const ascii = /^[\x01-\x7f]*$/

/**
 * Makes batches and gaps out of changes of a site's table. The value is read from the bytes as they came; a number costs
 * no object.
 */
export class Intake {
  readonly #builder = new BatchBuilder(1024)
  /** The number of the series of each row; rows of sensors that are not archived have none. */
  readonly #series = new Map<Row, number>()
  /** The numbers of all series that were defined. */
  readonly #known = new Map<string, number>()
  readonly #wanted: (device: string, sensor: string) => boolean
  /** Gaps that last. */
  readonly #open = new Map<string, Gap>()
  /** Gaps that have to go to the store. */
  readonly gaps: Array<Gap> = []

  constructor(wanted: (device: string, sensor: string) => boolean) {
    this.#wanted = wanted
  }

  /** Returns what has to be defined before these changes can be taken. */
  undefinedOf(changes: ReadonlyArray<Change>, now: number): ReadonlyArray<Definition> {
    const found = new Map<string, Definition>()
    for (const { row } of changes) {
      if (this.#series.has(row) || !this.#wanted(row.device, row.name)) continue
      const definition = definitionOf(row, now)
      const key = keyOf(definition)
      const known = this.#known.get(key)
      if (known === undefined) found.set(key, definition)
      else this.#series.set(row, known)
    }
    return [...found.values()]
  }

  /** Notes the numbers of definitions. */
  defined(series: ReadonlyArray<Definition & { readonly id: number }>): void {
    for (const one of series) this.#known.set(keyOf(one), one.id)
  }

  /** Takes changes in, all of whose series are defined. */
  take(changes: ReadonlyArray<Change>, now: number): void {
    for (const change of changes) {
      const { row } = change
      const series = this.#seriesOf(row)
      if (series === undefined) continue
      if (change._tag === "Reading") this.#reading(series, row, change.reading)
      else if (change._tag === "Added") this.ends("removed", row.device, row.name, now)
      else {
        this.#series.delete(row)
        this.begins("removed", row.device, row.name, now)
      }
    }
  }

  #seriesOf(row: Row): number | undefined {
    const series = this.#series.get(row)
    if (series !== undefined || !this.#wanted(row.device, row.name)) return series
    const known = this.#known.get(keyOf(definitionOf(row, 0)))
    if (known !== undefined) this.#series.set(row, known)
    return known
  }

  #reading(series: number, row: Row, reading: WireReading): void {
    const { latin1, received, status, timestamp } = reading
    // a device that is lost is a gap, not a reading of each of its sensors
    if (reading.lost) return this.begins("away", row.device, "", micros(timestamp))
    if (latin1 === undefined) return
    const code = codeOf(status)
    const [own, came] = [micros(timestamp), micros(received)]
    const type = row.definition.type.sensorType
    if (type === "float" || type === "integer") {
      const number = Number(latin1)
      const exact =
        type === "float" ? !Number.isNaN(number) && number !== 0 : Number.isSafeInteger(number) && number !== 0
      if (exact) return this.#builder.add(series, own, came, code, number, undefined)
    }
    if (type === "float" || type === "integer" || type === "timestamp" || type === "boolean") {
      const value = reading.value as Value
      return this.#builder.add(series, own, came, code, numberOf(value), textOf(value))
    }
    const text: Text = ascii.test(latin1) ? latin1 : textOf(decodeText(fromLatin1(latin1)))!
    this.#builder.add(series, own, came, code, Number.NaN, text)
  }

  /** A gap begins. */
  begins(reason: Gap["reason"], device: string, sensor: string, from: number): void {
    const key = `${reason} ${device}/${sensor}`
    if (this.#open.has(key)) return
    const gap: Gap = { device, sensor, from, to: null, reason, lost: 0 }
    this.#open.set(key, gap)
    this.gaps.push(gap)
  }

  /** A gap ends, if there is one. */
  ends(reason: Gap["reason"], device: string, sensor: string, to: number): void {
    const key = `${reason} ${device}/${sensor}`
    const gap = this.#open.get(key)
    if (gap === undefined) return
    this.#open.delete(key)
    this.gaps.push({ ...gap, to: Math.max(to, gap.from) })
  }

  /** Gaps of an earlier run that were never closed last on. */
  resume(gaps: ReadonlyArray<Gap>): void {
    for (const gap of gaps) if (gap.to === null) this.#open.set(`${gap.reason} ${gap.device}/${gap.sensor}`, gap)
  }

  /** `true` if the device is known to be away. */
  isAway(device: string): boolean {
    return this.#open.has(`away ${device}/`)
  }

  /** The readings that were taken in. */
  get length(): number {
    return this.#builder.length
  }

  /** Returns them as a batch, and begins anew. */
  batch(): Batch {
    return this.#builder.take()
  }
}

const keyOf = ({ device, sensor, type, units }: Omit<Definition, "since" | "description" | "parameters">): string =>
  JSON.stringify([device, sensor, type, units])

const definitionOf = (row: Row, now: number): Definition => ({
  device: row.device,
  sensor: row.name,
  type: row.definition.type.sensorType!,
  units: row.definition.units,
  description: row.definition.doc,
  parameters: row.definition.parameters,
  since: now
})
