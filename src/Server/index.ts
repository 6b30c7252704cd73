/**
 * A device server on any `SocketServer`: sessions, requests, sampling, logs and limits. It knows nothing of Node.
 *
 * @since 0.1.0
 */

// How this room works. Imports flow one way, types included: down this diagram.
//
//   layer ─ launch                        the public ways to serve a device
//     │
//    Hub                                  makes the parts below, and hands each the others that it needs
//     ├─ listening/Listeners              accepts connections; each is a fiber that runs session/serve
//     ├─ clients/                         the list of clients, informs to all of them, limits over all of them
//     ├─ lifetime/                        Stop (the end, in its order), Services (fibers that end the server if they fail)
//     └─ session/Session                  one client: three halves that know each other only downwards
//          ├─ Incoming ─ InFlight ─ Job   parser, turns and places · requests that run · one request and its one reply
//          ├─ sampling/ClientSampling     its strategies, and the readings that wait for a slow client
//          └─ Outgoing                    its outbox, and how its connection ends
//   requests/ ─ standard/ ─ audit/        the entries of the table, and what stands before them: role, guard, hook
//   rehearsal/                            a scripted client of a device of its own, so all of this is compiled early
//   Runtime ─ Options                     options, device, clocks, counters, log: all parts have it, it knows none
//
// The path of a request: `Reading` gets chunks and feeds the parser. `Incoming.take` parses messages, finds the `Entry`
// of each in `Dispatch`, and starts it by `InFlight.start`. The handler receives a `RequestInFlight` (a `Job`), whose
// reply goes to `Outgoing`. `Reading` flushes after the chunk. A handler that suspends replies later, and `Turn` flushes
// then. The socket of `katcp/Node` passes its chunks directly (`OpenSocket`); the client's fiber wakes only if some
// messages must wait.
//
// States of a session:
// - connected: reader and writer are acquired;
// - refused (`turnAway`) or joined (`Clients.join`);
// - alive, reading, or full: too many requests in flight, or replies that the client does not read (`Incoming.room`
// waits);
// - ended, for the first reason that occurs (`Outgoing.closed`, `dismiss`, `accepts`);
// - left (`Session.leave`).
//
// Ownership: the client's fiber owns the connection, and interrupting it closes the connection. `Session.leave` is its
// finalizer. `InFlight` owns the handlers' fibers and interrupts them; those that cannot be interrupted move to
// `Runtime.uninterruptible`. `Outgoing` owns the pending write. Chunks belong to the parser; a `Job` copies the parts
// it keeps.
//
// At its end, the server does this in order (`Stop`): it refuses requests, drains or cancels those in flight, runs
// `onStop`, sends `#disconnect` to all, closes listeners (which waits for all client fibers), and interrupts services.

export * as Access from "./access/Access.ts"
export { AuditRecord, elide, elideText, formatRecord } from "./audit/AuditRecord.ts"
export { type AuditOptions, AuditTrail, withheldBy } from "./audit/AuditTrail.ts"
export { RecordReaders } from "./audit/RecordReaders.ts"
export { Gate, type Gated } from "./gate/Gate.ts"
export { type LineProtocol, type LineSession, serveLines } from "./gate/LineSession.ts"
export { launch } from "./launch.ts"
export { layer } from "./layer.ts"
export { type Drain, type Ending, ServiceFailed } from "./lifetime/Ending.ts"
export { listeners } from "./listening/Listeners.ts"
export type { Opened, OpenSocket } from "./listening/OpenSocket.ts"
export { Peer, PeerCertificate, PeerRole } from "./listening/Peer.ts"
export type { Options, Versions } from "./Options.ts"
export { ofNetwork } from "./rehearsal/network.ts"
export type { Guard, Refusal } from "./requests/Guard.ts"
export type { OnMessage } from "./requests/OnMessage.ts"
export { Server, type StopOptions } from "./Server.ts"
export type { Stats } from "./Stats.ts"
export type { Departure, OnDisconnect } from "./session/Departure.ts"
