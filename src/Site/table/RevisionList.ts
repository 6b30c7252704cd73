import type { Row } from "./Row.ts"

/**
 * All rows in the order of their newest changes: the changes since revision r are a walk from the newest back to r,
 * which costs as much as there are changes, for any size of the table. A row has its own two links.
 */
export class RevisionList {
  private oldest: Row | undefined = undefined
  private newest: Row | undefined = undefined

  /** Adds a row that is not in the list, as the newest. */
  append(row: Row): void {
    row.before = this.newest
    row.after = undefined
    if (this.newest === undefined) this.oldest = row
    else this.newest.after = row
    this.newest = row
  }

  /** Makes a row the newest of the list. */
  touch(row: Row): void {
    if (this.newest === row) return
    this.unlink(row)
    this.append(row)
  }

  /** Removes a row, and marks it as removed. */
  remove(row: Row): void {
    this.unlink(row)
    row.after = undefined
    row.before = row
  }

  /** Returns the rows that changed after a revision, in the order of their revisions. */
  since(revision: number): ReadonlyArray<Row> {
    const rows: Array<Row> = []
    for (let row = this.newest; row !== undefined && row.changed > revision; row = row.before) rows.push(row)
    return rows.reverse()
  }

  /** All rows, in the order of their revisions. */
  get all(): ReadonlyArray<Row> {
    const rows: Array<Row> = []
    for (let row = this.oldest; row !== undefined; row = row.after) rows.push(row)
    return rows
  }

  private unlink(row: Row): void {
    const { after, before } = row
    if (before === undefined) this.oldest = after
    else before.after = after
    if (after === undefined) this.newest = before
    else after.before = before
  }
}
