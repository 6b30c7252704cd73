import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SocketServer from "effect/socket/SocketServer"
import type { Device, DeviceLog, Interface, Request, Sensors } from "../Interface/index.ts"
import { expectOptions, expectValue } from "../Message/index.ts"
import { Timers } from "../Sampling/index.ts"
import type * as Sensor from "../Sensor/index.ts"
import { Hub } from "./Hub.ts"
import { Restartable } from "./launch.ts"
import { served } from "./lifetime/served.ts"
import { register } from "./metrics.ts"
import { type Options, resolve } from "./Options.ts"
import { Runtime } from "./Runtime.ts"
import { isNetwork } from "./rehearsal/network.ts"
import { rehearse } from "./rehearsal/rehearse.ts"
import { followRequests } from "./requests/followRequests.ts"
import { Server, type StopOptions } from "./Server.ts"
import { versionsOf } from "./versions.ts"

// biome-ignore lint/suspicious/noExplicitAny: what services fail with and need is inferred from them
type AnyService = Effect.Effect<unknown, any, any>

/**
 * Serves a device on the provided `SocketServer`: TCP, TLS, Unix sockets, WebSocket or memory, or several of them as
 * {@link listeners}. When the layer is released, requests in flight fail (see the option `drain`), every client gets
 * `#disconnect`, and the connections are closed in order. A client that does not read gets one second.
 *
 * A layer is built once in a program, however often it is provided. Two servers with the same device layer would be one
 * device with one set of sensors, so the second one dies with a `TypeError`. For separate devices, provide
 * `Layer.fresh(AntennaLive)` to each. For one device at several addresses, use `Server.listeners`. For one device on
 * several servers, set the option `sharedDevice`.
 *
 * For a program that ends on `?halt` and rebuilds its device on `?restart`, see {@link launch}. Throws a `RangeError`
 * for a protocol that is neither of version 4 nor 5, and a `TypeError` for a device that is not a contract.
 *
 * `services` run as long as the server, each with its own Scope. They may use the {@link Server} and the device's
 * sensors, and their log records go to the device's log. If a service fails or dies, the server ends, with
 * `#disconnect` to all clients. {@link launch} then fails with the service's error, which is why the layer has this
 * error type. Without `launch` the program continues without its server, and `ended` fails.
 *
 * The counters are available as Effect metrics with the attributes `device` and `address`; unread metrics cost nothing.
 * The gauges are `katcp_server_clients`, `katcp_server_sampled` (pairs of a client and a sensor),
 * `katcp_server_requests_in_flight` and `katcp_server_queued_bytes`. The counters are `katcp_server_requests_total`
 * (with the attribute `request`), `katcp_server_unknown_requests_total`, `katcp_server_informs_total`,
 * `katcp_server_syntax_errors_total`, `katcp_server_slow_clients_total`, `katcp_server_refused_requests_total`,
 * `katcp_server_refused_clients_total` and `katcp_server_largest_clients_total`. Requests of the contract have spans if
 * a tracer is installed when the layer is built.
 *
 * @example
 * ```ts
 * import { Effect, Layer, Schedule } from "effect"
 * import { Interface, Server } from "katcp"
 *
 * class Dish extends Interface.make("dish") {}
 *
 * const beat = Effect.flatMap(Server.Server, (server) => Effect.sync(() => server.broadcast("beat")))
 *
 * export const DishServer = Server.layer(Dish, {
 *   services: [Effect.repeat(beat, Schedule.spaced("1 second"))],
 *   drain: "5 seconds"
 * }).pipe(Layer.provide(Dish.toLayer({})))
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = <
  const Id extends string,
  R extends Request.Any,
  S extends Sensor.Any,
  const T extends AnyService = never
>(
  device: Interface<Id, R, S>,
  options?: Options & { readonly services?: ReadonlyArray<T> | undefined }
): Layer.Layer<
  Server,
  SocketServer.SocketServerError | Effect.Error<T>,
  SocketServer.SocketServer | Device<Id> | Sensors<Id> | Exclude<Effect.Services<T>, Scope.Scope | Server | DeviceLog>
> => {
  expectValue("Server.layer", device?.requests instanceof Map, "a contract of Interface.make", device)
  if (options !== undefined) expectOptions("Server.layer", options)
  const resolved = resolve(options)
  return Layer.effect(
    Server,
    Effect.gen(function* () {
      const sockets = yield* SocketServer.SocketServer
      const shape = yield* device.device
      const context = yield* Effect.context<never>()
      const scope = yield* Effect.scope
      // first, so nothing of a second server is created
      yield* served(device.id, shape.sensors, resolved.sharedDevice === true)
      const runtime = new Runtime({
        options: resolved,
        device: shape,
        versions: versionsOf(device, resolved),
        restartable: Context.get(context, Restartable),
        context,
        timers: yield* Timers.make,
        // closed last: handlers that cannot be interrupted are awaited when all clients are gone
        uninterruptible: yield* Scope.fork(scope)
      })
      const hub = new Hub(runtime, device.requests)
      yield* Effect.addFinalizer(() => Effect.sync(() => hub.audit?.end()))
      if (resolved.logLevel !== undefined) shape.log.level = resolved.logLevel
      yield* Effect.acquireRelease(
        Effect.sync(() => shape.sensors.onChange((changes) => hub.clients.sensorsChanged(changes))),
        (off) => Effect.sync(off)
      )
      const metrics = yield* register(hub, context, device.id, sockets.address)
      yield* followRequests(hub, shape.requests, hub.update, metrics)
      const stop = ({ drain, reason = "The device was halted." }: StopOptions = {}) =>
        Effect.suspend(() => {
          hub.stop.begin({ ending: "halt", reason, drain })
          return Effect.ignore(hub.stop.ended)
        })
      // registered after the socket server, so clients get the reason before their connections are closed
      yield* Effect.acquireRelease(
        Effect.sync(() => hub.listeners.open(sockets)),
        () => stop({ reason: "The device is stopping." })
      )
      if (resolved.rehearsal ?? isNetwork(sockets)) yield* rehearse
      // a program that continues without its device: clients that connect get a reason instead of waiting; `launch`
      // does this itself
      if (!runtime.restartable) yield* Effect.forkScoped(Effect.andThen(Effect.exit(hub.stop.ended), hub.refuse))
      const server = Server.of({
        address: sockets.address,
        get addresses() {
          return hub.listeners.addresses
        },
        clients: hub.clients.all,
        broadcast: (name, values = []) => hub.clients.broadcast(hub.dispatch.lines(name, values)),
        stats: Effect.sync(() => hub.stats),
        audit: hub.audit?.stream ?? Stream.empty,
        log: shape.log,
        listen: (layer) =>
          Effect.map(Layer.build(layer), Context.get(SocketServer.SocketServer)).pipe(
            Effect.tap((sockets) =>
              Effect.acquireRelease(
                Effect.sync(() => hub.listeners.open(sockets)),
                () => hub.listeners.closeOne(sockets)
              )
            ),
            Effect.map(({ address }) => address)
          ),
        supervise: (service) =>
          Effect.contextWith((context) => Effect.sync(() => hub.services.start(service, context))),
        stop,
        halt: stop(),
        ended: hub.stop.ended
      })
      const within = Context.merge(context, shape.context).pipe(Context.add(Server, server))
      for (const service of options?.services ?? []) hub.services.start(service, within as Context.Context<unknown>)
      return server
    })
  )
}
