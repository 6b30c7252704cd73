import type * as Sensor from "../../Sensor/index.ts"
import type { Listing } from "./inspect.ts"
import { sameDescription } from "./inspect.ts"

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

/** What was heard of a device's sensors or requests: all of them, or some by name. */
export class Known<A> {
  /** Whether all are known: a name that is not among them is none. */
  complete = false
  private readonly all = new Map<string, A>()
  private readonly same: (one: A, other: A) => boolean

  constructor(same: (one: A, other: A) => boolean) {
    this.same = same
  }

  get byName(): ReadonlyMap<string, A> {
    return this.all
  }

  /** Takes what all of them are now; gives what that changes. */
  replace(listing: Listing<A>): Difference {
    const removed: Array<string> = []
    for (const name of this.all.keys()) if (!listing.has(name)) removed.push(name)
    for (const name of removed) this.all.delete(name)
    const difference = this.merge(listing)
    this.complete = true
    return { ...difference, removed }
  }

  /** Takes what is now under one name, perhaps nothing. */
  update(name: string, listing: Listing<A>): Difference {
    if (listing.size > 0) return this.merge(listing)
    return { added: [], changed: [], removed: this.all.delete(name) ? [name] : [] }
  }

  private merge(listing: Listing<A>): Difference {
    const added: Array<string> = []
    const changed: Array<string> = []
    for (const [name, value] of listing) {
      const former = this.all.get(name)
      if (former === undefined) added.push(name)
      else if (this.same(former, value)) continue
      else changed.push(name)
      this.all.set(name, value)
    }
    return { added, changed, removed: [] }
  }
}

/** The sensors that are known of a device. */
export const knownSensors = (): Known<Sensor.Any> => new Known(sameDescription)

/** The requests that are known of a device, with their help. */
export const knownRequests = (): Known<string> => new Known((one, other) => one === other)

/** Both as one; undefined where nothing has changed. */
export const changeOf = (requests: Difference, sensors: Difference): InterfaceChange | undefined =>
  isNone(requests) && isNone(sensors) ? undefined : { requests, sensors }

/** Several differences, one after the other, as one. */
export const concat = (differences: ReadonlyArray<Difference>): Difference => ({
  added: differences.flatMap(({ added }) => added),
  removed: differences.flatMap(({ removed }) => removed),
  changed: differences.flatMap(({ changed }) => changed)
})

const isNone = ({ added, changed, removed }: Difference): boolean =>
  added.length === 0 && removed.length === 0 && changed.length === 0
