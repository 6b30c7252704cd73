import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as NetAddress from "effect/net/NetAddress"
import * as Scope from "effect/Scope"
import type * as Socket from "effect/socket/Socket"
import { Address } from "../Codec/index.ts"
import { errorText } from "../Message/index.ts"
import { hostOf } from "./Admission.ts"
import type { Hub } from "./Hub.ts"
import { Peer, PeerCertificate } from "./Peer.ts"
import { Session } from "./Session.ts"
import { Opening } from "./Stranger.ts"

/** How long requests in flight may go on when the client has closed its end, in milliseconds. */
const lingering = 5000
/**
 * Bytes that are read ahead of requests that cannot be started yet, so that the end of a connection is seen. It is as much
 * as Node reads of a socket at once.
 */
const readAhead = 65536

const encoder = new TextEncoder()
const thisFiber = Effect.withFiber(Effect.succeed)

/**
 * Serves one client: the fiber that the socket server runs for each connection. It reads chunk by chunk, starts a
 * request for each message, and writes the replies of a chunk at once; it stops reading while the client has too many
 * requests in flight, or does not read its replies.
 */
export const serve = (hub: Hub, socket: Socket.Socket, listener: NetAddress.SocketAddress): Effect.Effect<void> =>
  Effect.catchCause(Effect.scoped(Effect.flatMap(open(hub, socket, listener), converse)), report)

interface Connection {
  readonly session: Session
  readonly pull: Socket.Reader["pull"]
}

/** Lets the client in. */
const open = Effect.fnUntraced(function* (hub: Hub, socket: Socket.Socket, listener: NetAddress.SocketAddress) {
  const fiber = yield* thisFiber
  const scope = Context.getUnsafe(fiber.context, Scope.Scope)
  const { onConnect } = hub.options
  // closed last
  const visit = onConnect === undefined ? undefined : yield* Scope.fork(scope)
  const writer = yield* socket.writer
  // before the first write: that waits for the reader
  const { pull } = yield* socket.reader
  const peer = fiber.getRef(Peer)
  const visitor = { address: peer, listener, certificate: fiber.getRef(PeerCertificate) }
  const session = new Session(hub, addressOf(peer), visitor, fiber, writer)
  yield* Scope.addFinalizer(scope, session.leave)
  const host = hub.options.maxClientsPerAddress === Number.POSITIVE_INFINITY ? undefined : hostOf(peer)
  const refusal =
    session.role === "none" ? `This device does not serve ${session.address}.` : hub.admission.refusal(host)
  if (refusal !== undefined) {
    session.turnAway(refusal)
    return yield* Effect.never
  }
  if (host !== undefined) {
    hub.admission.enter(host)
    // before it is said goodbye
    yield* Scope.addFinalizer(
      scope,
      Effect.sync(() => hub.admission.leave(host))
    )
  }
  greet(hub, session)
  hub.join(session)
  if (onConnect !== undefined && visit !== undefined)
    yield* onConnect(session).pipe(
      Effect.provideService(Scope.Scope, visit),
      Effect.onError((cause) =>
        Effect.suspend(() => {
          session.dismiss("This device cannot serve you.")
          if (!Cause.hasInterruptsOnly(cause)) hub.report("Error", "onConnect", "onConnect has failed", cause)
          return Effect.void
        })
      )
    )
  return { session, pull }
})

const converse = (connection: Connection) => Effect.catch(read(connection), (error) => last(connection, error))

/** A new client is told the versions before anything else (Rev 5.1 §4.2). */
const greet = (hub: Hub, session: Session): void => {
  if (hub.dialect.versionConnect)
    for (const version of hub.versions()) session.write("inform", "version-connect", undefined, version)
  else {
    const [, version = "", build = ""] = hub.versions().find(([role]) => role === "katcp-device") ?? []
    session.write("inform", "version", undefined, [version])
    session.write("inform", "build-state", undefined, [build])
  }
}

const read = Effect.fnUntraced(function* ({ pull, session }: Connection) {
  const opening = new Opening()
  while (true) {
    const chunks = yield* pull
    if (!opening.decided) look(opening, session, chunks)
    feed(session, chunks)
    for (let ahead = 0; ; ) {
      const taken = session.take()
      session.flush()
      if (taken === "all") break
      if (taken === "some") yield* othersFirst(session)
      else
        while (!session.ready) {
          const chunks = ahead < readAhead ? yield* Effect.raceFirst(session.room, pull) : yield* session.room
          if (chunks !== undefined) ahead += feed(session, chunks)
        }
    }
  }
})

/** Lets the event loop go round. */
const othersFirst = (session: Session): Effect.Effect<void> => Effect.map(Effect.yieldNow, () => session.newTurn())

/** Peers that do not speak KATCP are told from others by their first bytes. */
const look = (opening: Opening, session: Session, chunks: ReadonlyArray<Uint8Array | string>): void => {
  for (const chunk of chunks) {
    const reason = opening.look(typeof chunk === "string" ? encoder.encode(chunk) : chunk)
    if (reason !== undefined) session.expel(reason)
  }
}

const feed = (session: Session, chunks: ReadonlyArray<Uint8Array | string>): number => {
  let size = 0
  for (const chunk of chunks) {
    const bytes = typeof chunk === "string" ? encoder.encode(chunk) : chunk
    session.parser.feed(bytes)
    size += bytes.length
  }
  session.read(size)
  return size
}

/** The client has closed its end, or the connection has broken. What it asked in order is still done, and answered. */
const last = Effect.fnUntraced(function* ({ session }: Connection, error: Socket.SocketError) {
  const { reason } = error
  if (reason._tag !== "SocketCloseError" || reason.code !== 1000) {
    session.goes("lost", `The connection was lost: ${why(reason)}`)
    return yield* Effect.logDebug(`${session.address} was lost`, error)
  }
  session.goes("closed", "The client has closed the connection.")
  const answered = Effect.gen(function* () {
    for (let taken = session.take(); taken !== "all"; taken = session.take())
      yield* taken === "full" ? session.room : othersFirst(session)
    session.flush()
    yield* session.idle
    yield* session.drained
  })
  const done = yield* Effect.timeoutOption(answered, lingering)
  if (done._tag === "None") session.cancel("Request cancelled: the client closed its end of the connection.")
  const { pending } = session.parser
  if (pending > 0)
    session.hub.report("Warn", "cut line", `${session.address} closed amid a line: its ${pending} bytes are dropped`)
})

const why = (reason: Socket.SocketError["reason"]): string =>
  reason._tag === "SocketCloseError" ? `closed with code ${reason.code}` : errorText(reason.cause, reason._tag)

/** That a connection ends before it is open is of no interest; a defect is. */
const report = (cause: Cause.Cause<Socket.SocketError>): Effect.Effect<void> =>
  cause.reasons.some(Cause.isDieReason)
    ? Effect.logError("serving a client has failed", cause)
    : Cause.hasInterruptsOnly(cause)
      ? Effect.void
      : Effect.logDebug("a connection could not be opened", cause)

let unnamed = 0
/** The address as Rev 5.1 §3 writes it; IPv4 in IPv6 as IPv4. */
const addressOf = (peer: NetAddress.SocketAddress | undefined): string => {
  if (peer !== undefined && peer._tag !== "UnixPathAddress") return Address.fromInet(peer).toString()
  // no address of Rev 5.1 §3 fits, but each client must be told from the others
  unnamed = (unnamed % 65535) + 1
  return `0.0.0.0:${unnamed}`
}
