import * as Schema from "effect/Schema"
import type { RequestRole } from "../../Interface/index.ts"
import type { SiteDevice, SiteShape } from "../../Site/index.ts"

/** The state of a device as its runner reports it to the others, in the sensor `proxy.m000.state`. */
const LinkState = Schema.Struct({
  /** The number of the runner's activation of the device. */
  epoch: Schema.Int,
  state: Schema.String,
  connected: Schema.Boolean,
  synced: Schema.Boolean,
  since: Schema.Finite,
  syncedAt: Schema.optionalKey(Schema.Finite),
  address: Schema.optionalKey(Schema.String),
  description: Schema.String,
  error: Schema.optionalKey(Schema.String),
  protocol: Schema.optionalKey(Schema.String),
  losses: Schema.Int,
  /** The roles of requests in the device's contract; absent without a contract. */
  roles: Schema.optionalKey(Schema.Record(Schema.String, Schema.Literals(["read", "control", "admin"]))),
  /** The number of sensors by status code. */
  counts: Schema.Array(Schema.Int)
})

/** The state of a device as its runner reports it. */
export type LinkState = typeof LinkState.Type

const rolesOf = (described: NonNullable<SiteDevice["described"]>): NonNullable<LinkState["roles"]> => {
  const roles: Record<string, RequestRole> = {}
  for (const [name, { role }] of described) if (role !== undefined) roles[name] = role
  return roles
}

const decode = Schema.decodeUnknownResult(Schema.fromJsonString(LinkState))

/** Parses a state; undefined for a malformed text. */
export const parseLinkState = (text: string): LinkState | undefined => {
  const decoded = decode(text)
  return decoded._tag === "Success" ? decoded.success : undefined
}

/**
 * Returns the option `state` of the proxy for other runners: the state of each device of its own site, with the epoch
 * of the runner's activation. It omits data that change with every reading.
 *
 * @category links
 * @since 0.1.0
 */
export const linkState =
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
