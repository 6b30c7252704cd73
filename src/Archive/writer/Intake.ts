import type { WireReading } from "../../Client/index.ts"
import { fromLatin1 } from "../../Codec/index.ts"
import { decodeText } from "../../Message/index.ts"
import type { Change, Row } from "../../Site/index.ts"
import { codeOf } from "../../Site/index.ts"
import { type Batch, BatchBuilder } from "../model/Batch.ts"
import { micros } from "../model/Reading.ts"
import type { Definition } from "../model/Series.ts"
import type { Text } from "../model/Text.ts"
import { numberOf, textOf, type Value } from "../model/Value.ts"
import type { Catalogue } from "./Catalogue.ts"
import type { Gaps } from "./Gaps.ts"
import type { ArchiveFleet } from "./options.ts"

const ascii = /^[\x01-\x7f]*$/

/** A code: the row of a sensor that is not archived. */
const unwanted = -1

/**
 * The number of builders of batches that are kept, one for each epoch. Not measured: a runner rarely takes over devices
 * a hundred times, and a builder takes 40 KB.
 */
const keptBuilders = 64

/**
 * Converts changes of a site's table into batches and gaps. It reads the value from the received bytes; a number needs
 * no object. The batches have the numbers of the {@link Catalogue}. In a fleet there is a batch for each epoch of the
 * held devices.
 */
export class Intake {
  /** The builder by epoch; `null` outside a fleet. */
  readonly #builders = new Map<number | null, BatchBuilder>()
  /** The builder of each row: that of the epoch of its device when the row was added. */
  readonly #builderOf = new Map<Row, BatchBuilder>()
  readonly #single = new BatchBuilder(1024)
  /** The number of the series of each row; {@link unwanted} if the sensor is not archived. */
  readonly #series = new Map<Row, number>()
  readonly #catalogue: Catalogue
  readonly #gaps: Gaps
  readonly #wanted: (device: string, sensor: string) => boolean
  readonly #fleet: ArchiveFleet | undefined

  constructor(
    catalogue: Catalogue,
    gaps: Gaps,
    wanted: (device: string, sensor: string) => boolean,
    fleet?: ArchiveFleet | undefined
  ) {
    this.#catalogue = catalogue
    this.#gaps = gaps
    this.#wanted = wanted
    this.#fleet = fleet
  }

  /** Takes changes. Returns the readings among them as batches. */
  take(changes: ReadonlyArray<Change>, now: number): ReadonlyArray<Batch> {
    for (const change of changes) {
      const series = this.#seriesOf(change.row, now)
      if (change._tag === "Reading" && !change.reading.lost) {
        if (series !== unwanted) this.#reading(series, change.row, change.reading)
      } else this.#event(series, change, now)
    }
    const batches: Array<Batch> = []
    if (this.#single.length > 0) batches.push(this.#single.take())
    for (const [epoch, builder] of this.#builders) {
      if (builder.length > 0) batches.push(builder.take())
      else if (this.#builders.size > keptBuilders) this.#builders.delete(epoch)
    }
    return batches
  }

  /** The builder of a row. Outside a fleet there is one. */
  #builder(row: Row): BatchBuilder {
    if (this.#fleet === undefined) return this.#single
    let builder = this.#builderOf.get(row)
    if (builder === undefined) {
      const epoch = this.#fleet.epochOf(row.device) ?? 0
      builder = this.#builders.get(epoch) ?? new BatchBuilder(1024, epoch)
      this.#builders.set(epoch, builder)
      this.#builderOf.set(row, builder)
    } else if (builder.length === 0) this.#builders.set(builder.epoch, builder)
    return builder
  }

  /** Takes a change that the ring dropped. Returns `true` if an archived reading was lost. */
  missed(change: Change, now: number): boolean {
    const series = this.#seriesOf(change.row, now)
    if (change._tag === "Reading" && !change.reading.lost)
      return series !== unwanted && change.reading.latin1 !== undefined
    this.#event(series, change, now)
    return false
  }

  /** Begins and ends gaps when a device is lost, or a sensor is added or removed. */
  #event(series: number, change: Change, now: number): void {
    const { row } = change
    if (change._tag === "Removed") {
      this.#series.delete(row)
      this.#builderOf.delete(row)
    }
    if (series === unwanted) return
    // the device has moved to another runner, or to none: its sensors are not removed
    if (change._tag === "Removed" && this.#fleet?.holds(row.device) === false) return
    // a lost device is a gap, not a reading of each of its sensors
    if (change._tag === "Reading") this.#gaps.begins("away", row.device, "", micros(change.reading.timestamp))
    else if (change._tag === "Added") this.#gaps.ends("removed", row.device, row.name, now)
    else this.#gaps.begins("removed", row.device, row.name, now)
  }

  #seriesOf(row: Row, now: number): number {
    let series = this.#series.get(row)
    if (series === undefined) {
      series = this.#wanted(row.device, row.name) ? this.#catalogue.numberOf(definitionOf(row, now)) : unwanted
      this.#series.set(row, series)
    }
    return series
  }

  #reading(series: number, row: Row, reading: WireReading): void {
    const { latin1, received, status, timestamp } = reading
    if (latin1 === undefined) return
    const builder = this.#builder(row)
    const code = codeOf(status)
    const [own, came] = [micros(timestamp), micros(received)]
    const type = row.definition.type.sensorType
    if (type === "float" || type === "integer") {
      const number = Number(latin1)
      const exact =
        type === "float" ? !Number.isNaN(number) && number !== 0 : Number.isSafeInteger(number) && number !== 0
      if (exact) return builder.add(series, own, came, code, number, undefined)
    }
    if (type === "float" || type === "integer" || type === "timestamp" || type === "boolean") {
      const value = reading.value as Value
      return builder.add(series, own, came, code, numberOf(value), textOf(value))
    }
    const text: Text = ascii.test(latin1) ? latin1 : textOf(decodeText(fromLatin1(latin1)))!
    builder.add(series, own, came, code, Number.NaN, text)
  }
}

const definitionOf = (row: Row, now: number): Definition => ({
  device: row.device,
  sensor: row.name,
  type: row.definition.type.sensorType!,
  units: row.definition.units,
  description: row.definition.doc,
  parameters: row.definition.parameters,
  since: now
})
