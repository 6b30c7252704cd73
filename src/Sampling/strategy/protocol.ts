/** The strategies of the versions of the protocol. */
import type { Protocol } from "../../Message/index.ts"
import { event, type Strategy } from "./Strategy.ts"
import { byName, byTag } from "./table.ts"

/**
 * Returns `true` if a version of the protocol has a strategy of this name: version 4 has five, versions from 5 on have
 * seven (Rev 5.1 §7.1, Table 9). Returns `false` for unknown names.
 *
 * @category protocol
 * @since 0.1.0
 */
export const isAllowed = (name: string, protocol: Pick<Protocol, "major">): boolean => {
  const row = byName.get(name)
  return row !== undefined && protocol.major >= row.since
}

/**
 * Returns the strategy itself if the version of the protocol has it, otherwise `event`: every strategy can be derived
 * from the changes that `event` reports.
 *
 * @category protocol
 * @since 0.1.0
 */
export const inProtocol = (strategy: Strategy, protocol: Pick<Protocol, "major">): Strategy =>
  protocol.major >= byTag[strategy._tag].since ? strategy : event
