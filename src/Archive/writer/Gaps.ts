import type { Gap, GapReason } from "../model/Gap.ts"

/** Gaps that wait for the store, at most. Not measured: a device that comes and goes all day makes a few hundred. */
const maxPending = 10_000

const keyOf = ({ device, reason, sensor }: Pick<Gap, "device" | "reason" | "sensor">): string =>
  `${reason} ${device}/${sensor}`

/**
 * The gaps that last, and those that the store has not been told of. While the store cannot be written to, at most 10,000
 * wait; past that, a gap that has begun and ended is left out and counted. Losses are never left out: they are added up.
 */
export class Gaps {
  readonly #open = new Map<string, Gap>()
  readonly #pending = new Map<string, Gap>()
  /** Open gaps for which there was no room among the pending ones. */
  readonly #unsaid = new Set<string>()
  /** The loss that goes on. */
  #loss: Gap | undefined
  /** Gaps that were left out. */
  omitted = 0

  /** What the store has to be told. */
  get pending(): ReadonlyArray<Gap> {
    return [...this.#pending.values()]
  }

  get isEmpty(): boolean {
    return this.#pending.size === 0
  }

  /** A gap begins, unless there is one. */
  begins(reason: GapReason, device: string, sensor: string, from: number): void {
    const gap: Gap = { device, sensor, from, to: null, reason, lost: 0 }
    const key = keyOf(gap)
    if (this.#open.has(key)) return
    this.#open.set(key, gap)
    if (this.#pending.size < maxPending) this.#tell(gap)
    else this.#unsaid.add(key)
  }

  /** A gap ends, if there is one. */
  ends(reason: GapReason, device: string, sensor: string, to: number): void {
    const key = keyOf({ reason, device, sensor })
    const gap = this.#open.get(key)
    if (gap === undefined) return
    this.#open.delete(key)
    if (this.#unsaid.delete(key)) this.omitted++
    else this.#tell({ ...gap, to: Math.max(to, gap.from) })
  }

  /** Readings are lost. Losses that follow each other are one gap. */
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

  /** Readings were kept: what is lost later is another gap, unless very many wait. */
  keeps(): void {
    if (this.#pending.size < maxPending) this.#loss = undefined
  }

  /** Takes over gaps that an earlier run of the archive has left open. */
  resume(gaps: ReadonlyArray<Gap>): void {
    for (const gap of gaps) {
      if (gap.to !== null) continue
      const key = keyOf(gap)
      const own = this.#open.get(key)
      this.#open.set(key, gap)
      if (own !== undefined) this.#pending.delete(placeOf(own))
    }
  }

  /** The store was told of these. */
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
