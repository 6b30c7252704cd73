/**
 * What has come, gone and changed of the requests or sensors of a device, by name.
 *
 * @category models
 * @since 0.1.0
 */
export interface Difference {
  readonly added: ReadonlyArray<string>
  readonly removed: ReadonlyArray<string>
  /** What is described otherwise than before. */
  readonly changed: ReadonlyArray<string>
}

/**
 * What has changed in the interface of a device since it was last looked at (Rev 5.1 §4.2, `#interface-changed`).
 *
 * @category models
 * @since 0.1.0
 */
export interface InterfaceChange {
  readonly requests: Difference
  readonly sensors: Difference
}

/** Gathers what has come, gone and changed. */
export class Changes implements Difference {
  added: Array<string> = []
  readonly removed: Array<string> = []
  readonly changed: Array<string> = []

  get isEmpty(): boolean {
    return this.added.length === 0 && this.removed.length === 0 && this.changed.length === 0
  }
}

/** What was heard of a device's sensors or requests: all of them, or some by name. */
export class Known<A> {
  /** Whether all are known as they are: a name that is not among them is none. */
  complete = false
  private all = new Map<string, A>()
  private readonly same: (one: A, other: A) => boolean

  constructor(same: (one: A, other: A) => boolean) {
    this.same = same
  }

  get byName(): ReadonlyMap<string, A> {
    return this.all
  }

  /** Takes what all of them are now, and notes what that changes. The listing is kept. */
  replace(listing: Map<string, A>, changes: Changes): void {
    const { all } = this
    // on connecting nothing is known: nothing is to be looked up
    if (all.size === 0) changes.added = [...listing.keys()]
    else {
      for (const name of all.keys()) if (!listing.has(name)) changes.removed.push(name)
      for (const [name, value] of listing) this.note(name, all.get(name), value, changes)
    }
    this.all = listing
    this.complete = true
  }

  /** Takes what is now under one name, undefined where nothing is, and notes what that changes. */
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
