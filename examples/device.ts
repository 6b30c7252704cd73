/**
 * The example device: `node examples/device.ts [--host H] [--port P] [--protocol 5|4] [--sensors N]`. It serves on
 * 127.0.0.1:5000 and says `listening on HOST:PORT` once it does; SIGINT, SIGTERM and `?halt` end it in order.
 */
import { parseArgs } from "node:util"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Codec, Message, Server } from "katcp"
import { NodeServer } from "katcp/Node"
import { Example } from "./example/contract.ts"
import { ExampleLive } from "./example/handlers.ts"

const { values } = parseArgs({
  options: {
    host: { type: "string", default: "127.0.0.1" },
    port: { type: "string", default: "5000" },
    protocol: { type: "string", default: "5" },
    sensors: { type: "string", default: "0" }
  }
})
const protocol = values.protocol === "4" ? Message.Protocol.make(4, 0, "M") : Message.Protocol.make(5, 1, "MIT")

const announce = Effect.gen(function* () {
  const { address } = yield* Server.Server
  yield* Console.log(`listening on ${address}`)
})

Server.layer(Example, { protocol }).pipe(
  Layer.provide(ExampleLive({ sensors: Number(values.sensors), dialect: Codec.Dialect.of(protocol) })),
  Layer.tap((context) => Effect.provideContext(announce, context)),
  Server.launch,
  Effect.provide(NodeServer.tcp({ host: values.host, port: Number(values.port) })),
  NodeRuntime.runMain({
    // a signal is an ordinary end here, not an error
    teardown: (exit, onExit) =>
      onExit(exit._tag === "Success" || exit.cause.reasons.every((reason) => reason._tag === "Interrupt") ? 0 : 1)
  })
)
