/**
 * A device server on any `SocketServer`: sessions, dispatch, the standard requests, logs and limits. Knows nothing of
 * Node.
 *
 * @since 0.1.0
 */
export type { Options } from "./Options.ts"
export { Peer } from "./Peer.ts"
export { launch, layer, Server } from "./Server.ts"
