import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as NetAddress from "effect/net/NetAddress"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import type { Role } from "../../Interface/index.ts"
import { errorText } from "../../Message/index.ts"
import type { ConnectionInfo } from "../access/Access.ts"
import { type Admission, hostOf } from "../clients/Admission.ts"
import { inetText } from "../listening/addressText.ts"
import { acquire, isOpenSocket, type Opened } from "../listening/OpenSocket.ts"
import { Peer, PeerCertificate, PeerRole } from "../listening/Peer.ts"
import type { Runtime } from "../Runtime.ts"
import type { Taken } from "./Incoming.ts"
import { Reading } from "./Reading.ts"
import { Session, type SessionParts } from "./Session.ts"

/**
 * Milliseconds that requests in flight may continue after the client closed its end. Not measured: as long as clients
 * wait for a reply by default, so later replies have no reader.
 */
const halfCloseGrace = 5000

/** The parts of a server that serving a connection needs. */
export interface ServeParts extends SessionParts {
  readonly admission: Admission
  readonly clients: SessionParts["clients"] & {
    /** Adds an accepted client and informs the others. */
    readonly join: (session: Session) => void
  }
}

/**
 * Serves one client: the fiber that the socket server runs for each connection. It reads until the connection ends (see
 * `Reading`). A connection that is open already needs no scope, and a single finalizer.
 */
export const serve = (
  parts: ServeParts,
  socket: Socket.Socket,
  listener: NetAddress.SocketAddress
): Effect.Effect<void> => {
  const { onConnect } = parts.runtime.options
  // the client's Scope closes last
  const served =
    onConnect === undefined
      ? attended(parts, socket, listener, undefined)
      : Effect.scopedWith((scope) => attended(parts, socket, listener, scope))
  return Effect.catchCause(served, report)
}

const attended = (
  parts: ServeParts,
  socket: Socket.Socket,
  listener: NetAddress.SocketAddress,
  scope: Scope.Scope | undefined
): Effect.Effect<void, Socket.SocketError> =>
  isOpenSocket(socket)
    ? Effect.withFiber((fiber) => attend(parts, socket.open(), listener, scope, fiber))
    : Effect.scoped(
        Effect.flatMap(acquire(socket), (opened) =>
          Effect.withFiber((fiber) => attend(parts, opened, listener, scope, fiber))
        )
      )

/**
 * Accepts the client, and serves it until the connection ends. All functions of a connection are made here: they share
 * one memory of their variables.
 */
const attend = (
  parts: ServeParts,
  opened: Opened | Socket.SocketError,
  listener: NetAddress.SocketAddress,
  scope: Scope.Scope | undefined,
  fiber: Fiber.Fiber<unknown, unknown>
): Effect.Effect<void, Socket.SocketError> => {
  if (opened instanceof Socket.SocketError) return Effect.fail(opened)
  const { admission, clients, runtime } = parts
  let session: Session | undefined
  /** The host, if the client counts for it. */
  let counted: string | undefined
  const begin = Effect.suspend(() => {
    const peer = fiber.getRef(Peer)
    const certificate = fiber.getRef(PeerCertificate)
    const role = fiber.getRef(PeerRole) ?? roleOf(runtime, { address: peer, listener, certificate })
    const { writer } = opened
    const own = new Session(parts, { address: addressOf(peer), listener, certificate, role, fiber, writer })
    session = own
    const host = runtime.options.maxClientsPerAddress === Number.POSITIVE_INFINITY ? undefined : hostOf(peer)
    const refusal = role === "none" ? `This device does not serve ${own.address}.` : admission.refusal(host)
    if (refusal !== undefined) {
      own.outgoing.turnAway(refusal)
      return Effect.never
    }
    counted = host
    if (host !== undefined) admission.enter(host)
    greet(own)
    clients.join(own)
    const { run } = new Reading(own, opened)
    return scope === undefined ? run : Effect.andThen(connected(own, scope), run)
  })
  const conversation = Effect.catch(begin, (error) => last(session!, error))
  return Effect.onExit(conversation, () => {
    // before `#disconnect` is sent
    if (counted !== undefined) admission.leave(counted)
    const leaving = session?.leave()
    if (leaving !== undefined)
      return Effect.ensuring(
        leaving,
        Effect.sync(() => opened.release())
      )
    opened.release()
    return Effect.void
  })
}

/** Runs the hook `onConnect` in the client's Scope. */
const connected = (session: Session, scope: Scope.Scope): Effect.Effect<void> => {
  const { outgoing, runtime } = session
  const { onConnect = () => Effect.void } = runtime.options
  return onConnect(session).pipe(
    Effect.provideService(Scope.Scope, scope),
    Effect.onError((cause) =>
      Effect.suspend(() => {
        outgoing.dismiss("This device cannot serve you.")
        if (!Cause.hasInterruptsOnly(cause)) runtime.report("Error", "onConnect", "onConnect has failed", cause)
        return Effect.void
      })
    )
  )
}

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
  const { count, lines } = runtime.greeting()
  outgoing.put(lines, count)
}

/** Ends a connection that the client closed, or that broke. Requests that were read are still answered. */
const last = (session: Session, error: Socket.SocketError): Effect.Effect<void> => {
  const { address, incoming, outgoing, requests } = session
  const { reason } = error
  if (reason._tag !== "SocketCloseError" || reason.code !== 1000) {
    outgoing.closed("lost", `The connection was lost: ${why(reason)}`)
    return Effect.logDebug(`${address} was lost`, error)
  }
  outgoing.closed("closed", "The client has closed the connection.")
  const taken = incoming.take()
  outgoing.flush()
  // usually nothing is left to do
  if (taken === "all" && requests.size === 0 && !outgoing.blocked) return Effect.sync(() => reportCut(session))
  return Effect.map(Effect.timeoutOption(answered(session, taken), halfCloseGrace), (done) => {
    if (done._tag === "None") requests.cancel("Request cancelled: the client closed its end of the connection.")
    reportCut(session)
  })
}

/** Waits until the requests that were read are answered, and the client has taken the replies. */
const answered = Effect.fnUntraced(function* ({ incoming, outgoing, requests }: Session, before: Taken) {
  for (let taken = before; taken !== "all"; taken = incoming.take()) {
    if (taken === "full") yield* incoming.room
    else {
      yield* Effect.yieldNow
      incoming.newTurn()
    }
  }
  outgoing.flush()
  yield* requests.idle
  yield* outgoing.drained
})

const reportCut = ({ address, incoming, runtime }: Session): void => {
  const { pending } = incoming.parser
  if (pending > 0) runtime.report("Warn", "cut line", `${address} closed within a line: dropped its ${pending} bytes`)
}

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
  if (peer !== undefined && peer._tag !== "UnixPathAddress") return inetText(peer)
  // without an address of Rev 5.1 §3, clients get distinct invented ones
  unnamed = (unnamed % 65535) + 1
  return `0.0.0.0:${unnamed}`
}
