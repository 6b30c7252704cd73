/**
 * A device server on any `SocketServer`: sessions, dispatch, the standard requests, logs and limits. Knows nothing of
 * Node.
 *
 * @since 0.1.0
 */
export * as Access from "./access/Access.ts"
export { AuditRecord, elide, formatRecord } from "./audit/AuditRecord.ts"
export { type AuditOptions, AuditTrail } from "./audit/AuditTrail.ts"
export { Gate, type Gated } from "./gate/Gate.ts"
export { type LineProtocol, type LineSession, serveLines } from "./gate/LineSession.ts"
export { launch } from "./launch.ts"
export { layer } from "./layer.ts"
export { type Drain, type Ending, ServiceFailed } from "./lifetime/Ending.ts"
export { listeners } from "./listening/Listeners.ts"
export { Peer, PeerCertificate } from "./listening/Peer.ts"
export type { Options, Versions } from "./Options.ts"
export type { Guard, Refusal } from "./requests/Guard.ts"
export type { OnMessage } from "./requests/OnMessage.ts"
export { Server, type StopOptions } from "./Server.ts"
export type { Stats } from "./Stats.ts"
export type { Departure, OnDisconnect } from "./session/Departure.ts"
