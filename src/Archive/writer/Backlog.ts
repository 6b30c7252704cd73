import type { Batch } from "../model/Batch.ts"

/** Bytes of a reading in a batch, without its text. Given by the columns of a batch. */
const perReading = 29

/** Batches on their way to the store, the oldest first. What they take is bounded. */
export class Backlog {
  readonly #limit: number
  readonly #batches: Array<Batch> = []
  #bytes = 0
  /** The readings that wait. */
  readings = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** `true` if there is no room for another batch. */
  get full(): boolean {
    return this.#bytes >= this.#limit
  }

  /** The oldest batch. */
  get first(): Batch | undefined {
    return this.#batches[0]
  }

  push(batch: Batch): void {
    this.#batches.push(batch)
    this.#bytes += sizeOf(batch)
    this.readings += batch.length
  }

  /** Takes the oldest batch out. */
  shift(): void {
    const batch = this.#batches.shift()
    if (batch === undefined) return
    this.#bytes -= sizeOf(batch)
    this.readings -= batch.length
  }
}

const sizeOf = (batch: Batch): number =>
  batch.texts.reduce((sum, text) => sum + text.length, 0) + batch.length * perReading
