/**
 * A device server on any `SocketServer`.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import type * as NetAddress from "effect/net/NetAddress"
import * as Scope from "effect/Scope"
import * as SocketServer from "effect/socket/SocketServer"
import type {
  ConnectedClient,
  Device,
  DeviceLog,
  DeviceShape,
  Interface,
  Request,
  Sensors
} from "../Interface/index.ts"
import type { ArgumentValue } from "../Message/index.ts"
import { Timers } from "../Sampling/index.ts"
import type * as Sensor from "../Sensor/index.ts"
import { type Ending, Hub } from "./Hub.ts"
import { register } from "./metrics.ts"
import { type Options, type Resolved, resolve } from "./Options.ts"
import * as RequestTable from "./RequestTable.ts"
import type { Stats } from "./Stats.ts"
import { serve } from "./serve.ts"
import { standards } from "./standard/index.ts"
import { library } from "./version.ts"

/**
 * A server that runs.
 *
 * @category services
 * @since 0.1.0
 */
export class Server extends Context.Service<
  Server,
  {
    /** Where it listens; with port 0 asked for, the actual port. */
    readonly address: NetAddress.SocketAddress
    /** Who is connected now. */
    readonly clients: ReadonlySet<ConnectedClient>
    /**
     * Sends an asynchronous inform to all clients. Throws a `TypeError` for a bad name, and for that of a request,
     * which no asynchronous inform may bear (Rev 5.1 §2.3).
     */
    readonly broadcast: (name: string, values?: ReadonlyArray<ArgumentValue>) => void
    /**
     * What it has done so far and has to do now. The same figures are metrics of Effect, by the names of
     * {@link layer}.
     */
    readonly stats: Effect.Effect<Stats>
    /** The device's log. */
    readonly log: DeviceLog["Service"]
    /** Ends the server as `?halt` does: requests in flight fail, every client gets `#disconnect` (Rev 5.1 §4.1). */
    readonly halt: Effect.Effect<void>
    /** Waits until `?halt`, `?restart` or {@link halt} has ended the server and all connections are closed. */
    readonly ended: Effect.Effect<Ending>
  }
>()("katcp/Server/Server") {}

/** Set by {@link launch}, which can build a device anew. */
const Restartable = Context.Reference<boolean>("katcp/Server/Restartable", { defaultValue: () => false })

/**
 * Serves a device on the `SocketServer` that is provided: TCP, TLS, Unix sockets, WebSocket or memory, all the same.
 * When the layer is released, requests in flight fail, every client gets `#disconnect`, and the connections are closed
 * in order; a client that does not read has a second for it. For a program that ends on `?halt` and builds its device
 * anew on `?restart` see {@link launch}. Throws a `RangeError` for a protocol that is neither of version 4 nor 5.
 *
 * What it does can be read as metrics of Effect, with the attributes `device` and `address`; where nobody reads them they
 * cost nothing. The gauges are `katcp_server_clients`, `katcp_server_sampled` (pairs of a client and a sensor),
 * `katcp_server_requests_in_flight` and `katcp_server_queued_bytes`; the counters `katcp_server_requests_total` (with the
 * attribute `request`), `katcp_server_unknown_requests_total`, `katcp_server_informs_total`,
 * `katcp_server_syntax_errors_total` and `katcp_server_slow_clients_total`. Requests of the contract get spans, where a
 * tracer is installed when the layer is built.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = <const Id extends string, R extends Request.Any, S extends Sensor.Any>(
  device: Interface<Id, R, S>,
  options?: Options
): Layer.Layer<Server, SocketServer.SocketServerError, SocketServer.SocketServer | Device<Id> | Sensors<Id>> => {
  const resolved = resolve(options)
  return Layer.effect(
    Server,
    Effect.gen(function* () {
      const socketServer = yield* SocketServer.SocketServer
      const shape = yield* device.device
      const context = yield* Effect.context<never>()
      const scope = yield* Effect.scope
      const hub = new Hub({
        ...tables(device, resolved, shape),
        options: resolved,
        device: shape,
        restartable: Context.get(context, Restartable),
        context,
        timers: yield* Timers.make,
        // closed last: what cannot be interrupted is waited for when all clients are gone
        strays: yield* Scope.fork(scope)
      })
      if (resolved.logLevel !== undefined) shape.log.level = resolved.logLevel
      yield* Effect.acquireRelease(
        Effect.sync(() => shape.sensors.onChange((changes) => hub.sensorsChanged(changes))),
        (off) => Effect.sync(off)
      )
      yield* register(hub, context, device.id, socketServer.address)
      const running = yield* Effect.forkIn(
        socketServer.run((socket) => serve(hub, socket)),
        scope,
        { startImmediately: true }
      )
      const stop = (reason: string) =>
        Effect.suspend(() => {
          hub.dismissAll(reason)
          // nobody is let in from here on; it waits for those who are told to go
          return Fiber.interrupt(running)
        })
      // registered behind the socket server, so that clients hear of the end before their connections are closed
      yield* Scope.addFinalizer(scope, stop("The device stops."))
      const ended = yield* Deferred.make<Ending>()
      yield* Deferred.await(hub.ending).pipe(
        Effect.tap((ending) => stop(ending === "halt" ? "The device was halted." : "The device restarts.")),
        Effect.flatMap((ending) => Deferred.succeed(ended, ending)),
        Effect.forkIn(scope)
      )
      return Server.of({
        address: socketServer.address,
        clients: hub.clients,
        broadcast: (name, values = []) => hub.broadcast(hub.lines(name, values)),
        stats: Effect.sync(() => hub.stats),
        log: shape.log,
        halt: Effect.andThen(
          Effect.sync(() => Deferred.doneUnsafe(hub.ending, Exit.succeed("halt" as const))),
          Effect.asVoid(Deferred.await(ended))
        ),
        ended: Deferred.await(ended)
      })
    })
  )
}

/** What the server answers, and what it says it is. */
const tables = <Id extends string, R extends Request.Any, S extends Sensor.Any>(
  { build, requests, version }: Interface<Id, R, S>,
  options: Resolved,
  shape: DeviceShape
) => {
  const { concurrency, protocol, unhandled } = options
  return {
    requests: RequestTable.make(shape, requests, standards(protocol), options),
    unhandled:
      unhandled === undefined
        ? undefined
        : (name: string) => RequestTable.fromContract(RequestTable.unknown(name), unhandled, concurrency === "serial"),
    versions: [
      ["katcp-protocol", protocol.toString()],
      ["katcp-library", library.version, library.build],
      ["katcp-device", version, build],
      ...Object.entries(options.versions ?? {}).map(([name, values]) => [
        name,
        ...values.filter((value) => value !== undefined)
      ])
    ]
  }
}

/**
 * Runs a layer that has a {@link Server} until `?halt`: the effect then succeeds. On `?restart` it releases the layer
 * and builds it anew, handlers, sensors and services, as often as asked (Rev 5.1 §4.1). Provide the `SocketServer` to
 * this effect, not to the layer: it then stays bound to its port meanwhile, and new clients wait until the device is
 * there again. The layer is to have one server: for several devices, launch each.
 *
 * @example
 * ```ts no-run
 * import { NodeRuntime } from "@effect/platform-node"
 * import { Effect, Layer } from "effect"
 * import { Interface, Request, Server } from "katcp"
 * import { NodeServer } from "katcp/Node"
 *
 * class Dish extends Interface.make("dish").add(Request.make("stow", { doc: "Stow the dish." })) {}
 *
 * Server.layer(Dish).pipe(
 *   Layer.provide(Dish.toLayer({ stow: () => Effect.log("stowing") })),
 *   Server.launch,
 *   Effect.provide(NodeServer.tcp({ port: 7147 })),
 *   NodeRuntime.runMain
 * )
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const launch = <E, R>(layer: Layer.Layer<Server, E, R>): Effect.Effect<void, E, R> =>
  Layer.build(layer).pipe(
    Effect.flatMap((context) => Context.get(context, Server).ended),
    Effect.scoped,
    Effect.provideService(Restartable, true),
    Effect.flatMap((ending) => (ending === "restart" ? launch(layer) : Effect.void))
  ) as Effect.Effect<void, E, R>
