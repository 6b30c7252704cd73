import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as NetAddress from "effect/net/NetAddress"
import * as Socket from "effect/socket/Socket"
import { Address, Outbox, Parser } from "../Codec/index.ts"
import type { Hub } from "./Hub.ts"
import { Peer } from "./Peer.ts"
import { Session } from "./Session.ts"

/** How long requests in flight may go on when the client has closed its end, in milliseconds. */
const lingering = 5000
const encoder = new TextEncoder()

/**
 * Serves one client: the fiber that the socket server runs for each connection. It reads chunk by chunk, starts a
 * request for each message, and writes the replies of a chunk at once; it stops reading while the client has too many
 * requests in flight, or does not read its replies.
 */
export const serve = (hub: Hub, socket: Socket.Socket): Effect.Effect<void> =>
  Effect.scoped(
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      const writer = yield* socket.writer
      // before the first write: that waits for the reader
      const { pull } = yield* socket.reader
      if (hub.stopping) return
      const parser = new Parser({ maxLine: hub.options.maxLine })
      const fiber = yield* Effect.withFiber(Effect.succeed)
      const session: Session = new Session({
        address: addressOf(fiber.getRef(Peer)),
        hub,
        fiber,
        outbox: new Outbox({
          sink: writer,
          turn: hub.turn,
          scope,
          run: hub.run,
          onFailure: () => session.close(),
          onDrain: () => session.wake()
        }),
        destroy: writer.write(new Socket.CloseEvent())
      })
      yield* Effect.addFinalizer(() => leave(hub, session))
      yield* join(hub, session)
      const exit = yield* Effect.exit(read(session, parser, pull))
      if (!session.alive || !closedInOrder(exit)) return
      if (parser.pending > 0)
        yield* Effect.logWarning(`${session.address} closed amid a line: its ${parser.pending} bytes are dropped`)
      // the client has closed its end: what it asked is still done, and answered
      yield* session.idle.pipe(Effect.andThen(session.drained), Effect.timeoutOption(lingering))
    })
  ).pipe(
    Effect.catchCause((cause) =>
      Cause.hasInterruptsOnly(cause) ? Effect.void : Effect.logDebug("a connection was lost", cause)
    )
  )

const read = Effect.fnUntraced(function* (session: Session, parser: Parser, pull: Socket.Reader["pull"]) {
  while (true) {
    const chunks = yield* pull
    session.reading = true
    for (const chunk of chunks) {
      parser.feed(typeof chunk === "string" ? encoder.encode(chunk) : chunk)
      for (let message = parser.next(); message !== undefined; message = parser.next()) {
        session.receive(message)
        if (session.full) {
          session.flush()
          session.reading = false
          yield* session.room
          session.reading = true
        }
      }
    }
    session.flush()
    session.reading = false
  }
})

/** A new client: it is told the versions before anything else; the others are told of it (Rev 5.1 §4.2, §8.2). */
const join = (hub: Hub, session: Session): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (hub.dialect.versionConnect)
      for (const version of hub.versions) session.write("inform", "version-connect", undefined, version)
    else {
      const [, version = "", build = ""] = hub.versions.find(([role]) => role === "katcp-device") ?? []
      session.write("inform", "version", undefined, [version])
      session.write("inform", "build-state", undefined, [build])
    }
    session.flush()
    const others = [...hub.clients]
    hub.clients.add(session)
    if (hub.protocol.multiClient) {
      hub.broadcast("client-connected", [session.address], session)
      return Effect.void
    }
    // without flag M the new client takes the place of the one before (Rev 5.1 §9)
    return Effect.forEach(others, (other) => hub.disconnect(other, `New client connected from ${session.address}.`), {
      discard: true
    })
  })

const leave = (hub: Hub, session: Session): Effect.Effect<void> =>
  Effect.suspend(() => {
    session.alive = false
    hub.clients.delete(session)
    const fibers = [...session.jobs].flatMap((job) => job.fiber ?? [])
    return fibers.length === 0 ? Effect.void : Fiber.interruptAll(fibers)
  })

const closedInOrder = (exit: Exit.Exit<never, Socket.SocketError>): boolean => {
  if (Exit.isSuccess(exit)) return false
  const failure = exit.cause.reasons.find(Cause.isFailReason)
  const reason = failure?.error.reason
  return reason?._tag === "SocketCloseError" && reason.code === 1000
}

let unnamed = 0
/** The address as Rev 5.1 §3 writes it; IPv4 in IPv6 as IPv4. */
const addressOf = (peer: NetAddress.SocketAddress | undefined): string => {
  if (peer !== undefined && peer._tag !== "UnixPathAddress") return Address.fromInet(peer).toString()
  // no address of Rev 5.1 §3 fits, but each client must be told from the others
  unnamed = (unnamed % 65535) + 1
  return `0.0.0.0:${unnamed}`
}
