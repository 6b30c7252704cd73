interface Bucket {
  /** What is left, at the time `at`. */
  left: number
  at: number
}

/** Keys that a limit knows at a time. Not measured: 10,000 of them take some 2 MB. */
const keys = 10_000

/**
 * A limit of how often something may happen, for each of many keys: `perSecond` in the long run, `burst` at once. The table of
 * keys is bounded: beyond 10,000, the key that was seen least recently is forgotten, and counted.
 */
export class RateLimit {
  /** Keys that were forgotten since there were too many. */
  forgotten = 0
  /** What was refused. */
  refused = 0
  private readonly buckets = new Map<string, Bucket>()
  private readonly perSecond: number
  private readonly burst: number

  constructor(perSecond: number, burst: number) {
    this.perSecond = perSecond
    this.burst = burst
  }

  /** Takes one of a key, at a time in milliseconds. Returns 0, or the seconds until the next one if there is none left. */
  take(key: string, now: number): number {
    const wait = this.wait(key, now)
    if (wait === 0) this.buckets.get(key)!.left--
    else this.refused++
    return wait
  }

  /** Returns 0 if there is one left of a key, or the seconds until the next one. */
  wait(key: string, now: number): number {
    const known = this.buckets.get(key)
    const left =
      known === undefined ? this.burst : Math.min(this.burst, known.left + ((now - known.at) / 1000) * this.perSecond)
    const bucket = known ?? { left, at: now }
    bucket.left = left
    bucket.at = now
    // the order of the map is that of the last use
    this.buckets.delete(key)
    this.buckets.set(key, bucket)
    if (this.buckets.size > keys) {
      const [oldest] = this.buckets.keys()
      this.buckets.delete(oldest!)
      this.forgotten++
    }
    return left >= 1 ? 0 : Math.ceil((1 - left) / this.perSecond)
  }

  /** The number of keys that are known. */
  get size(): number {
    return this.buckets.size
  }
}
