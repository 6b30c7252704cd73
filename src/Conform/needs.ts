import type { Check, Needs } from "./Check.ts"
import { type Facts, sensorFor } from "./Device.ts"

/** Requests of test devices. Elsewhere they may mean anything: a `?raise` may move a mast. */
const ofTests = ["add-sensor", "echo", "raise", "remove-sensor", "set-sensor", "sleep", "write-log"]

/** The permissions of a run. */
export interface Permissions {
  readonly destructive?: boolean | undefined
  readonly testRequests?: boolean | undefined
}

/** Returns the unmet need of a check: a missing property of the device, or a missing permission. */
export const lacking = ({ harm, needs }: Check, facts: Facts, allowed: Permissions): string | undefined => {
  if (harm !== undefined && allowed.destructive !== true) return `${harm}, which this run may not risk`
  if (needs === undefined) return undefined
  return ofProtocol(needs, facts) ?? ofRequests(needs, facts, allowed) ?? ofSensors(needs, facts)
}

const ofProtocol = ({ flag, major, several, without }: Needs, { protocol, ...facts }: Facts): string | undefined => {
  if (major !== undefined && protocol.major !== major)
    return `it is for version ${major}; the device speaks ${protocol}`
  if (flag !== undefined && !protocol.supports(flag)) return `the device does not announce flag ${flag}`
  if (without !== undefined && (protocol.major < 5 || protocol.supports(without)))
    return `it is for devices of version 5 without flag ${without}`
  if (several !== undefined && several !== facts.several)
    return several ? "the device serves one client at a time" : "the device serves several clients at once"
  return undefined
}

const ofRequests = (
  { destructive, requests = [], set }: Needs,
  facts: Facts,
  allowed: Permissions
): string | undefined => {
  if (destructive === true && allowed.destructive !== true) return "it ends the device, which this run may not"
  const wanted = set === undefined ? requests : [...requests, "set-sensor"]
  const missing = wanted.find((name) => !facts.requests.includes(name))
  if (missing !== undefined) return `the device has no ?${missing}`
  const notTried = allowed.testRequests === true ? undefined : wanted.find((name) => ofTests.includes(name))
  return notTried === undefined ? undefined : `it needs ?${notTried}, which this run may not use`
}

const ofSensors = ({ sensor, set }: Needs, facts: Facts): string | undefined => {
  const need = set ?? sensor
  if (need === undefined) return undefined
  const found = sensorFor(facts, need)
  const what = need === "any" ? "sensor" : `sensor that is ${need}`
  if (found === undefined) return `the device has no ${what}`
  return set !== undefined && found.settable === undefined ? `?set-sensor can set no ${what}` : undefined
}
