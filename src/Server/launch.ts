import type * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Server } from "./Server.ts"
import { ServiceFailed } from "./Services.ts"

/** Set by {@link launch}, which can build a device anew. */
export const Restartable = Context.Reference<boolean>("katcp/Server/Restartable", { defaultValue: () => false })

/**
 * Runs a layer that has a {@link Server} until `?halt`: the effect then succeeds. On `?restart` it releases the layer
 * and builds it anew, handlers, sensors and services, as often as asked (Rev 5.1 §4.1). Provide the `SocketServer` to
 * this effect, not to the layer: it then stays bound to its port meanwhile, and new clients wait until the device is
 * there again. The layer is to have one server: for several devices, launch each. Where a service of the device fails,
 * this fails with its error, which is among those of the layer.
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
    // the errors of a device's services are those of its layer
    Effect.catchIf(
      (error) => error instanceof ServiceFailed,
      ({ cause }) => Effect.failCause(cause as Cause.Cause<E>)
    ),
    Effect.flatMap((ending) => (ending === "restart" ? launch(layer) : Effect.void))
  ) as Effect.Effect<void, E, R>
