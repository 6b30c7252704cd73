import * as Effect from "effect/Effect"
import { permits, roleNeeded } from "../../Interface/index.ts"
import { nearest } from "../../Message/index.ts"
import { type Status, statuses } from "../../Sensor/index.ts"
import { type Allow, type Caller, roleOf, type SiteDevice, type SiteShape } from "../../Site/index.ts"
import { argumentJson } from "./arguments.ts"
import { NotFound } from "./problems.ts"
import type { DeviceJson } from "./schemas.ts"

/** A device and its state, as JSON. */
export const deviceJson = (site: SiteShape, { counts: told, description, health, name }: SiteDevice): DeviceJson => {
  const counts = Object.fromEntries(statuses.map((status, code) => [status, told?.[code] ?? 0])) as Record<
    Status,
    number
  >
  if (told === undefined) for (const { status } of site.table.of(name)) counts[status]++
  const { address, connected, error, lag, losses, protocol, readings, sensors, since, state, synced } = health
  return {
    name,
    ...(description === "" ? {} : { description }),
    ...(address === undefined ? {} : { address }),
    state,
    connected,
    synced,
    since,
    ...(error === undefined ? {} : { error: error.toWellFormed() }),
    ...(protocol === undefined ? {} : { protocol: `${protocol}` }),
    losses,
    sensors,
    readings,
    ...(lag === undefined || !Number.isFinite(lag) ? {} : { lag }),
    counts
  }
}

/** The runners of a fleet whose devices are unknown now, if there are any. */
export const missingOf = ({ missing }: SiteShape): { readonly missing?: ReadonlyArray<string> } => {
  const names = missing?.() ?? []
  return names.length === 0 ? {} : { missing: names }
}

/** The device of a name. Fails with similar names. */
export const deviceOf = (site: SiteShape, name: string): Effect.Effect<SiteDevice, NotFound> => {
  const found = site.devices.get(name)
  return found === undefined ? Effect.fail(noDevice(site, name)) : Effect.succeed(found)
}

export const noDevice = (site: SiteShape, name: string): NotFound => {
  const near = nearest(name, site.devices.keys())
  return new NotFound({
    detail: `there is no device ${JSON.stringify(name.slice(0, 100))}${near.length === 0 ? "" : `; did you mean ${near.join(", ")}?`}`,
    near
  })
}

/** A device with its requests. */
export const deviceDetails = (
  site: SiteShape,
  device: SiteDevice,
  allow: Allow.Allow,
  { role }: Caller["Service"]
) => ({
  ...deviceJson(site, device),
  ...missingOf(site),
  requests: Array.from(device.requests, ([name, help]) => {
    const described = device.described?.get(name)
    const stated = roleOf(device, name)
    const needed = roleNeeded({ name, role: stated })
    return {
      name,
      help: help.toWellFormed(),
      role: needed,
      allowed: allow.permits(device.name, name, stated) && permits(role, needed),
      ...(described?.kind === "typed" ? { arguments: described.args.map(argumentJson) } : {})
    }
  }).sort((one, other) => (one.name < other.name ? -1 : 1))
})
