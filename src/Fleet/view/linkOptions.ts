import type { RequestRole } from "../../Interface/index.ts"
import type { SiteDevice, SiteShape } from "../../Site/index.ts"
import type { LinkState } from "./linkState.ts"

/**
 * The options of the proxy that serves the devices of a runner to the other runners.
 *
 * @category links
 * @since 0.1.0
 */
export interface LinkOptions {
  readonly state: (device: SiteDevice) => string
  readonly server: { readonly interfaceChanged: "few" }
}

/**
 * Returns the options of the proxy that serves a site to the other runners. `state` is the state of each device, with the
 * epoch of the runner's activation. It omits data that change with every reading. Changed sensors are named one by one, so
 * the other runners list only these again, and not those of all devices.
 *
 * @category links
 * @since 0.1.0
 */
export const linkOptions = (own: SiteShape, held: () => ReadonlyMap<string, number>): LinkOptions => ({
  state: stateOf(own, held),
  server: { interfaceChanged: "few" }
})

const rolesOf = (described: NonNullable<SiteDevice["described"]>): NonNullable<LinkState["roles"]> => {
  const roles: Record<string, RequestRole> = {}
  for (const [name, { role }] of described) if (role !== undefined) roles[name] = role
  return roles
}

const stateOf =
  (own: SiteShape, held: () => ReadonlyMap<string, number>) =>
  ({ described, description, health, name }: SiteDevice): string => {
    const { address, connected, error, losses, protocol, since, state, synced, syncedAt } = health
    const counts = [0, 0, 0, 0, 0, 0, 0]
    for (const { code } of own.table.of(name)) counts[code]!++
    const told: LinkState = {
      epoch: held().get(name) ?? 0,
      state,
      connected,
      synced,
      since,
      ...(syncedAt === undefined ? {} : { syncedAt }),
      ...(address === undefined ? {} : { address }),
      description,
      ...(error === undefined ? {} : { error: error.slice(0, 1000).toWellFormed() }),
      ...(protocol === undefined ? {} : { protocol: `${protocol}` }),
      losses,
      ...(described === undefined ? {} : { roles: rolesOf(described) }),
      counts
    }
    return JSON.stringify(told)
  }
