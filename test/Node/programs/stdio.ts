/** A device on standard input and output, which ends with its client. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Arg, Interface, Request, Server } from "katcp"
import { NodeServer } from "katcp/Node"

class Dish extends Interface.make("dish").add(
  Request.make("double", { doc: "Double it, after a while.", args: { x: Arg.SafeInt }, reply: { y: Arg.SafeInt } })
) {}

const gone = Deferred.makeUnsafe<void>()
Server.layer(Dish).pipe(
  Layer.provide(Dish.toLayer({ double: ({ x }) => Effect.delay(Effect.succeed({ y: 2 * x }), 50) })),
  Server.launch,
  Effect.provide(NodeServer.stdio({ onEnd: Effect.asVoid(Deferred.succeed(gone, undefined)) })),
  Effect.raceFirst(Deferred.await(gone)),
  NodeRuntime.runMain
)
