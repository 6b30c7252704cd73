/** The same connection over memory and over real sockets, so one table of rules judges both. */
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import * as SocketServer from "effect/socket/SocketServer"
import { MemoryNetwork, type SocketPair } from "katcp/Testing"
import { networks, type Network as OwnNetwork } from "../Node/networks.ts"

/** One end of a connection with its reader and writer in scopes of their own. */
export interface End {
  readonly socket: Socket.Socket
  readonly pull: Effect.Effect<ReadonlyArray<Uint8Array>, Socket.SocketError>
  readonly write: Socket.Writer["write"]
  readonly writeAll: Socket.Writer["writeAll"]
  readonly closeReader: Effect.Effect<void>
  readonly closeWriter: Effect.Effect<void>
}

export interface Network {
  readonly server: SocketServer.SocketServer["Service"]
  readonly connect: Effect.Effect<Socket.Socket>
}

export interface Transport {
  readonly name: string
  readonly live: boolean
  /** `true` if no write waits for ever: on a connection that is closed it fails, of an accepted end it needs no reader. */
  readonly prompt: boolean
  /** `true` if one end can reset the connection: Unix sockets have nothing like it, and TLS hides that of TCP. */
  readonly resets: boolean
  readonly open: Effect.Effect<Network, SocketServer.SocketServerError, Scope.Scope>
}

export const memory: Transport = {
  name: "memory",
  live: false,
  prompt: false,
  resets: true,
  open: Effect.map(Layer.build(MemoryNetwork.layer), (services) => ({
    server: Context.get(services, SocketServer.SocketServer),
    connect: Context.get(services, MemoryNetwork).connect
  }))
}

export const tcp: Transport = {
  name: "TCP",
  live: true,
  prompt: false,
  resets: true,
  open: Effect.map(NodeSocketServer.make({ port: 0, host: "127.0.0.1", allowHalfOpen: true }), (server) => ({
    server,
    connect: NodeSocket.makeNet({
      port: server.address._tag === "UnixPathAddress" ? 0 : server.address.port,
      host: "127.0.0.1",
      allowHalfOpen: true
    })
  }))
}

/** A server of `katcp/Node`, dialled by its client. */
const own = (name: string, network: Pick<OwnNetwork, "open">): Transport => ({
  name: `${name} of katcp/Node`,
  live: true,
  prompt: true,
  resets: name.startsWith("TCP"),
  open: Effect.gen(function* () {
    const { client, server: layer } = yield* network.open
    const server = Context.get(yield* Layer.build(layer), SocketServer.SocketServer)
    return { server, connect: Effect.provide(Effect.service(Socket.Socket), client(server.address)) }
  })
})

/** The transports with the rules of TCP. A WebSocket has no ends by halves, and no such writes after its end. */
export const owns: ReadonlyArray<Transport> = networks
  .filter(({ halves, name }) => halves && name !== "memory")
  .map((network) => own(network.name, network))

export const openEnd = Effect.fnUntraced(function* (
  socket: Socket.Socket
): Effect.fn.Return<End, Socket.SocketError, Scope.Scope> {
  const scope = yield* Effect.scope
  const reading = yield* Scope.fork(scope)
  const writing = yield* Scope.fork(scope)
  const pull = yield* Scope.provide(Socket.readerBytes(socket), reading)
  const writer = yield* Scope.provide(socket.writer, writing)
  return {
    ...writer,
    socket,
    pull,
    closeReader: Scope.close(reading, Exit.void),
    closeWriter: Scope.close(writing, Exit.void)
  }
})

const resetOf = (socket: Socket.Socket) =>
  Effect.map(Effect.serviceOption(NodeSocket.NetSocket), (net) =>
    Option.isSome(net) ? Effect.sync(() => void net.value.resetAndDestroy()) : (socket as SocketPair.MemorySocket).reset
  )

/** Both ends of a new connection: `near` dialled, `far` was accepted. */
export const pair = Effect.fnUntraced(function* (transport: Transport) {
  const { connect, server } = yield* transport.open
  const accepted = yield* Deferred.make<
    { readonly far: End; readonly reset: Effect.Effect<void> },
    Socket.SocketError
  >()
  const handler = Effect.fnUntraced(function* (socket: Socket.Socket) {
    const reset = yield* resetOf(socket)
    const far = yield* openEnd(socket)
    yield* Deferred.succeed(accepted, { far, reset })
    return yield* Effect.never
  }, Effect.scoped)
  yield* Effect.forkScoped(server.run(handler), { startImmediately: true })
  const near = yield* openEnd(yield* connect)
  const { far, reset } = yield* Deferred.await(accepted)
  return { near, far, resetFar: reset }
})

/** Lets all other fibers, and the sockets of the system, go on for a while. */
export const turns = Effect.repeat(Effect.yieldNow, { times: 50 })

/** Reads to the end: all bytes, and why it ended. */
export const drain = Effect.fnUntraced(function* (end: Pick<End, "pull">) {
  const chunks: Array<Uint8Array> = []
  while (true) {
    const exit = yield* Effect.result(end.pull)
    if (exit._tag === "Failure") return { bytes: Buffer.concat(chunks), reason: reasonOf(exit.failure) }
    chunks.push(...exit.success)
  }
})

/** Reads exactly so many bytes. */
export const readBytes = Effect.fnUntraced(function* (end: Pick<End, "pull">, count: number) {
  const chunks: Array<Uint8Array> = []
  for (let size = 0; size < count; ) {
    for (const chunk of yield* end.pull) {
      chunks.push(chunk)
      size += chunk.length
    }
  }
  return Buffer.concat(chunks)
})

export const readText = (end: Pick<End, "pull">, count: number) =>
  Effect.map(readBytes(end, count), (bytes) => bytes.toString("utf8"))

export const reasonOf = (error: Socket.SocketError): string =>
  error.reason._tag === "SocketCloseError" ? `closed ${error.reason.code}` : error.reason._tag

/** Why an effect on a socket failed. */
export const failure = <A>(effect: Effect.Effect<A, Socket.SocketError>): Effect.Effect<string, A> =>
  Effect.map(Effect.flip(effect), reasonOf)
