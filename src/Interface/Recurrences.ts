/**
 * Lines of one kind that are written as they come, before they are only counted. Not measured: enough to see that it
 * recurs.
 */
const firstFew = 5
/**
 * Milliseconds after which a kind that goes on is mentioned again: an hour. Not measured: a log of a day then has it
 * 24 times.
 */
const reminder = 3_600_000

interface Seen {
  count: number
  /** The count and the time at which the last line was written. */
  written: number
  at: number
}

const unseen = (): Seen => ({ count: 0, written: 0, at: 0 })

/**
 * Keeps a log short when the same thing happens again and again. The first five of a kind are written as they come.
 * From then on a line is written when their number has doubled since the last line, and at the first one that comes an
 * hour after it: 20,000 of a kind in a row make 16 lines. Each line says how many came before it without one.
 *
 * The number of kinds is bounded; those past the limit count as one kind. Synchronous, without a clock of its own.
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
  /** Made with the first of a kind: most that could go wrong never does. */
  private kinds: Map<string, Seen> | undefined = undefined
  private readonly maxKinds: number
  private others: Seen | undefined = undefined

  /** `maxKinds` is the number of kinds that are told apart. Default 1000. */
  constructor(options?: { readonly maxKinds?: number | undefined }) {
    this.maxKinds = options?.maxKinds ?? 1000
  }

  /**
   * Counts one of this kind, at a time in milliseconds. Returns `undefined` if no line is to be written for it, else
   * what to append to the line: nothing for the first few, ` (number 40; 19 were not logged)` later.
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
