import { permits, type Role, roleNeeded } from "../Interface/index.ts"
import { Strategy } from "../Sampling/index.ts"
import type { SiteShape } from "../Site/index.ts"
import type { SensorRules } from "./SensorRule.ts"
import type { ServedRequests } from "./ServedRequests.ts"
import type { ServedSensors } from "./ServedSensors.ts"

/**
 * The destination of a name of a proxy: the answer of `?proxy-check`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Found {
  /** The kind of item: a sensor, or a request. */
  readonly kind: "sensor" | "request"
  /** `device/name` of the origin; `proxy` for an item of the proxy itself. */
  readonly origin: string
  /** The reason for this name: `default`, or `rule 1`. */
  readonly rule: string
  /** The strategy of the site for a sensor; empty for requests and own sensors. */
  readonly strategy: string
  /** `true` if this client may use it. */
  readonly allowed: boolean
}

/** The parts that know the names of a proxy. */
interface Names {
  readonly site: SiteShape
  readonly sensors: ServedSensors
  readonly requests: ServedRequests
  readonly rules: SensorRules
  readonly hasOwnSensor: (name: string) => boolean
  readonly ownRole: (name: string) => Role | undefined
}

/** Returns all items with a name, for a client of a role. */
export const lookUp = (
  { hasOwnSensor, ownRole, requests, rules, sensors, site }: Names,
  name: string,
  role: Role
): ReadonlyArray<Found> => {
  const found: Array<Found> = []
  const row = sensors.rowOf(name)
  if (row !== undefined) {
    const { rule } = rules.of(row.device, row.name)
    const strategy = site.selection.strategyOf(row.device, row.name)
    found.push({
      kind: "sensor",
      origin: row.path,
      rule: rule === undefined ? "default" : `rule ${rule + 1}`,
      strategy: strategy === undefined ? "" : Strategy.toText(strategy),
      allowed: permits(role, "read")
    })
  } else if (hasOwnSensor(name))
    found.push({ kind: "sensor", origin: "proxy", rule: "default", strategy: "", allowed: permits(role, "read") })
  const passed = requests.served.get(name)
  const own = ownRole(name)
  if (passed !== undefined)
    found.push({
      kind: "request",
      origin: `${passed.device}/${passed.request}`,
      rule: "default",
      strategy: "",
      allowed: permits(role, roleNeeded({ name: passed.request, role: passed.role }))
    })
  else if (own !== undefined)
    found.push({ kind: "request", origin: "proxy", rule: "default", strategy: "", allowed: permits(role, own) })
  return found
}
