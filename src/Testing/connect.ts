import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import type * as SocketServer from "effect/socket/SocketServer"
import { type Client, type Options as ClientOptions, make as makeClient } from "../Client/index.ts"
import type { Device, Interface, Request, Sensors, SensorsOf } from "../Interface/index.ts"
import { expectValue, type KatcpError } from "../Message/index.ts"
import type * as Sensor from "../Sensor/index.ts"
import { Server, type Options as ServerOptions, layer as serve } from "../Server/index.ts"
import type { Faults } from "./faults/Faults.ts"
import { MemoryNetwork } from "./MemoryNetwork.ts"
import { type Recorder, tap } from "./Recorder.ts"
import type { Options as NetworkOptions } from "./SocketPair.ts"

/**
 * The options of {@link connect}.
 *
 * @category models
 * @since 0.1.0
 */
export interface ConnectOptions {
  /** The options of the server. */
  readonly server?: ServerOptions | undefined
  /**
   * The options of the client. By default the contract is not checked, because both sides have the same one, and
   * keep-alive (`alive`) is off, so a test may move its clock far.
   */
  readonly client?: ClientOptions | undefined
  /** The options of the network. */
  readonly network?: NetworkOptions | undefined
}

/**
 * A client and its device on their own network.
 *
 * @category models
 * @since 0.1.0
 */
export interface Connected<in out R extends Request.Any, in out S extends Sensor.Any> {
  /** The client. */
  readonly client: Client<R, S>
  /** The device's sensors by name, as in its handlers. */
  readonly sensors: SensorsOf<S>
  /** The server of the device. */
  readonly server: Server["Service"]
  /** The network, for more clients and raw connections. */
  readonly network: MemoryNetwork["Service"]
  /** The faults of the network. */
  readonly faults: Faults
  /** All messages of the client's connections. */
  readonly recorder: Recorder["Service"]
}

/** Connects a client to a server on a new network. Returns it with the related services. */
export const connectServed = Effect.fnUntraced(function* <
  Id extends string,
  R extends Request.Any,
  S extends Sensor.Any,
  A,
  E,
  X
>(
  contract: Interface<Id, R, S>,
  served: Layer.Layer<A | Server | Sensors<Id>, E, X | SocketServer.SocketServer>,
  options: ConnectOptions | undefined
) {
  const context = yield* Layer.build(Layer.provideMerge(served, MemoryNetwork.layerWith(options?.network)))
  const network = Context.get(context, MemoryNetwork)
  const [socket, recorder] = yield* tap(yield* network.connect)
  const sensors = yield* Effect.provideContext(contract.sensors, context)
  const connected: Connected<R, S> = {
    client: yield* Effect.provideService(
      makeClient(contract, { checkContract: false, alive: Number.POSITIVE_INFINITY, ...options?.client }),
      Socket.Socket,
      socket
    ),
    sensors,
    server: Context.get(context, Server),
    network,
    faults: network.faults,
    recorder
  }
  return { connected, context }
})

/**
 * Serves a device on a network in memory, and connects a client to it: the start of most tests of a device. Both live
 * until the scope closes. Fails if the device's layer fails, or the client cannot connect.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Arg, Interface, Request } from "katcp"
 * import { connect } from "katcp/Testing"
 *
 * class Adder extends Interface.make("adder").add(
 *   Request.make("add", { doc: "Add.", args: { x: Arg.Float, y: Arg.Float }, reply: { sum: Arg.Float } })
 * ) {}
 * const AdderLive = Adder.toLayer({ add: ({ x, y }) => Effect.succeed({ sum: x + y }) })
 *
 * const test = Effect.gen(function* () {
 *   const { client } = yield* connect(Adder, AdderLive)
 *   const { sum } = yield* client.request.add({ x: 1, y: 2 })
 *   if (sum !== 3) throw new Error(`${sum}`)
 * })
 * await Effect.runPromise(Effect.scoped(test))
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const connect = <Id extends string, R extends Request.Any, S extends Sensor.Any, E, X>(
  contract: Interface<Id, R, S>,
  device: Layer.Layer<Device<Id> | Sensors<Id>, E, X>,
  options?: ConnectOptions
): Effect.Effect<Connected<R, S>, KatcpError | SocketServer.SocketServerError | E, X | Scope.Scope> =>
  Effect.suspend(() => {
    expectValue("connect", Layer.isLayer(device), `the layer of the device, of ${contract.id}.toLayer`, device)
    return Effect.map(
      connectServed(contract, serve(contract, options?.server).pipe(Layer.provideMerge(device)), options),
      ({ connected }) => connected
    )
  })
