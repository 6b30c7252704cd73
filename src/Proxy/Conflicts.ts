import type { Row } from "../Site/index.ts"

/** The number of conflicts that a sensor shows; the rest is counted. Not measured: more than people read. */
const shown = 100

/** A name that a row did not get. */
interface Refusal {
  readonly name: string
  readonly row: Row
  /** The holder of the name, or the reason why it has no holder. */
  readonly held: string
}

/** The rows that are not served under one of their names, because another sensor has the name, or a rule has failed. */
export class Conflicts {
  private readonly byRow = new Map<Row, Array<Refusal>>()
  /** The rows that wait for a name, in the order in which they came. */
  private readonly claims = new Map<string, Set<Row>>()
  private readonly counts = new Map<string, number>()

  /** The number of rows of a device that are not served under a name. */
  countOf(device: string): number {
    return this.counts.get(device) ?? 0
  }

  /** The conflicts for people, one per line: the first hundred, and the number of the others. */
  get lines(): ReadonlyArray<string> {
    const lines: Array<string> = []
    for (const refusals of this.byRow.values())
      for (const { held, name, row } of refusals) {
        if (lines.length === shown) return [...lines, `and ${this.byRow.size} sensors in all`]
        lines.push(`${name} is ${held}; ${row.path} is not served`)
      }
    return lines
  }

  /** Records that a row waits for a name that another one has. */
  claim(name: string, row: Row, held: string): void {
    const rows = this.claims.get(name)
    if (rows === undefined) this.claims.set(name, new Set([row]))
    else rows.add(row)
    this.refuse(name, row, held)
  }

  /** Records that a row cannot have a name. */
  refuse(name: string, row: Row, held: string): void {
    const refusals = this.byRow.get(row)
    if (refusals !== undefined) refusals.push({ name, row, held })
    else {
      this.byRow.set(row, [{ name, row, held }])
      this.counts.set(row.device, this.countOf(row.device) + 1)
    }
  }

  /** Forgets a row. */
  withdraw(row: Row): void {
    const refusals = this.byRow.get(row)
    if (refusals === undefined) return
    this.forget(row)
    for (const { name } of refusals) this.disclaim(name, row)
  }

  /** Returns the row that has waited longest for a name, which it now gets; undefined if no row waits. */
  next(name: string): Row | undefined {
    const [row] = this.claims.get(name) ?? []
    if (row === undefined) return undefined
    this.disclaim(name, row)
    const others = this.byRow.get(row)!.filter((refusal) => refusal.name !== name)
    if (others.length === 0) this.forget(row)
    else this.byRow.set(row, others)
    return row
  }

  private disclaim(name: string, row: Row): void {
    const rows = this.claims.get(name)
    rows?.delete(row)
    if (rows?.size === 0) this.claims.delete(name)
  }

  private forget(row: Row): void {
    this.byRow.delete(row)
    const count = this.countOf(row.device) - 1
    if (count === 0) this.counts.delete(row.device)
    else this.counts.set(row.device, count)
  }
}
