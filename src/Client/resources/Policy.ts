import { matcherOf, type SensorFilter } from "../sensors/filter.ts"
import { escaped } from "./pythonNames.ts"

/**
 * The requests that may be made of a device.
 *
 * @category models
 * @since 0.1.0
 */
export interface Policy {
  /** `true` (default) if the device may be controlled. `false` allows only {@link Policy.alwaysAllowed} requests. */
  readonly controlled?: boolean | undefined
  /** Requests that are always allowed, even if the device is not controlled; `-` and `_` are equal. None by default. */
  readonly alwaysAllowed?: ReadonlyArray<string> | undefined
  /** Requests that are never allowed, despite the other options. None by default. */
  readonly alwaysExcluded?: ReadonlyArray<string> | undefined
}

/** Returns a function that returns why a request is not allowed, or `undefined` if it is. */
export const refusalOf = (policy: Policy): ((request: string) => string | undefined) => {
  const allowed = new Set(policy.alwaysAllowed?.map(escaped))
  const excluded = new Set(policy.alwaysExcluded?.map(escaped))
  return (request) => {
    const name = escaped(request)
    if (excluded.has(name)) return `?${request} is excluded here`
    return policy.controlled !== false || allowed.has(name)
      ? undefined
      : `this device is not controlled from here, and ?${request} is not always allowed`
  }
}

/**
 * Returns a filter that matches a sensor by its name or by its name in Python programs: names, globs and
 * regular expressions are tried on both. A function receives only the name.
 */
export const tolerant = (filter: SensorFilter): SensorFilter => {
  if (typeof filter === "function") return filter
  const { matches } = matcherOf(filter)
  return (name) => matches(name) || matches(escaped(name))
}
