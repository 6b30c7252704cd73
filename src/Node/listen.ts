import type * as Net from "node:net"
import type * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as NetAddress from "effect/net/NetAddress"
import * as Scope from "effect/Scope"
import type * as Socket from "effect/socket/Socket"
import * as SocketServer from "effect/socket/SocketServer"
import { causeOf } from "../Message/index.ts"
import { ofNetwork, Peer, PeerCertificate } from "../Server/index.ts"
import { watchAcceptance } from "./acceptance.ts"
import { addressOf } from "./addressOf.ts"
import { Connection } from "./Connection.ts"
import { certificateOf } from "./certificateOf.ts"
import { type OnHandshakeFailed, watchHandshakes } from "./handshakes.ts"
import { NetSocket } from "./onDemand.ts"

/** The reason why a server cannot listen, in words: the message of Effect's error is only `Open`. */
class CannotListen extends SocketServer.SocketServerOpenError {
  /** The address, if the cause is about it. */
  private readonly at: string | undefined

  constructor(cause: unknown, at: string | undefined) {
    super({ cause })
    this.at = at
  }

  override get message(): string {
    // Node says so for a folder that does not exist, too
    const isFolder = this.at?.startsWith("/") === true && (this.cause as NodeJS.ErrnoException).code === "EACCES"
    const why = isFolder ? "its folder does not exist, or this program may not write there" : causeOf(this.cause)
    return this.at === undefined ? why : `cannot listen on ${this.at}: ${why}`
  }
}

/** Returns the error of a listener that cannot listen, with the reason. */
export const refused = (cause: unknown, at?: string): SocketServer.SocketServerError =>
  new SocketServer.SocketServerError({ reason: new CannotListen(cause, at) })

/** An address for people. */
const textOf = ({ host, path, port }: Net.ListenOptions): string =>
  path ?? `${host?.includes(":") === true ? `[${host}]` : (host ?? "*")}:${port ?? 0}`

/** Logs why the handler of a connection failed. */
const handlerFailed = (cause: Cause.Cause<unknown>): Effect.Effect<void> =>
  Effect.ignoreCause(Effect.failCause(cause), { log: "Error", message: "a connection's handler failed" })

/** Has a server listen. */
export const bind = (
  server: Net.Server,
  options: Net.ListenOptions,
  around: (call: () => void) => void = (call) => call()
): Effect.Effect<void, SocketServer.SocketServerError> =>
  Effect.callback((resume) => {
    const fail = (cause: unknown) => resume(Effect.fail(refused(cause, textOf(options))))
    server.once("error", fail)
    try {
      around(() =>
        server.listen(options, () => {
          server.off("error", fail)
          resume(Effect.void)
        })
      )
    } catch (cause) {
      // invalid options
      fail(cause)
    }
  })

/**
 * A `SocketServer` on a server of Node, until the scope closes. Connections that arrive between two runs wait for the
 * next `run`: this is how a device is restarted on the same port. `event` is the server's event for a ready connection;
 * `around` wraps the call that starts listening, and `onHandshakeFailed` handles failed TLS handshakes. A handler finds the address of its client in `Peer`, the certificate
 * in `PeerCertificate`, and Node's socket in `NodeSocket.NetSocket`.
 */
export const listen = Effect.fnUntraced(function* (
  create: () => Net.Server,
  options: Net.ListenOptions,
  event: "connection" | "secureConnection",
  around?: (call: () => void) => void,
  onHandshakeFailed?: OnHandshakeFailed
) {
  const server = yield* Effect.try({ try: create, catch: (cause) => refused(cause) })
  const runFork = Effect.runForkWith(yield* Effect.context<never>())
  const abandonHandshakes =
    event === "secureConnection" ? watchHandshakes(server, runFork, onHandshakeFailed) : undefined
  let waiting = new Set<Net.Socket>()
  const wait = (socket: Net.Socket): void => {
    socket.pause()
    waiting.add(socket)
    socket.on("error", () => waiting.delete(socket))
    socket.on("close", () => waiting.delete(socket))
  }
  let accept = wait
  server.on(event, (socket: Net.Socket) => accept(socket))
  yield* Effect.addFinalizer(() =>
    Effect.callback<void>((resume) => {
      for (const socket of waiting) socket.destroy()
      abandonHandshakes?.()
      server.close(() => resume(Effect.void))
    })
  )
  yield* bind(server, options, around)
  yield* watchAcceptance(server)

  const bound = server.address()
  const address =
    bound === null || typeof bound === "string"
      ? NetAddress.unixPathAddress(bound ?? "")
      : addressOf(bound.address, bound.port)
  if (address === undefined) return yield* refused(new Error(`no address: ${JSON.stringify(bound)}`))

  const run = Effect.fnUntraced(function* <R, E, _>(handler: (socket: Socket.Socket) => Effect.Effect<_, E, R>) {
    // in one piece, which the contexts of all connections share
    const context = Context.omit(Scope.Scope)(yield* Effect.context<R>()).pipe(
      Context.add(PeerCertificate, undefined)
    ) as Context.Context<R>
    const fibers = new Set<Fiber.Fiber<unknown>>()
    const before = accept
    accept = (socket) => {
      // it was closed for lack of file descriptors
      if (socket.destroyed) return
      const certificate = certificateOf(socket)
      let own = Context.add(context, NetSocket, socket)
      own = Context.add(own, Peer, addressOf(socket.remoteAddress, socket.remotePort))
      if (certificate !== undefined) own = Context.add(own, PeerCertificate, certificate)
      const connection = new Connection(socket)
      const fiber = Effect.runForkWith(own)(Effect.catchCause(handler(connection.toSocket()), handlerFailed))
      fibers.add(fiber)
      fiber.addObserver(() => {
        fibers.delete(fiber)
        // a handler may end before it has a reader, whose end would otherwise close the connection
        connection.release()
      })
    }
    const early = waiting
    waiting = new Set()
    for (const socket of early) accept(socket)
    return yield* Effect.callback<never>(() =>
      Effect.suspend(() => {
        accept = before
        return Fiber.interruptAll(fibers)
      })
    )
  })
  return ofNetwork(SocketServer.SocketServer.of({ address, run }))
})
