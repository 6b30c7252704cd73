import type { Row } from "../../model/Row.ts"
import type { Text } from "../../model/Text.ts"

/** Rows of any series on their way from the thread that sorts them to the thread that writes them. */
export interface Packed {
  readonly length: number
  readonly series: Int32Array<ArrayBuffer>
  readonly time: Float64Array<ArrayBuffer>
  readonly lag: Float64Array<ArrayBuffer>
  readonly status: Uint8Array<ArrayBuffer>
  readonly value: Float64Array<ArrayBuffer>
  readonly replaced: Int32Array<ArrayBuffer>
  readonly textAt: ReadonlyArray<number>
  readonly texts: ReadonlyArray<Text>
  readonly epochAt: ReadonlyArray<number>
  readonly epochs: ReadonlyArray<number>
  /** `true` if no row has a text, an epoch, or replaced rows. */
  readonly plain: boolean
}

/** A row in the form of the sealer. */
export interface SealedRow extends Row {
  readonly series: number
  readonly epoch: number | null
}

/** Returns rows as columns. */
export const pack = (rows: ReadonlyArray<SealedRow>): Packed => {
  const { length } = rows
  const packed = {
    length,
    series: new Int32Array(length),
    time: new Float64Array(length),
    lag: new Float64Array(length),
    status: new Uint8Array(length),
    value: new Float64Array(length),
    replaced: new Int32Array(length),
    textAt: [] as Array<number>,
    texts: [] as Array<Text>,
    epochAt: [] as Array<number>,
    epochs: [] as Array<number>,
    plain: true
  }
  for (let at = 0; at < length; at++) {
    const row = rows[at]!
    packed.series[at] = row.series
    packed.time[at] = row.time
    packed.lag[at] = row.lag
    packed.status[at] = row.status
    packed.value[at] = row.value ?? Number.NaN
    packed.replaced[at] = row.replaced
    if (row.replaced > 0) packed.plain = false
    if (row.text !== null) {
      packed.textAt.push(at)
      packed.texts.push(row.text)
    }
    if (row.epoch !== null) {
      packed.epochAt.push(at)
      packed.epochs.push(row.epoch)
    }
  }
  if (packed.texts.length > 0 || packed.epochs.length > 0) packed.plain = false
  return packed
}

/** The buffers of rows, to be transferred instead of copied. */
export const buffersOf = (packed: Packed): ReadonlyArray<ArrayBuffer> => [
  packed.series.buffer,
  packed.time.buffer,
  packed.lag.buffer,
  packed.status.buffer,
  packed.value.buffer,
  packed.replaced.buffer
]
