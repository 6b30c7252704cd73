import type { Listing } from "./inspect.ts"

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
  readonly added: Array<string> = []
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
  private readonly all = new Map<string, A>()
  private readonly same: (one: A, other: A) => boolean

  constructor(same: (one: A, other: A) => boolean) {
    this.same = same
  }

  get byName(): ReadonlyMap<string, A> {
    return this.all
  }

  /** Takes what all of them are now, and notes what that changes. */
  replace(listing: Listing<A>, changes: Changes): void {
    for (const name of this.all.keys()) if (!listing.has(name)) this.remove(name, changes)
    for (const [name, value] of listing) this.set(name, value, changes)
    this.complete = true
  }

  /** Takes what is now under one name, undefined where nothing is, and notes what that changes. */
  update(name: string, value: A | undefined, changes: Changes): void {
    if (value === undefined) this.remove(name, changes)
    else this.set(name, value, changes)
  }

  private set(name: string, value: A, changes: Changes): void {
    const former = this.all.get(name)
    if (former !== undefined && this.same(former, value)) return
    this.all.set(name, value)
    if (former === undefined) changes.added.push(name)
    else changes.changed.push(name)
  }

  private remove(name: string, changes: Changes): void {
    if (this.all.delete(name)) changes.removed.push(name)
  }
}
