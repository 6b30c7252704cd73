/**
 * A record of a removed sensor, kept for a while for readers that were slow or away.
 *
 * @category models
 * @since 0.1.0
 */
export interface Removal {
  /** The name of the device. */
  readonly device: string
  /** The name of the sensor within its device. */
  readonly name: string
  /** The revision of the table at the removal. */
  readonly revision: number
}

class Tombstone implements Removal {
  readonly device: string
  readonly name: string
  readonly revision: number
  /** The time of its creation, in milliseconds of a clock that never jumps. */
  readonly at: number
  before: Tombstone | undefined = undefined
  after: Tombstone | undefined = undefined

  constructor(device: string, name: string, revision: number, at: number) {
    this.device = device
    this.name = name
    this.revision = revision
    this.at = at
  }
}

/**
 * The newest removal of each sensor, in the order of their revisions, bounded in number and age. {@link
 * Tombstones.floor} is the newest revision of a forgotten removal: an older reader must take a snapshot.
 */
export class Tombstones {
  /** The newest revision of a forgotten removal; 0 without one. */
  floor = 0
  /** The number of removals that were forgotten early because there were too many. */
  dropped = 0
  private readonly bySensor = new Map<string, Tombstone>()
  private oldest: Tombstone | undefined = undefined
  private newest: Tombstone | undefined = undefined
  private readonly limit: number
  private readonly age: number

  /** `age` is in milliseconds. */
  constructor(options: { readonly limit: number; readonly age: number }) {
    this.limit = options.limit
    this.age = options.age
  }

  get size(): number {
    return this.bySensor.size
  }

  /** Adds the removal of a sensor, replacing an earlier one of the same sensor. */
  add(device: string, name: string, revision: number, now: number): void {
    const path = `${device}/${name}`
    const former = this.bySensor.get(path)
    if (former !== undefined) this.unlink(former)
    const removal = new Tombstone(device, name, revision, now)
    this.bySensor.set(path, removal)
    removal.before = this.newest
    if (this.newest === undefined) this.oldest = removal
    else this.newest.after = removal
    this.newest = removal
    while (this.bySensor.size > this.limit) {
      this.dropped++
      this.forget(this.oldest!)
    }
  }

  /** Forgets those that are old enough. */
  expire(now: number): void {
    while (this.oldest !== undefined && now - this.oldest.at >= this.age) this.forget(this.oldest)
  }

  /** Returns the removals after a revision, in the order of their revisions. */
  since(revision: number): ReadonlyArray<Removal> {
    const removals: Array<Removal> = []
    for (let removal = this.newest; removal !== undefined && removal.revision > revision; removal = removal.before)
      removals.push(removal)
    return removals.reverse()
  }

  private forget(removal: Tombstone): void {
    this.unlink(removal)
    this.bySensor.delete(`${removal.device}/${removal.name}`)
    this.floor = removal.revision
  }

  private unlink(removal: Tombstone): void {
    const { after, before } = removal
    if (before === undefined) this.oldest = after
    else before.after = after
    if (after === undefined) this.newest = before
    else after.before = before
  }
}
