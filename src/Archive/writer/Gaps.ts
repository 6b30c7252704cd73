import type { Gap, GapReason } from "../model/Gap.ts"

/**
 * The largest number of gaps that wait for the store. Not measured: a device that disconnects all day makes a few
 * hundred.
 */
const maxPending = 10_000

const keyOf = ({ device, reason, sensor }: Pick<Gap, "device" | "reason" | "sensor">): string =>
  `${reason} ${device}/${sensor}`

/**
 * The open gaps, and those that are not written yet. While the store is not writable, at most 10,000 wait; beyond, a
 * gap that has begun and ended is omitted and counted. Losses are never omitted: they are added up.
 */
export class Gaps {
  readonly #open = new Map<string, Gap>()
  readonly #pending = new Map<string, Gap>()
  /** Open gaps that had no room among the pending ones. */
  readonly #unsaid = new Set<string>()
  /** The open loss. */
  #loss: Gap | undefined
  /** The number of omitted gaps. */
  omitted = 0

  /** The gaps to write. */
  get pending(): ReadonlyArray<Gap> {
    return [...this.#pending.values()]
  }

  get isEmpty(): boolean {
    return this.#pending.size === 0
  }

  /** Begins a gap, unless there is one. */
  begins(reason: GapReason, device: string, sensor: string, from: number): void {
    const gap: Gap = { device, sensor, from, to: null, reason, lost: 0 }
    const key = keyOf(gap)
    if (this.#open.has(key)) return
    this.#open.set(key, gap)
    if (this.#pending.size < maxPending) this.#tell(gap)
    else this.#unsaid.add(key)
  }

  /** Ends a gap, if there is one. */
  ends(reason: GapReason, device: string, sensor: string, to: number): void {
    const key = keyOf({ reason, device, sensor })
    const gap = this.#open.get(key)
    if (gap === undefined) return
    this.#open.delete(key)
    if (this.#unsaid.delete(key)) this.omitted++
    else this.#tell({ ...gap, to: Math.max(to, gap.from) })
  }

  /** Records lost readings. Consecutive losses are one gap. */
  loses(lost: number, from: number, to: number): void {
    const before = this.#loss
    this.#loss = {
      device: "",
      sensor: "",
      reason: "lost",
      from: before?.from ?? from,
      to: Math.max(to, from + 1, before?.to ?? 0),
      lost: lost + (before?.lost ?? 0)
    }
    this.#tell(this.#loss)
  }

  /** Records kept readings: a later loss is another gap, unless very many wait. */
  keeps(): void {
    if (this.#pending.size < maxPending) this.#loss = undefined
  }

  /** Takes over the open gaps of an earlier run of the archive. */
  resume(gaps: ReadonlyArray<Gap>): void {
    for (const gap of gaps) {
      if (gap.to !== null) continue
      const key = keyOf(gap)
      const own = this.#open.get(key)
      this.#open.set(key, gap)
      if (own !== undefined) this.#pending.delete(placeOf(own))
    }
  }

  /** Confirms that these were written. */
  told(gaps: ReadonlyArray<Gap>): void {
    for (const gap of gaps) if (this.#pending.get(placeOf(gap)) === gap) this.#pending.delete(placeOf(gap))
    for (const key of this.#unsaid) {
      if (this.#pending.size >= maxPending) return
      this.#unsaid.delete(key)
      this.#tell(this.#open.get(key)!)
    }
  }

  #tell(gap: Gap): void {
    this.#pending.set(placeOf(gap), gap)
  }
}

/** The key of a gap in a store. */
const placeOf = (gap: Gap): string => `${keyOf(gap)} ${gap.from}`
