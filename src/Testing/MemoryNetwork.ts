import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import * as SocketServer from "effect/socket/SocketServer"
import type { Ends } from "../Client/index.ts"
import { Peer } from "../Server/index.ts"
import { type Endpoint, refused, systemError } from "./Endpoint.ts"
import { type Faults, make as makeFaults } from "./faults/Faults.ts"
import { fromAccepted, fromEndpoint, limitsOf } from "./memorySocket.ts"
import type { MemorySocket, Options } from "./SocketPair.ts"

const addressOf = (at: NetAddress.InetAddress | number): NetAddress.InetAddress =>
  typeof at === "number" ? NetAddress.inetAddressUnsafe(NetAddress.ipv4Loopback, at) : at
const defaultAddress = addressOf(7147)
/** The first port of clients. Given by the ranges of IANA: above 49151 ports are for any use. */
const firstPort = 50_001
/** Given by TCP: ports end at 65535. */
const ports = 65_536 - firstPort

interface Accepted {
  readonly endpoint: Endpoint
  readonly remote: NetAddress.InetAddress
}

/** A listening address. Connections between two runs wait for the next one. */
interface Listener {
  pending: Array<Accepted>
  accept: (connection: Accepted) => void
}

const makeServer = (address: NetAddress.InetAddress, listener: Listener): SocketServer.SocketServer["Service"] =>
  SocketServer.SocketServer.of({
    address,
    run: Effect.fnUntraced(function* <R, E, _>(handler: (socket: Socket.Socket) => Effect.Effect<_, E, R>) {
      // A handler that wants a Scope must make its own, as with Effect's other servers.
      const services = Context.omit(Scope.Scope)(yield* Effect.context<R>()) as Context.Context<R>
      // in one step: an interruption in between would leave a listener without a server
      return yield* Effect.callback<never>(() => {
        const scope = Scope.makeUnsafe()
        const track = Fiber.runIn(scope)
        const before = listener.accept
        listener.accept = ({ endpoint, remote }) => {
          Effect.suspend(() => handler(fromAccepted(endpoint))).pipe(
            Effect.provideService(Peer, remote),
            // Only a reader closes its connection; a handler that fails before it has one must not leave it open.
            Effect.onExit((exit) => (Exit.isFailure(exit) ? Effect.sync(() => endpoint.release()) : Effect.void)),
            Effect.ignoreCause({ log: "Unhandled", message: "Unhandled error in SocketServer" }),
            Effect.runForkWith(services),
            track
          )
        }
        const waiting = listener.pending
        listener.pending = []
        waiting.forEach(listener.accept)
        return Effect.suspend(() => {
          listener.accept = before
          return Scope.close(scope, Exit.void)
        })
      })
    })
  })

const makeNetwork = Effect.fnUntraced(function* (
  options?: Options
): Effect.fn.Return<MemoryNetwork["Service"], never, Scope.Scope> {
  const limits = limitsOf(options)
  const faults = options?.faults ?? (yield* makeFaults)
  const listeners = new Map<string, Listener>()
  let dialled = 0

  const connectTo = (address: NetAddress.InetAddress): MemorySocket => {
    const key = NetAddress.formatInet(address)
    let ends: Ends | undefined
    const socket = fromEndpoint(
      Effect.map(
        faults.dial(key, () => listeners.has(key)),
        (planned) =>
          Effect.suspend(() => {
            const listener = listeners.get(key)
            if (listener === undefined) return Effect.fail(refused(key))
            const remote = addressOf(firstPort + (dialled++ % ports))
            const [near, far] = faults.open(limits, { client: remote, server: key }, planned)
            listener.accept({ endpoint: far, remote })
            ends = { local: remote, remote: address }
            return Effect.succeed(near)
          })
      ),
      () => ends
    )
    return Object.assign(socket, { destination: { host: NetAddress.formatHost(address), port: address.port } })
  }

  const listen = (address = defaultAddress) =>
    Effect.suspend(() => {
      const key = NetAddress.formatInet(address)
      if (listeners.has(key)) {
        const cause = systemError("listen", "EADDRINUSE", ` ${key}`)
        const reason = new SocketServer.SocketServerOpenError({ cause })
        return Effect.fail(new SocketServer.SocketServerError({ reason }))
      }
      const listener: Listener = { pending: [], accept: (connection) => listener.pending.push(connection) }
      return Effect.acquireRelease(
        Effect.sync(() => {
          listeners.set(key, listener)
          return makeServer(address, listener)
        }),
        () =>
          Effect.sync(() => {
            listeners.delete(key)
            for (const { endpoint } of listener.pending) endpoint.release()
          })
      )
    })

  return {
    connect: Effect.sync(() => connectTo(defaultAddress)),
    connectTo: (a) => Effect.sync(() => connectTo(a)),
    listen,
    faults
  }
})

/**
 * A network in memory: servers listen on it and clients dial them, without ports and without real time. Each connection
 * follows the rules of TCP, as described at `SocketPair.MemorySocket`.
 *
 * Clients have the addresses 127.0.0.1:50001, 127.0.0.1:50002 … in the order of dialling; a server's handler finds the
 * address of its client in `Peer`.
 *
 * @category services
 * @since 0.1.0
 */
export class MemoryNetwork extends Context.Service<
  MemoryNetwork,
  {
    /**
     * A Socket to 127.0.0.1:7147. As with a real one, acquiring its reader dials, and each acquisition is a new
     * connection. It fails with `SocketOpenError` without a listener.
     */
    readonly connect: Effect.Effect<MemorySocket>
    /** A Socket to another address of this network. */
    readonly connectTo: (address: NetAddress.InetAddress) => Effect.Effect<MemorySocket>
    /**
     * Listens at an address (default 127.0.0.1:7147) until the scope closes. Closing refuses connections that wait for
     * a `run`, and leaves accepted connections alone. Fails if the address is taken.
     */
    readonly listen: (
      address?: NetAddress.InetAddress
    ) => Effect.Effect<SocketServer.SocketServer["Service"], SocketServer.SocketServerError, Scope.Scope>
    /** The faults of its connections: hanging, cut, delayed, or unanswered dials. */
    readonly faults: Faults
  }
>()("katcp/Testing/MemoryNetwork") {
  /**
   * A network and a server that listens on it at 127.0.0.1:7147, with limits for all connections.
   *
   * @since 0.1.0
   */
  static readonly layerWith = (options?: Options): Layer.Layer<MemoryNetwork | SocketServer.SocketServer> =>
    Layer.effectContext(
      Effect.gen(function* () {
        const network = yield* makeNetwork(options)
        const server = yield* Effect.orDie(network.listen())
        return Context.make(MemoryNetwork, network).pipe(Context.add(SocketServer.SocketServer, server))
      })
    )

  /**
   * A network and a server that listens on it at 127.0.0.1:7147.
   *
   * @since 0.1.0
   */
  static readonly layer: Layer.Layer<MemoryNetwork | SocketServer.SocketServer> = MemoryNetwork.layerWith()

  /**
   * A network without listeners: for tests in which a server comes and goes.
   *
   * @since 0.1.0
   */
  static readonly layerEmpty = (options?: Options): Layer.Layer<MemoryNetwork> =>
    Layer.effect(MemoryNetwork, makeNetwork(options))

  /**
   * The Socket of a client that dials 127.0.0.1:7147 on this network.
   *
   * @since 0.1.0
   */
  static readonly layerClient: Layer.Layer<Socket.Socket, never, MemoryNetwork> = Layer.effect(
    Socket.Socket,
    Effect.flatMap(MemoryNetwork, (network) => network.connect)
  )

  /**
   * An additional server on this network, at an address or at a port of 127.0.0.1: for tests with several devices.
   *
   * @since 0.1.0
   */
  static readonly layerListen = (
    at: NetAddress.InetAddress | number
  ): Layer.Layer<SocketServer.SocketServer, SocketServer.SocketServerError, MemoryNetwork> =>
    Layer.effect(
      SocketServer.SocketServer,
      Effect.flatMap(MemoryNetwork, (network) => network.listen(addressOf(at)))
    )

  /**
   * The Socket of a client that dials an address of this network, or a port of 127.0.0.1.
   *
   * @since 0.1.0
   */
  static readonly layerDial = (at: NetAddress.InetAddress | number): Layer.Layer<Socket.Socket, never, MemoryNetwork> =>
    Layer.effect(
      Socket.Socket,
      Effect.flatMap(MemoryNetwork, (network) => network.connectTo(addressOf(at)))
    )
}
