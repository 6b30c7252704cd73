/**
 * A device server on any `SocketServer`: sessions, dispatch, the standard requests, logs and limits. Knows nothing of
 * Node.
 *
 * @since 0.1.0
 */
export { type LineProtocol, type LineSession, serveLines } from "./LineSession.ts"
export type { Options } from "./Options.ts"
export { Peer } from "./Peer.ts"
export { launch, layer, Server } from "./Server.ts"
export type { Stats } from "./Stats.ts"
