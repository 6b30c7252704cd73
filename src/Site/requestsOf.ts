import * as Effect from "effect/Effect"
import type { AuditTrail } from "./AuditTrail.ts"
import type { SiteDevice } from "./Device.ts"
import { NoSuchDevice } from "./errors.ts"
import { passOn } from "./pass.ts"
import type { SiteShape } from "./SiteShape.ts"

/** The known devices that an error about an unknown one names. Not measured: they fit on a screen. */
const namedInErrors = 20

/**
 * Returns the part of a site that needs only its devices: it finds them, and makes requests to them.
 *
 * @category constructors
 * @since 0.1.0
 */
export const requestsOf = (
  devices: ReadonlyMap<string, SiteDevice>,
  audit: AuditTrail
): Pick<SiteShape, "audit" | "device" | "pass" | "passWith" | "request"> => {
  const device = (name: string): Effect.Effect<SiteDevice, NoSuchDevice> =>
    Effect.suspend(() => {
      const found = devices.get(name)
      return found === undefined
        ? Effect.fail(new NoSuchDevice({ device: name, known: [...devices.keys()].slice(0, namedInErrors) }))
        : Effect.succeed(found)
    })
  const passWith: SiteShape["passWith"] = (asked, run) =>
    passOn(asked, {
      device,
      found: devices.get(asked.device),
      run,
      record: (record, logged) => audit.add(record, logged)
    })
  return {
    device,
    request: (name, request, values, callOptions) =>
      Effect.flatMap(device(name), ({ client }) => client.call(request, values, callOptions)),
    pass: (asked, callOptions) =>
      passWith(asked, ({ client }) => client.callRaw(asked.request, asked.arguments, callOptions)),
    passWith,
    audit: audit.stream
  }
}

/**
 * Splits a path `device/sensor`. Without a `/`, all of it is the device.
 *
 * @category getters
 * @since 0.1.0
 */
export const splitPath = (path: string): readonly [device: string, sensor: string] => {
  const slash = path.indexOf("/")
  return slash === -1 ? [path, ""] : [path.slice(0, slash), path.slice(slash + 1)]
}
