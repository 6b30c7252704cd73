import { minute, type Summary, Summing } from "../../model/Summary.ts"
import type { Call } from "./calls.ts"
import { buffersOf, pack, type SealedRow } from "./Packed.ts"
import type { MinuteRow, Tables } from "./Tables.ts"
import type { Writer } from "./Writer.ts"

type Of<A> = { [K in keyof A]: A[K] extends (argument: infer B) => infer C ? (argument: B) => C : never }

/** The operations of the writer that the sealer calls. */
export type SealingOperations = Pick<Of<Writer>, "carry" | "finish"> & Of<Tables>

/** The rows of a slice: the writer needs 6 ms for them (measured: 0.6 µs a row). */
export const sliceRows = 8192
/** The minutes of a slice. Not measured: like the rows of a slice, it bounds one step of the writer. */
export const sliceMinutes = 2048
/** The series of a slice. Not measured: like the rows of a slice, it bounds one step of the writer. */
export const sliceSeries = 2048
/** The number of slices on their way to the writer. Not measured: one is written while the next is made. */
const ahead = 2
/** The slices on their way: at most {@link ahead} of them. */
export class Pipe {
  readonly #stopped: () => boolean
  readonly #waiting: Array<Promise<unknown>> = []

  constructor(stopped: () => boolean) {
    this.#stopped = stopped
  }

  async push(sent: Promise<unknown>): Promise<void> {
    // await reports a failure in its turn
    sent.catch(() => {})
    this.#waiting.push(sent)
    if (this.#waiting.length > ahead) await this.#waiting.shift()
    if (this.#stopped()) throw new Error("the store is closed")
  }

  async drain(): Promise<void> {
    for (const sent of this.#waiting.splice(0)) await sent
  }
}

export const minuteRow = (series: number, summary: Summary): MinuteRow => [
  series,
  summary.time,
  summary.count,
  summary.valid,
  summary.min,
  summary.max,
  summary.mean,
  summary.first,
  summary.last,
  summary.worst
]

/** The sealing of one append table: rows come sorted by series and time, one for each time. */
export class Sealing {
  readonly #call: Call<SealingOperations>
  readonly #period: number
  readonly #from: number
  readonly #to: number
  readonly #pipe: Pipe
  readonly #span: number
  /** Rows of periods that are complete. */
  readonly late: Array<SealedRow> = []
  /** The rows of each series. */
  readonly presence: Array<[series: number, rows: number]> = []
  rows = 0
  minuteCount = 0
  #slice: Array<SealedRow> = []
  #carried: Array<SealedRow> = []
  #minutes: Array<MinuteRow> = []
  #summing: Summing | undefined
  #series = -1

  constructor(call: Call<SealingOperations>, period: number, from: number, to: number, span: number, pipe: Pipe) {
    this.#call = call
    this.#period = period
    this.#from = from
    this.#to = to
    this.#span = span
    this.#pipe = pipe
  }

  /** Adds a row; `true` if a slice is ready. */
  add(row: SealedRow): boolean {
    if (row.time < this.#from) this.late.push(row)
    else if (row.time >= this.#to) this.#carried.push(row)
    else {
      this.#sum(row)
      this.#slice.push(row)
    }
    return this.#slice.length >= sliceRows || this.#carried.length >= sliceRows || this.#minutes.length >= sliceMinutes
  }

  #sum(row: SealedRow): void {
    this.rows++
    const time = Math.floor(row.time / minute) * minute
    if (row.series !== this.#series || this.#summing?.time !== time) {
      this.#endMinute()
      this.#summing = new Summing(time)
    }
    if (row.series !== this.#series) this.presence.push([row.series, 0])
    this.#series = row.series
    this.presence.at(-1)![1]++
    this.#summing!.add(row)
  }

  #endMinute(): void {
    if (this.#summing === undefined) return
    this.#minutes.push(minuteRow(this.#series, this.#summing.summary))
    this.minuteCount++
    this.#summing = undefined
  }

  async send(): Promise<void> {
    if (this.#slice.length > 0) {
      const packed = pack(this.#slice)
      this.#slice = []
      await this.#pipe.push(this.#call("seal", { period: this.#period, rows: packed }, buffersOf(packed)))
    }
    if (this.#carried.length > 0) {
      const packed = pack(this.#carried)
      this.#carried = []
      await this.#pipe.push(this.#call("carry", { rows: packed }, buffersOf(packed)))
    }
    if (this.#minutes.length > 0) {
      const rows = this.#minutes
      this.#minutes = []
      await this.#pipe.push(this.#call("minutes", { span: this.#span, rows }))
    }
  }

  /** Waits until the writer has taken all slices. */
  drain(): Promise<void> {
    return this.#pipe.drain()
  }

  async end(): Promise<void> {
    this.#endMinute()
    await this.send()
    await this.drain()
  }
}
