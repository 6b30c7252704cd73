/**
 * A device server on any `SocketServer`: sessions, dispatch, the standard requests, logs and limits. Knows nothing of
 * Node.
 *
 * @since 0.1.0
 */
export * as Access from "./access/Access.ts"
export { AuditRecord, elide, formatRecord } from "./audit/AuditRecord.ts"
export { type AuditOptions, AuditTrail } from "./audit/AuditTrail.ts"
export type { Departure, OnDisconnect } from "./Farewell.ts"
export { Gate, type Gated } from "./Gate.ts"
export type { Guard, Refusal } from "./Guard.ts"
export { type LineProtocol, type LineSession, serveLines } from "./LineSession.ts"
export { listeners } from "./Listeners.ts"
export { launch } from "./launch.ts"
export { layer } from "./layer.ts"
export type { OnMessage } from "./OnMessage.ts"
export type { Options, Versions } from "./Options.ts"
export { Peer, PeerCertificate } from "./Peer.ts"
export { Server, type StopOptions } from "./Server.ts"
export { ServiceFailed } from "./Services.ts"
export type { Stats } from "./Stats.ts"
export type { Drain, Ending } from "./Stop.ts"
