import type * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as SocketServer from "effect/socket/SocketServer"
import { ServiceFailed } from "./lifetime/Ending.ts"
import { turnAway } from "./listening/turnAway.ts"
import { Server } from "./Server.ts"

/** Set by {@link launch}, which can rebuild a device. */
export const Restartable = Context.Reference<boolean>("katcp/Server/Restartable", { defaultValue: () => false })

/**
 * Runs a layer that has a {@link Server} until `?halt`; the effect then succeeds. On `?restart` it releases the layer
 * and builds it again, with handlers, sensors and services, as often as requested (Rev 5.1 §4.1). Provide the
 * `SocketServer` to this effect, not to the layer: its port then stays bound, and new clients wait until the device is
 * back. After `?halt`, a `SocketServer` that outlives this effect sends clients away with `#disconnect`, until another
 * device is launched on it. The layer must have one server: launch several devices separately. If a service of the
 * device fails, this effect fails with its error, which is among the errors of the layer.
 *
 * Interrupt the effect to end the device in order: clients get `#disconnect`. `NodeRuntime.runMain` interrupts on
 * SIGINT and SIGTERM, but not on SIGHUP, which ends a process of Node at once. A device that is started from a terminal
 * should handle SIGHUP as SIGTERM: `process.on("SIGHUP", () => process.emit("SIGTERM", "SIGTERM"))`.
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
  takeOver.pipe(
    Effect.andThen(Layer.build(layer)),
    Effect.flatMap((context) => Context.get(context, Server).ended),
    Effect.scoped,
    Effect.provideService(Restartable, true),
    // the errors of a device's services are those of its layer
    Effect.catchIf(
      (error) => error instanceof ServiceFailed,
      ({ cause }) => Effect.failCause(cause as Cause.Cause<E>)
    ),
    Effect.flatMap((ending) => (ending === "restart" ? launch(layer) : turnAwayClients))
  ) as Effect.Effect<void, E, R>

/** The fibers that send clients away from socket servers whose device was halted. */
const turningAway = new WeakMap<SocketServer.SocketServer["Service"], Fiber.Fiber<unknown, unknown>>()

/** The socket server provided from outside, if any. */
const outside = Effect.contextWith((context: Context.Context<never>) =>
  Effect.succeed(Context.getOrUndefined(context as Context.Context<unknown>, SocketServer.SocketServer))
)

/**
 * Sends clients away from now on: the socket server may outlive the device, and clients would wait forever. This is one
 * step, so an interruption leaves no fiber that the next device does not know.
 */
const turnAwayClients = Effect.contextWith((context: Context.Context<never>) =>
  Effect.map(outside, (sockets) => {
    if (sockets === undefined) return
    const refuse = sockets.run((socket) => turnAway(socket, "The device has ended."))
    turningAway.set(sockets, Effect.runForkWith(context)(Effect.ignoreCause(refuse)))
  })
)

/** Stops sending clients away, because a device is back. */
const takeOver = Effect.flatMap(outside, (sockets) => {
  const fiber = sockets && turningAway.get(sockets)
  return fiber === undefined ? Effect.void : Fiber.interrupt(fiber)
})
