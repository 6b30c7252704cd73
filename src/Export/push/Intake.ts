import type { Change, Feed, Row, Table } from "../../Site/index.ts"
import type { Wanted } from "../select.ts"

/** The changes that are taken from the ring at once until a batch is full. Not measured: a small part of a batch. */
const step = 64
/** The changes that are examined for one batch, if few are selected. Measured: 10,000 take 1 ms. */
const mostSeen = 20_000

/** Limits of a batch. */
export interface BatchLimits {
  readonly changes: number
  readonly bytes: number
}

/** Changes for a sink. */
export interface Taken {
  /** The changes, oldest first. */
  readonly changes: ReadonlyArray<Change>
  /** The number of changes that the ring dropped before these. */
  readonly lost: number
  /** If changes were lost: the sensors whose newest reading is among them. */
  readonly stale: ReadonlyArray<Row>
  /** The revision of the table at the time of taking them. */
  readonly revision: number
}

/** Takes changes from the ring of a table: those of selected sensors, a batch at a time. */
export class Intake {
  private readonly table: Table
  private readonly feed: Feed
  private readonly wanted: Wanted
  private readonly known = new WeakMap<Row, boolean>()
  private seenLost = 0
  /** The revision of the newest change that was taken. */
  private revision: number

  constructor(table: Table, feed: Feed, wanted: Wanted) {
    this.table = table
    this.feed = feed
    this.wanted = wanted
    this.revision = feed.from
  }

  /** `true` if the sensor of a row is exported. */
  wants(row: Row): boolean {
    let is = this.known.get(row)
    if (is === undefined) {
      is = this.wanted(row.device, row.name)
      this.known.set(row, is)
    }
    return is
  }

  /** Takes the next changes; an empty list if nothing waits. */
  take(limits: BatchLimits): Taken {
    const { feed, revision } = this
    const lost = feed.lost - this.seenLost
    this.seenLost += lost
    const changes: Array<Change> = []
    let seen = 0
    let bytes = 0
    let first: number | undefined
    while (changes.length < limits.changes && bytes < limits.bytes && seen < mostSeen) {
      const some = feed.take(Math.min(step, limits.changes - changes.length))
      if (some.length === 0) break
      seen += some.length
      first ??= some[0]!.revision
      this.revision = some[some.length - 1]!.revision
      for (const change of some) {
        if (!this.wants(change.row)) continue
        changes.push(change)
        if (change._tag === "Reading") bytes += change.reading.latin1?.length ?? 0
      }
    }
    const at = this.table.revision
    if (lost === 0) return { changes, lost, stale: [], revision: at }
    const before = first ?? Number.POSITIVE_INFINITY
    const stale = this.table
      .since(revision)
      .changed.filter((row) => row.revision > revision && row.revision < before && this.wants(row))
    return { changes, lost, stale, revision: at }
  }
}

/**
 * The newest readings of rows as changes. Rows that have changed after a revision are omitted: their change comes by
 * itself.
 */
export const readingsOf = (rows: ReadonlyArray<Row>, revision: number): ReadonlyArray<Change> =>
  rows.flatMap((row): ReadonlyArray<Change> => {
    const { reading } = row
    return reading === undefined || row.removed || row.revision > revision
      ? []
      : [{ _tag: "Reading", row, reading, revision: row.revision }]
  })
