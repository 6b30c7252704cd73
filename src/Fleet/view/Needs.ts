import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Demand, Row, Table } from "../../Site/index.ts"

/**
 * How long readings are kept after nobody needs them any more, in milliseconds. Not measured: scripts that ask every few
 * seconds, and pages that are loaded again, find a subscription; an end and a new begin cost two requests.
 */
const linger = 10_000
/** How long somebody waits who reads once. Given by the design: a person waits no longer, and a round trip takes milliseconds. */
const longestFetch = "2 seconds"

/** Which readings are needed, by how many; and for how long those are kept that are needed no longer. */
export class Needs implements Demand {
  private readonly counts = new Map<Row, number>()
  private readonly expiring = new Map<Row, number>()
  private readonly table: Table
  private readonly clock: Clock.Clock
  private readonly ask: (row: Row) => void
  private readonly end: (row: Row) => void
  private readonly canCome: (row: Row) => boolean

  constructor(options: {
    readonly table: Table
    readonly clock: Clock.Clock
    /** The readings of a row are needed from now on. */
    readonly ask: (row: Row) => void
    /** They are not needed any more. */
    readonly end: (row: Row) => void
    /** `true` if a reading of the row can come. */
    readonly canCome: (row: Row) => boolean
  }) {
    this.table = options.table
    this.clock = options.clock
    this.ask = options.ask
    this.end = options.end
    this.canCome = options.canCome
  }

  /** The number of rows whose readings are subscribed to. */
  get size(): number {
    return this.counts.size + this.expiring.size
  }

  has(row: Row): boolean {
    return this.counts.has(row) || this.expiring.has(row)
  }

  readonly need = (row: Row): (() => void) => {
    const count = this.counts.get(row) ?? 0
    this.counts.set(row, count + 1)
    if (count === 0 && !this.expiring.delete(row)) this.ask(row)
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      const left = this.counts.get(row)! - 1
      if (left > 0) return void this.counts.set(row, left)
      this.counts.delete(row)
      this.expiring.set(row, this.now() + linger)
    }
  }

  readonly fetch = (rows: ReadonlyArray<Row>): Effect.Effect<void> =>
    Effect.suspend(() => {
      const isDue = (row: Row) => !row.removed && (row.reading === undefined || row.reading.lost) && this.canCome(row)
      const releases = rows.map((row) => this.need(row))
      let due = rows.filter(isDue)
      const wait: Effect.Effect<void> = Effect.suspend(() => {
        due = due.filter(isDue)
        return due.length === 0 ? Effect.void : Effect.andThen(this.table.changed(this.table.revision), wait)
      })
      return Effect.ensuring(
        Effect.asVoid(Effect.timeoutOption(wait, longestFetch)),
        Effect.sync(() => {
          for (const release of releases) release()
        })
      )
    })

  /** Ends what nobody has needed for a while. */
  sweep(): void {
    const now = this.now()
    for (const [row, until] of this.expiring) {
      if (until > now) return
      this.expiring.delete(row)
      this.end(row)
    }
  }

  private now(): number {
    return Number(this.clock.monotonicTimeNanosUnsafe()) / 1e6
  }
}
