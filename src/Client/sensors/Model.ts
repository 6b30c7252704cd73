/**
 * The names of the requests or sensors of a device that were added, removed and changed.
 *
 * @category models
 * @since 0.1.0
 */
export interface Difference {
  readonly added: ReadonlyArray<string>
  readonly removed: ReadonlyArray<string>
  /** Those whose descriptions have changed. */
  readonly changed: ReadonlyArray<string>
}

/**
 * The changes of a device's interface since the last query (Rev 5.1 §4.2, `#interface-changed`).
 *
 * @category models
 * @since 0.1.0
 */
export interface InterfaceChange {
  readonly requests: Difference
  readonly sensors: Difference
}

/** Gathers a {@link Difference}. */
export class Changes implements Difference {
  added: Array<string> = []
  readonly removed: Array<string> = []
  readonly changed: Array<string> = []

  get isEmpty(): boolean {
    return this.added.length === 0 && this.removed.length === 0 && this.changed.length === 0
  }
}

/** The known sensors or requests of a device: all of them, or some by name. */
export class Known<A> {
  /** `true` if all are known: the device has no others. */
  complete = false
  private all = new Map<string, A>()
  private readonly same: (one: A, other: A) => boolean

  constructor(same: (one: A, other: A) => boolean) {
    this.same = same
  }

  get byName(): ReadonlyMap<string, A> {
    return this.all
  }

  /** Replaces all by a listing, which is kept, and records the changes. */
  replace(listing: Map<string, A>, changes: Changes): void {
    const { all } = this
    // on connecting nothing is known, so no lookups are needed
    if (all.size === 0) changes.added = [...listing.keys()]
    else {
      for (const name of all.keys()) if (!listing.has(name)) changes.removed.push(name)
      for (const [name, value] of listing) this.note(name, all.get(name), value, changes)
    }
    this.all = listing
    this.complete = true
  }

  /** Sets the item of one name, or `undefined` if the device does not have it, and records the change. */
  update(name: string, value: A | undefined, changes: Changes): void {
    const former = this.all.get(name)
    if (value === undefined) {
      if (this.all.delete(name)) changes.removed.push(name)
    } else {
      this.all.set(name, value)
      this.note(name, former, value, changes)
    }
  }

  private note(name: string, former: A | undefined, value: A, changes: Changes): void {
    if (former === undefined) changes.added.push(name)
    else if (!this.same(former, value)) changes.changed.push(name)
  }
}
