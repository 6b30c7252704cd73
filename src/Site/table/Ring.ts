import type { Change } from "./Changes.ts"

/** The bytes of an entry besides its value. Not measured: an estimate. */
const entrySize = 200

/** The size of a change while the ring has it. */
const sizeOf = (change: Change): number =>
  change._tag === "Reading" && change.reading.latin1 !== undefined
    ? entrySize + change.reading.latin1.length
    : entrySize

/**
 * The newest changes, bounded in number and in bytes. Positions count all changes that were ever added, so a reader at
 * a position knows the exact number of dropped ones.
 */
export class Ring {
  /** The position of the next change. */
  end = 0
  /** The position of the oldest kept change. */
  start = 0
  private bytes = 0
  /** The position of the first use of the first slot: slots are filled in order, so the array stays dense. */
  private base = 0
  private slots: Array<Change | undefined> = []
  private readonly limit: number
  private readonly maxBytes: number
  private readonly dropped: (change: Change, position: number) => void

  /** `dropped` is called with each dropped change, and its position. */
  constructor(options: {
    readonly changes: number
    readonly bytes: number
    readonly dropped: (change: Change, position: number) => void
  }) {
    this.limit = options.changes
    this.maxBytes = options.bytes
    this.dropped = options.dropped
  }

  add(change: Change): void {
    this.bytes += sizeOf(change)
    if (this.end - this.start === this.limit) this.drop()
    this.slots[(this.end - this.base) % this.limit] = change
    this.end++
    // the newest one stays, whatever its size
    while (this.bytes > this.maxBytes && this.end - this.start > 1) this.drop()
  }

  /** The change at a kept position. */
  at(position: number): Change {
    return this.slots[(position - this.base) % this.limit]!
  }

  /** Releases the changes before a position, which no reader needs: keeping them for long costs garbage collections. */
  release(position: number): void {
    for (; this.start < position; this.start++) {
      const at = (this.start - this.base) % this.limit
      this.bytes -= sizeOf(this.slots[at]!)
      this.slots[at] = undefined
    }
  }

  /** Forgets all changes. */
  clear(): void {
    this.start = this.end
    this.base = this.end
    this.bytes = 0
    this.slots = []
  }

  private drop(): void {
    const at = (this.start - this.base) % this.limit
    const change = this.slots[at]!
    this.bytes -= sizeOf(change)
    this.dropped(change, this.start)
    this.slots[at] = undefined
    this.start++
  }
}
