import { Allow } from "../Site/index.ts"
import { type ProxyOptions, ProxyRefused } from "./options.ts"
import { SensorRules } from "./SensorRule.ts"
import { requestCollision } from "./ServedRequests.ts"

/**
 * The reason why a proxy cannot serve a site.
 *
 * @category models
 * @since 0.1.0
 */
export interface Refusal {
  /** The place in the section `proxy` of a site file; empty for the whole section. */
  readonly at: ReadonlyArray<string>
  /** The fault, with all names and rules that it involves, and a remedy. */
  readonly message: string
}

/**
 * Returns the reason why a proxy with these options cannot serve a site of these devices; `undefined` if it can. Without
 * devices, only the options themselves are checked.
 *
 * @category getters
 * @since 0.1.0
 */
export const refusalOf = (options: ProxyOptions, devices?: ReadonlyArray<string>): Refusal | undefined => {
  const { id, requests: allow = Allow.none, sensors = [], transparent } = options
  const refuse = (key: string, message: string): Refusal => ({ at: key === "" ? [] : [key], message })
  if (id !== undefined && !/^[A-Za-z0-9-]+$/.test(id))
    return refuse("id", `the id ${JSON.stringify(id)} is malformed: use letters, digits and "-"`)
  if (devices?.includes("proxy") === true)
    return refuse("", "no device of a proxy may be called proxy: its sensors would take the names of the proxy's own")
  if (transparent !== undefined && devices !== undefined && (devices.length !== 1 || devices[0] !== transparent))
    return refuse(
      "transparent",
      `a transparent proxy serves one device, ${transparent}; the site has ${devices.length === 0 ? "none" : devices.join(", ")}`
    )
  let rules: SensorRules
  try {
    rules = new SensorRules(sensors, transparent)
  } catch (error) {
    return refuse("sensors", error instanceof ProxyRefused ? error.message : String(error))
  }
  const collision = rules.collision(devices ?? [])
  if (collision !== undefined) return refuse("sensors", `sensor names collide: ${collision}`)
  const unpassable = allow.patterns.map(Allow.unpassableIn).find((fault) => fault !== undefined)
  if (unpassable !== undefined) return refuse("allow", unpassable)
  const clash = requestCollision(devices ?? [], allow, transparent)
  return clash === undefined ? undefined : refuse("allow", `request names collide: ${clash}; rename a device`)
}
