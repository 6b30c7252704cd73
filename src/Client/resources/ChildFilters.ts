import { matcherOf, type SensorFilter } from "../sensors/filter.ts"
import { tolerant } from "./Policy.ts"

/** Returns a container's name for a sensor of a child. Names that begin with `agg_` are unchanged. */
export const nameWithin = (child: string, sensor: string): string =>
  sensor.startsWith("agg_") ? sensor : `${child}_${sensor}`

/** Returns a text that is equal for equal filters, or `undefined` for a function. */
const keyOf = (filter: SensorFilter): string | undefined =>
  typeof filter === "function" ? undefined : `${typeof filter} ${filter}`

/**
 * Converts filters by a container's names (`child_sensor`) to filters by the names of one child. Equal filters give the
 * same function, so a rule replaces the former rule with the same filter.
 */
export class ChildFilters {
  private readonly child: string
  private readonly byText = new Map<string, SensorFilter>()
  private readonly byFunction = new WeakMap<object, SensorFilter>()

  constructor(child: string) {
    this.child = child
  }

  /** Returns the filter by the child's own names. */
  of(filter: SensorFilter): SensorFilter {
    const { byFunction, byText, child } = this
    const key = keyOf(filter)
    const known = typeof filter === "function" ? byFunction.get(filter) : byText.get(key!)
    if (known !== undefined) return known
    const { matches } = matcherOf(tolerant(filter))
    const own = (name: string) => matches(nameWithin(child, name))
    if (typeof filter === "function") byFunction.set(filter, own)
    else byText.set(key!, own)
    return own
  }

  /** Drops a filter without a rule. */
  forget(filter: SensorFilter): void {
    const key = keyOf(filter)
    if (key !== undefined) this.byText.delete(key)
  }
}
