/** The example device on a WebSocket: `node webSocket.ts [--port P] [--sensors N]`. Everything has its default. */
import { parseArgs } from "node:util"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Codec, Server } from "katcp"
import { NodeServer } from "katcp/Node"
import { Example } from "../../../examples/example/contract.ts"
import { ExampleLive } from "../../../examples/example/handlers.ts"

const { port, sensors } = parseArgs({
  options: { port: { type: "string", default: "0" }, sensors: { type: "string", default: "0" } }
}).values

Server.layer(Example).pipe(
  Layer.provide(ExampleLive({ sensors: Number(sensors), dialect: Codec.Dialect.v5 })),
  Layer.tap((context) => Console.log(`listening on ${Context.get(context, Server.Server).address}`)),
  Server.launch,
  Effect.provide(NodeServer.webSocket({ host: "127.0.0.1", port: Number(port) })),
  NodeRuntime.runMain
)
