import type * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as SocketServer from "effect/socket/SocketServer"
import { ServiceFailed } from "./lifetime/Ending.ts"
import { turnAway } from "./listening/turnAway.ts"
import { Server } from "./Server.ts"

/** Set by {@link launch}, which can build a device anew. */
export const Restartable = Context.Reference<boolean>("katcp/Server/Restartable", { defaultValue: () => false })

/**
 * Runs a layer that has a {@link Server} until `?halt`: the effect then succeeds. On `?restart` it releases the layer
 * and builds it anew, handlers, sensors and services, as often as asked (Rev 5.1 §4.1). Provide the `SocketServer` to
 * this effect, not to the layer: it then stays bound to its port meanwhile, and new clients wait until the device is
 * there again. After `?halt`, a `SocketServer` that outlives this effect turns clients away with `#disconnect`, until
 * another device is launched on it. The layer is to have one server: for several devices, launch each. If a service of the
 * device fails, this fails with its error, which is among those of the layer.
 *
 * Interrupt the effect to end the device in order: clients get `#disconnect`. `NodeRuntime.runMain` interrupts on SIGINT
 * and SIGTERM, but not on SIGHUP, which ends a process of Node at once. A device that is started from a terminal should
 * treat it as SIGTERM: `process.on("SIGHUP", () => process.emit("SIGTERM", "SIGTERM"))`.
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

/** The fibers that turn clients away from socket servers whose device was halted. */
const turningAway = new WeakMap<SocketServer.SocketServer["Service"], Fiber.Fiber<unknown, unknown>>()

/** The socket server that is provided from outside, if there is one. */
const outside = Effect.contextWith((context: Context.Context<never>) =>
  Effect.succeed(Context.getOrUndefined(context as Context.Context<unknown>, SocketServer.SocketServer))
)

/**
 * Turns clients away from now on: the socket server may outlive the device, and would let them wait forever. It is one
 * step, so that an interruption leaves no fiber behind that the next device does not know.
 */
const turnAwayClients = Effect.contextWith((context: Context.Context<never>) =>
  Effect.map(outside, (sockets) => {
    if (sockets === undefined) return
    const refuse = sockets.run((socket) => turnAway(socket, "The device has ended."))
    turningAway.set(sockets, Effect.runForkWith(context)(Effect.ignoreCause(refuse)))
  })
)

/** Ends the turning away of clients: a device is there again. */
const takeOver = Effect.flatMap(outside, (sockets) => {
  const fiber = sockets && turningAway.get(sockets)
  return fiber === undefined ? Effect.void : Fiber.interrupt(fiber)
})
