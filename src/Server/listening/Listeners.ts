import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import type * as NetAddress from "effect/net/NetAddress"
import type * as Socket from "effect/socket/Socket"
import * as SocketServer from "effect/socket/SocketServer"
import type { Runtime } from "../Runtime.ts"
import { isNetwork, ofNetwork } from "../rehearsal/network.ts"
import { turnAway } from "./turnAway.ts"

type Sockets = SocketServer.SocketServer["Service"]
type Listening = Layer.Layer<SocketServer.SocketServer, unknown, unknown>
// biome-ignore lint/suspicious/noExplicitAny: errors and needs are inferred from the layers
type AnyListening = Layer.Layer<SocketServer.SocketServer, any, any>

/** Several socket servers as one. */
class Several {
  readonly parts: ReadonlyArray<Sockets>
  constructor(parts: ReadonlyArray<Sockets>) {
    this.parts = parts
  }
  get address(): NetAddress.SocketAddress {
    return this.parts[0]!.address
  }
  readonly run: Sockets["run"] = <R, E, _>(handler: (socket: Socket.Socket) => Effect.Effect<_, E, R>) =>
    Effect.andThen(
      Effect.forEach(this.parts, (part) => part.run(handler), { concurrency: "unbounded", discard: true }),
      Effect.never
    )
}

const partsOf = (sockets: Sockets): ReadonlyArray<Sockets> => (sockets instanceof Several ? sockets.parts : [sockets])

/**
 * Listens at several addresses at once for one device: clients of all addresses share its sensors, its log and the list
 * of clients. The first address is the `address` of the server, and all of them are its `addresses`.
 *
 * @example
 * ```ts no-run
 * import { NodeRuntime } from "@effect/platform-node"
 * import { Effect, Layer } from "effect"
 * import { Interface, Server } from "katcp"
 * import { NodeServer } from "katcp/Node"
 *
 * class Dish extends Interface.make("dish") {}
 *
 * Server.layer(Dish).pipe(
 *   Layer.provide(Dish.toLayer({})),
 *   Server.launch,
 *   Effect.provide(Server.listeners(NodeServer.tcp({ port: 7147 }), NodeServer.unix({ path: "/run/dish.sock" }))),
 *   NodeRuntime.runMain
 * )
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const listeners = <const L extends readonly [AnyListening, ...ReadonlyArray<AnyListening>]>(
  ...layers: L
): Layer.Layer<SocketServer.SocketServer, Layer.Error<L[number]>, Layer.Services<L[number]>> =>
  Layer.effect(
    SocketServer.SocketServer,
    Effect.map(
      Effect.forEach(layers as ReadonlyArray<Listening>, (layer) => Layer.build(layer)),
      (contexts) => {
        const parts = contexts.flatMap((context) => partsOf(Context.get(context, SocketServer.SocketServer)))
        const several = SocketServer.SocketServer.of(new Several(parts))
        return parts.some(isNetwork) ? ofNetwork(several) : several
      }
    )
  ) as Layer.Layer<SocketServer.SocketServer, Layer.Error<L[number]>, Layer.Services<L[number]>>

/** The parts of a server that its listeners need. */
interface ListenerParts {
  readonly runtime: Pick<Runtime, "runOwn">
  /** Serves one connection until it ends. */
  readonly serve: (socket: Socket.Socket, listener: NetAddress.SocketAddress) => Effect.Effect<void>
  /** Ends the server if a listener fails. */
  readonly supervise: (fiber: Fiber.Fiber<unknown, unknown>) => void
  readonly clients: Iterable<{
    readonly listener: NetAddress.SocketAddress
    readonly outgoing: { readonly dismiss: (reason: string) => void }
  }>
}

/** The addresses at which a device is served. */
export class Listeners {
  private readonly parts: ListenerParts
  private readonly running = new Map<Sockets, Fiber.Fiber<unknown, unknown>>()

  constructor(parts: ListenerParts) {
    this.parts = parts
  }

  get addresses(): ReadonlyArray<NetAddress.SocketAddress> {
    return [...this.running.keys()].map(({ address }) => address)
  }

  /** Accepts connections. */
  open(sockets: Sockets): void {
    for (const part of partsOf(sockets)) {
      const { runtime, serve, supervise } = this.parts
      const fiber = runtime.runOwn(part.run((socket) => serve(socket, part.address)))
      this.running.set(part, fiber)
      supervise(fiber)
    }
  }

  /** Stops accepting connections at an address, and disconnects its clients. */
  readonly closeOne = Effect.fnUntraced({ self: this }, function* (sockets: Sockets) {
    const parts = partsOf(sockets)
    for (const { listener, outgoing } of this.parts.clients)
      if (parts.some(({ address }) => address === listener)) outgoing.dismiss("This address is no longer served.")
    yield* Fiber.interruptAll(parts.flatMap((part) => this.running.get(part) ?? []))
    for (const part of parts) this.running.delete(part)
  })

  /** Sends the reason to every client that still connects, and closes the connection, until interrupted. */
  refuse(reason: string): Effect.Effect<void> {
    return Effect.ignore(
      Effect.forEach(this.running.keys(), (part) => part.run((socket) => turnAway(socket, reason)), {
        concurrency: "unbounded",
        discard: true
      })
    )
  }

  /** Stops accepting connections, and waits for the clients that were disconnected. */
  readonly close: Effect.Effect<void> = Effect.suspend(() => Fiber.interruptAll(this.running.values()))
}
