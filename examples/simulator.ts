/**
 * A simulated dish: `node examples/simulator.ts [PORT [HOOKS]]` serves it on 127.0.0.1 and PORT (5001 by default), and
 * on HOOKS (5002) the hooks with which a test makes it misbehave: `?heat 95`, `?break brake stuck`, `?freeze`, … It
 * prints `listening on HOST:PORT and HOST:PORT` once both are ready.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Server } from "katcp"
import { NodeServer } from "katcp/Node"
import { dish } from "./simulator/device.ts"
import { Hooks, HooksLive, Simulator } from "./simulator/Simulator.ts"

const [port = "5001", hooks = "5002"] = process.argv.slice(2)
const listening = (port: string) => NodeServer.tcp({ host: "127.0.0.1", port: Number(port) })

const program = Effect.gen(function* () {
  const { guard } = yield* Simulator
  const control = Server.layer(Hooks).pipe(Layer.provide(HooksLive), Layer.provide(listening(hooks)))
  const { address } = Context.get(yield* Layer.build(control), Server.Server)
  yield* dish({ guard }).pipe(
    Layer.tap((context) => Console.log(`listening on ${Context.get(context, Server.Server).address} and ${address}`)),
    Server.launch,
    Effect.provide(listening(port))
  )
})

// runMain ends the program in order on SIGINT and SIGTERM; a terminal that closes sends SIGHUP
process.on("SIGHUP", () => process.emit("SIGTERM", "SIGTERM"))

// the drive is outside the parts that ?restart rebuilds
program.pipe(Effect.scoped, Effect.provide(Simulator.layer), NodeRuntime.runMain)
