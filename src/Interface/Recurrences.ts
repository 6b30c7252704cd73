/** Lines of one kind that are written before the kind is only counted. Not measured: enough to see that it recurs. */
const firstFew = 5
/**
 * Milliseconds after which a recurring kind is written again: an hour. Not measured: a day's log then has it 24 times.
 */
const reminder = 3_600_000

interface Seen {
  count: number
  /** The count and the time of the last written line. */
  written: number
  at: number
}

const unseen = (): Seen => ({ count: 0, written: 0, at: 0 })

/**
 * Keeps a log short when the same event recurs. The first five lines of a kind are written. After that, a line is
 * written when the count has doubled since the last line, and at the first event an hour after it: 20,000 events in a
 * row give 16 lines. Each line says how many events before it were not written.
 *
 * The number of kinds is bounded; those past the limit count as one kind. Synchronous, without a clock.
 *
 * @example
 * ```ts
 * import { Interface } from "katcp"
 *
 * const recurrences = new Interface.Recurrences()
 * export const warn = (sensor: string, text: string, now: number): void => {
 *   const suffix = recurrences.note(`late reading of ${sensor}`, now)
 *   if (suffix !== undefined) console.warn(`${text}${suffix}`)
 * }
 * ```
 *
 * @category logging
 * @since 0.1.0
 */
export class Recurrences {
  /** Created with the first event, because most kinds never occur. */
  private kinds: Map<string, Seen> | undefined = undefined
  private readonly maxKinds: number
  private others: Seen | undefined = undefined

  /** `maxKinds` is the number of distinct kinds. Default 1000. */
  constructor(options?: { readonly maxKinds?: number | undefined }) {
    this.maxKinds = options?.maxKinds ?? 1000
  }

  /**
   * Counts an event of this kind, at a monotonic time in milliseconds: if the time of day went back, a recurring kind
   * would not be written for as long as that step. Returns `undefined` if no line should be written,
   * otherwise the text to append to the line: empty for the first few, ` (number 40; 19 were not logged)` later.
   */
  note(kind: string, now: number): string | undefined {
    const seen = this.seen(kind)
    const count = ++seen.count
    if (count > firstFew && count < 2 * seen.written && now - seen.at < reminder) return undefined
    const skipped = count - seen.written - 1
    seen.written = count
    seen.at = now
    if (count < firstFew) return ""
    if (count === firstFew) return " (more of this kind are counted, not logged one by one)"
    return ` (number ${count}; ${skipped} were not logged)`
  }

  private seen(kind: string): Seen {
    this.kinds ??= new Map()
    const known = this.kinds.get(kind)
    if (known !== undefined) return known
    if (this.kinds.size >= this.maxKinds) return (this.others ??= unseen())
    const seen = unseen()
    this.kinds.set(kind, seen)
    return seen
  }
}
