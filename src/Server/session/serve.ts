import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as NetAddress from "effect/net/NetAddress"
import * as Scope from "effect/Scope"
import type * as Socket from "effect/socket/Socket"
import { Address } from "../../Codec/index.ts"
import type { Role } from "../../Interface/index.ts"
import { errorText } from "../../Message/index.ts"
import type { ConnectionInfo } from "../access/Access.ts"
import { type Admission, hostOf } from "../clients/Admission.ts"
import { Opening } from "../gate/foreignProtocol.ts"
import { Peer, PeerCertificate, PeerRole } from "../listening/Peer.ts"
import type { Runtime } from "../Runtime.ts"
import { Session, type SessionParts } from "./Session.ts"

/**
 * Milliseconds that requests in flight may continue after the client closed its end. Not measured: as long as clients
 * wait for a reply by default, so later replies have no reader.
 */
const halfCloseGrace = 5000
/**
 * Bytes read ahead of requests that cannot be started yet, so the end of a connection is noticed. Given by Node: it
 * reads this much from a socket at once.
 */
const readAhead = 65536

const encoder = new TextEncoder()
const thisFiber = Effect.withFiber(Effect.succeed)

/** The parts of a server that serving a connection needs. */
export interface ServeParts extends SessionParts {
  readonly admission: Admission
  readonly clients: SessionParts["clients"] & {
    /** Adds an accepted client and informs the others. */
    readonly join: (session: Session) => void
  }
}

/**
 * Serves one client: the fiber that the socket server runs for each connection. It reads chunk by chunk, starts a
 * request for each message, and writes the replies to a chunk at once. It stops reading while the client has too many
 * requests in flight, or does not read its replies.
 */
export const serve = (
  parts: ServeParts,
  socket: Socket.Socket,
  listener: NetAddress.SocketAddress
): Effect.Effect<void> =>
  Effect.catchCause(Effect.scoped(Effect.flatMap(open(parts, socket, listener), converse)), report)

interface Connection {
  readonly session: Session
  readonly pull: Socket.Reader["pull"]
}

/** Accepts the client. */
const open = Effect.fnUntraced(function* (
  parts: ServeParts,
  socket: Socket.Socket,
  listener: NetAddress.SocketAddress
) {
  const { admission, clients, runtime } = parts
  const fiber = yield* thisFiber
  const scope = Context.getUnsafe(fiber.context, Scope.Scope)
  const { maxClientsPerAddress, onConnect } = runtime.options
  // closed last
  const clientScope = onConnect === undefined ? undefined : yield* Scope.fork(scope)
  const writer = yield* socket.writer
  // before the first write, which needs the reader
  const { pull } = yield* socket.reader
  const peer = fiber.getRef(Peer)
  const certificate = fiber.getRef(PeerCertificate)
  const role = fiber.getRef(PeerRole) ?? roleOf(runtime, { address: peer, listener, certificate })
  const session = new Session(parts, { address: addressOf(peer), listener, certificate, role, fiber, writer })
  yield* Scope.addFinalizer(scope, session.leave)
  const host = maxClientsPerAddress === Number.POSITIVE_INFINITY ? undefined : hostOf(peer)
  const refusal = role === "none" ? `This device does not serve ${session.address}.` : admission.refusal(host)
  if (refusal !== undefined) {
    session.outgoing.turnAway(refusal)
    return yield* Effect.never
  }
  if (host !== undefined) {
    admission.enter(host)
    // before `#disconnect` is sent
    yield* Scope.addFinalizer(
      scope,
      Effect.sync(() => admission.leave(host))
    )
  }
  greet(session)
  clients.join(session)
  if (onConnect !== undefined && clientScope !== undefined)
    yield* onConnect(session).pipe(
      Effect.provideService(Scope.Scope, clientScope),
      Effect.onError((cause) =>
        Effect.suspend(() => {
          session.outgoing.dismiss("This device cannot serve you.")
          if (!Cause.hasInterruptsOnly(cause)) runtime.report("Error", "onConnect", "onConnect has failed", cause)
          return Effect.void
        })
      )
    )
  return { session, pull }
})

const converse = (connection: Connection) => Effect.catch(read(connection), (error) => last(connection, error))

/** Returns the role of a new client, or `none` if the rules are malformed. */
const roleOf = (runtime: Runtime, info: ConnectionInfo): Role => {
  try {
    return runtime.options.roleOf(info)
  } catch (defect) {
    const why = errorText(defect)
    runtime.report("Error", "access", `the access rules cannot be read, so no client is accepted: ${why}`)
    return "none"
  }
}

/** Sends the versions to a new client, before anything else (Rev 5.1 §4.2). */
const greet = ({ outgoing, runtime }: Session): void => {
  const versions = runtime.versions()
  if (runtime.dialect.versionConnect)
    for (const version of versions) outgoing.write("inform", "version-connect", undefined, version)
  else {
    const [, version = "", build = ""] = versions.find(([role]) => role === "katcp-device") ?? []
    outgoing.write("inform", "version", undefined, [version])
    outgoing.write("inform", "build-state", undefined, [build])
  }
}

const read = Effect.fnUntraced(function* ({ pull, session }: Connection) {
  const { incoming, outgoing } = session
  const opening = new Opening()
  while (true) {
    const chunks = yield* pull
    if (!opening.decided) look(opening, session, chunks)
    feed(session, chunks)
    for (let ahead = 0; ; ) {
      const taken = incoming.take()
      outgoing.flush()
      if (taken === "all") break
      if (taken === "some") yield* othersFirst(session)
      else
        while (!incoming.ready) {
          const chunks = ahead < readAhead ? yield* Effect.raceFirst(incoming.room, pull) : yield* incoming.room
          if (chunks !== undefined) ahead += feed(session, chunks)
        }
    }
  }
})

/** Yields to the event loop. */
const othersFirst = ({ incoming }: Session): Effect.Effect<void> =>
  Effect.map(Effect.yieldNow, () => incoming.newTurn())

/** Detects peers that do not speak KATCP by their first bytes. */
const look = (opening: Opening, session: Session, chunks: ReadonlyArray<Uint8Array | string>): void => {
  for (const chunk of chunks) {
    const reason = opening.look(typeof chunk === "string" ? encoder.encode(chunk) : chunk)
    if (reason !== undefined) session.incoming.expel(reason)
  }
}

const feed = (session: Session, chunks: ReadonlyArray<Uint8Array | string>): number => {
  let size = 0
  for (const chunk of chunks) {
    const bytes = typeof chunk === "string" ? encoder.encode(chunk) : chunk
    session.incoming.parser.feed(bytes)
    size += bytes.length
  }
  session.read(size)
  return size
}

/** Ends a connection that the client closed, or that broke. Requests that were read are still answered. */
const last = Effect.fnUntraced(function* ({ session }: Connection, error: Socket.SocketError) {
  const { address, incoming, outgoing, requests, runtime } = session
  const { reason } = error
  if (reason._tag !== "SocketCloseError" || reason.code !== 1000) {
    outgoing.closed("lost", `The connection was lost: ${why(reason)}`)
    return yield* Effect.logDebug(`${address} was lost`, error)
  }
  outgoing.closed("closed", "The client has closed the connection.")
  const answered = Effect.gen(function* () {
    for (let taken = incoming.take(); taken !== "all"; taken = incoming.take())
      yield* taken === "full" ? incoming.room : othersFirst(session)
    outgoing.flush()
    yield* requests.idle
    yield* outgoing.drained
  })
  const done = yield* Effect.timeoutOption(answered, halfCloseGrace)
  if (done._tag === "None") requests.cancel("Request cancelled: the client closed its end of the connection.")
  const { pending } = incoming.parser
  if (pending > 0) runtime.report("Warn", "cut line", `${address} closed within a line: dropped its ${pending} bytes`)
})

const why = (reason: Socket.SocketError["reason"]): string =>
  reason._tag === "SocketCloseError" ? `closed with code ${reason.code}` : errorText(reason.cause, reason._tag)

/** Logs why serving a client failed. A connection that ends before it is open is only logged at debug. */
const report = (cause: Cause.Cause<Socket.SocketError>): Effect.Effect<void> =>
  cause.reasons.some(Cause.isDieReason)
    ? Effect.logError("serving a client has failed", cause)
    : Cause.hasInterruptsOnly(cause)
      ? Effect.void
      : Effect.logDebug("a connection could not be opened", cause)

let unnamed = 0
/** Returns the address in the form of Rev 5.1 §3, with IPv4 in IPv6 as IPv4. */
const addressOf = (peer: NetAddress.SocketAddress | undefined): string => {
  if (peer !== undefined && peer._tag !== "UnixPathAddress") return Address.fromInet(peer).toString()
  // without an address of Rev 5.1 §3, clients get distinct invented ones
  unnamed = (unnamed % 65535) + 1
  return `0.0.0.0:${unnamed}`
}
