/** Several devices on one network in memory. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import type * as Socket from "effect/socket/Socket"
import { Arg, Interface, Request, RequestFailed, Sensor, Server } from "katcp"
import { MemoryNetwork } from "katcp/Testing"

export class Dish extends Interface.make("dish").add(
  Request.make("add", { doc: "Add.", args: { x: Arg.Float, y: Arg.Float }, reply: { sum: Arg.Float } }),
  Request.make("pick-fruit", { doc: "Pick.", reply: { fruit: Arg.Text } }),
  Request.make("slow", { doc: "Slow.", timeoutHint: "30 seconds" }),
  Request.make("fails", { doc: "Fails on odd ports." }),
  Sensor.make("mode", { type: Arg.Discrete("stow", "track") }),
  Sensor.make("rx.temp-1", { type: Arg.Float, units: "K" })
) {}

/** A device that is switched on at a port; its sensors, and what switches it off. */
export const device = (port: number) =>
  Effect.gen(function* () {
    const live = yield* Layer.build(
      Dish.toLayer({
        add: ({ x, y }) => Effect.succeed({ sum: x + y }),
        "pick-fruit": () => Effect.succeed({ fruit: "kiwi" }),
        slow: () => Effect.void,
        fails: () => (port % 2 === 1 ? Effect.fail(new RequestFailed({ message: "odd" })) : Effect.void)
      })
    )
    const scope = yield* Scope.fork(yield* Effect.scope)
    const network = yield* MemoryNetwork
    const layer = Server.layer(Dish).pipe(
      Layer.provide(Layer.merge(Layer.succeedContext(live), MemoryNetwork.layerListen(port))),
      Layer.provide(Layer.succeed(MemoryNetwork, network))
    )
    const server = yield* Layer.buildWithScope(layer, scope)
    return {
      sensors: yield* Effect.provideContext(Dish.sensors, live),
      set: yield* Effect.provideContext(Dish.sensorSet, live),
      server: yield* Effect.provideContext(Server.Server, server),
      off: Scope.close(scope, Exit.void)
    }
  })

/** The Socket of a client for the device at a port. */
export const dial = (port: number): Effect.Effect<Layer.Layer<Socket.Socket>, never, MemoryNetwork> =>
  Effect.map(MemoryNetwork, (network) =>
    Layer.provide(MemoryNetwork.layerDial(port), Layer.succeed(MemoryNetwork, network))
  )

/** The network, for a test. */
export const onNetwork = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.provide(effect, MemoryNetwork.layerEmpty())
