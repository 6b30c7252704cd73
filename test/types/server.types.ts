/** Code that the types of a server's hooks and services accept, and code that they refuse. Checked by the compiler alone. */
import { expectTypeOf } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as NetAddress from "effect/net/NetAddress"
import type * as Scope from "effect/Scope"
import type { SocketServer, SocketServerError } from "effect/socket/SocketServer"
import { Arg, Interface, type Message, RequestFailed, Sensor, Server } from "katcp"
import { type ConnectedClient, Deprecated, DeviceLog } from "katcp/Interface"
import { MemoryNetwork } from "katcp/Testing"

class Power extends Context.Service<Power, { readonly volts: Effect.Effect<number> }>()("types/Power") {}
class Burnt extends Data.TaggedError("Burnt")<{ readonly message: string }> {}
class Jammed extends Data.TaggedError("Jammed")<{ readonly message: string }> {}

class Oven extends Interface.make("oven").add(Sensor.make("heat", { doc: "Heat", type: Arg.Int, initial: 0 })) {}

declare const given: (effect: unknown) => void
declare const heating: Effect.Effect<never, Burnt, Power | Scope.Scope>
declare const turning: Effect.Effect<void, Jammed>

/** The layer has the requirements and errors of the services, and so has the program. */
export const services = () => {
  const sensing = Effect.gen(function* () {
    const { heat } = yield* Oven.sensors
    const server = yield* Server.Server
    const log = yield* DeviceLog
    server.broadcast(log.level)
    yield* heat.set(1)
  })
  const layer = Server.layer(Oven, { services: [heating, turning, sensing], drain: "1 second" })
  expectTypeOf<Layer.Error<typeof layer>>().toEqualTypeOf<SocketServerError | Burnt | Jammed>()
  expectTypeOf<Layer.Services<typeof layer>>().toEqualTypeOf<
    SocketServer | Interface.Device<"oven"> | Interface.Sensors<"oven"> | Power
  >()
  const program = Server.launch(Layer.provide(layer, Oven.toLayer({})))
  expectTypeOf<Effect.Error<typeof program>>().toEqualTypeOf<SocketServerError | Burnt | Jammed>()
  expectTypeOf<Effect.Services<typeof program>>().toEqualTypeOf<SocketServer | Power>()

  const none = Server.layer(Oven, { drain: true })
  expectTypeOf<Layer.Error<typeof none>>().toEqualTypeOf<SocketServerError>()
}

/** The arguments and results of a server's service. */
export const running = (server: Server.Server["Service"]) => {
  expectTypeOf(server.ended).toEqualTypeOf<Effect.Effect<Server.Ending, Server.ServiceFailed>>()
  const supervised = server.supervise(Effect.orDie(heating))
  expectTypeOf(supervised).toEqualTypeOf<Effect.Effect<void, never, Power>>()
  // @ts-expect-error what can fail is dealt with, or a defect, or a service of the layer
  // @effect-diagnostics-next-line missingEffectError:off
  given(server.supervise(turning))
  expectTypeOf(server.listen(MemoryNetwork.layer)).toEqualTypeOf<
    Effect.Effect<NetAddress.SocketAddress, never, Scope.Scope>
  >()
  given(server.stop({ drain: "3 seconds", reason: "Bye." }))
  // @ts-expect-error that is not a time
  given(server.stop({ drain: "soon" }))
}

/** Listeners need and fail with what their layers do. */
export const listening = (
  one: Layer.Layer<SocketServer, SocketServerError, Power>,
  other: Layer.Layer<SocketServer, Burnt>
) => {
  const both = Server.listeners(one, other)
  expectTypeOf(both).toEqualTypeOf<Layer.Layer<SocketServer, SocketServerError | Burnt, Power>>()
  // @ts-expect-error at least one
  Server.listeners()
  // @ts-expect-error a layer that listens nowhere
  Server.listeners(Oven.toLayer({}))
}

const refusal = new RequestFailed({ message: "no" })

/** The arguments and results of hooks. */
export const hooks = () => {
  Server.layer(Oven, {
    guard: (client, request) => {
      expectTypeOf(client).toEqualTypeOf<ConnectedClient>()
      expectTypeOf(request).toEqualTypeOf<Message.Message>()
      return request.name === "halt" ? refusal : undefined
    },
    onMessage: (_, message, next) => (message.kind === "inform" ? Effect.void : next),
    onDisconnect: (_, { how, reachable, reason }) => {
      expectTypeOf(how).toEqualTypeOf<"dismissed" | "closed" | "lost" | "overrun">()
      expectTypeOf(reachable).toEqualTypeOf<boolean>()
      return Effect.log(reason)
    },
    onStop: Effect.void,
    versions: () => ({ plc: ["plc-1"] })
  })
  Server.layer(Oven, { guard: () => Effect.fail(refusal) })
  Server.layer(Oven, { guard: () => Effect.succeed(refusal) })
  Server.layer(Oven, { guard: () => {} })
  // @ts-expect-error true lets nothing pass
  Server.layer(Oven, { guard: () => true })
  // @ts-expect-error nor does a promise
  Server.layer(Oven, { guard: async () => undefined })
  Server.layer(Oven, {
    // @ts-expect-error an error that the protocol does not know
    // @effect-diagnostics-next-line missingEffectError:off
    onMessage: () => Effect.fail(new Burnt({ message: "" }))
  })
  // @ts-expect-error the hook has no way to fail
  // @effect-diagnostics-next-line missingEffectError:off
  Server.layer(Oven, { onStop: Effect.fail(refusal) })
  // @ts-expect-error a version is text
  Server.layer(Oven, { versions: { plc: [1] } })
}

/** The modes that clients may change to are those that there are. */
export const modes = (all: Sensor.Modes<"idle" | "track", Burnt>) => {
  const Two = Interface.make("two").add(Deprecated.mode("idle", "track"))
  Two.toLayer({ mode: Deprecated.changeMode(all) })
  const Fewer = Interface.make("fewer").add(Deprecated.mode("idle"))
  Fewer.toLayer({ mode: Deprecated.changeMode(all) })
  const More = Interface.make("more").add(Deprecated.mode("idle", "stow"))
  // @ts-expect-error there is no mode stow
  // @effect-diagnostics-next-line
  More.toLayer({ mode: Deprecated.changeMode(all) })
}
