interface Bucket {
  /** The remainder, at the time `at`. */
  left: number
  at: number
}

/** The largest number of known keys. Not measured: 10,000 of them take some 2 MB. */
const keys = 10_000

/**
 * A rate limit for each of many keys: `perSecond` in the long run, `burst` at once. The table of keys is bounded:
 * beyond 10,000, the least recently used key is forgotten, and counted. Times are of a clock that never steps: the time
 * of day can go back, and every key would have to wait for as long as that step.
 */
export class RateLimit {
  /** The number of keys that were forgotten because there were too many. */
  forgotten = 0
  /** The number of refusals. */
  refused = 0
  private readonly buckets = new Map<string, Bucket>()
  private readonly perSecond: number
  private readonly burst: number

  constructor(perSecond: number, burst: number) {
    this.perSecond = perSecond
    this.burst = burst
  }

  /** Takes one from a key, at a monotonic time in milliseconds. Returns 0, or the seconds until the next one. */
  take(key: string, now: number): number {
    const wait = this.wait(key, now)
    if (wait === 0) this.buckets.get(key)!.left--
    else this.refused++
    return wait
  }

  /** Returns 0 if a key has one left, or the seconds until the next one. */
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

  /** The number of known keys. */
  get size(): number {
    return this.buckets.size
  }
}
