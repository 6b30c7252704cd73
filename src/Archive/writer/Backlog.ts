import type { Batch } from "../model/Batch.ts"

/** The bytes of a reading in a batch, without its text. Given by the columns of a batch. */
const perReading = 29
/** Bytes of a text beside its characters. Not measured: an estimate. */
const perText = 64

/** Batches that wait in memory, the oldest first, with a limit on their size. */
export class Backlog {
  readonly #limit: number
  readonly #batches: Array<Batch> = []
  /** The bytes that wait. */
  bytes = 0
  /** The readings that wait. */
  readings = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** `true` if there is room for a batch. A batch larger than all the room fits if nothing else waits. */
  fits(batch: Batch): boolean {
    return this.#batches.length === 0 || this.bytes + sizeOf(batch) <= this.#limit
  }

  /** The oldest batch. */
  get first(): Batch | undefined {
    return this.#batches[0]
  }

  push(batch: Batch): void {
    this.#batches.push(trimmed(batch))
    this.bytes += sizeOf(batch)
    this.readings += batch.length
  }

  /** Removes the oldest batch, if it is this one. */
  shift(batch: Batch): void {
    if (this.#batches[0] !== batch) return
    this.#batches.shift()
    this.bytes -= sizeOf(batch)
    this.readings -= batch.length
  }
}

const sizeOf = (batch: Batch): number =>
  batch.texts.reduce((sum, text) => sum + text.length + perText, 0) + batch.length * perReading

/** Columns may be much longer than a batch. Waiting ones are trimmed. */
const trimmed = (batch: Batch): Batch => {
  const { length } = batch
  if (length * 1.25 >= batch.series.length) return batch
  return {
    ...batch,
    series: batch.series.slice(0, length),
    time: batch.time.slice(0, length),
    lag: batch.lag.slice(0, length),
    status: batch.status.slice(0, length),
    value: batch.value.slice(0, length)
  }
}
