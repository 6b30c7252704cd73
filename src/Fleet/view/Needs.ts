import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Demand, Row, Table } from "../../Site/index.ts"

/**
 * The time that subscriptions are kept after their last use, in milliseconds. Not measured: scripts that read every few
 * seconds, and reloading pages, find a subscription; ending and starting one costs two requests.
 */
const linger = 10_000
/**
 * The longest wait of a single read. Given by the design: people wait no longer, and a round trip takes milliseconds.
 */
const longestFetch = "2 seconds"

/** Counts the needs of readings, and keeps unused ones for a while. */
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
    /** Subscribes to the readings of a row. */
    readonly ask: (row: Row) => void
    /** Ends the subscription. */
    readonly end: (row: Row) => void
    /** `true` if a reading of the row can arrive. */
    readonly canCome: (row: Row) => boolean
  }) {
    this.table = options.table
    this.clock = options.clock
    this.ask = options.ask
    this.end = options.end
    this.canCome = options.canCome
  }

  /** The number of rows with a subscription. */
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

  /** Ends the subscriptions that were unused for a while. */
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
