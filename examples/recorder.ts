/**
 * Prints a device's messages, each as a line of JSON: `node examples/recorder.ts [HOST [PORT [REQUEST ...]]]`.
 * 127.0.0.1 and 7147 by default; requests are in wire form: `'?sensor-sampling test.int event'`.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Socket from "effect/socket/Socket"
import { Codec, Message } from "katcp"
import { record, toLines } from "./recorder/recorder.ts"

const [host = "127.0.0.1", port = "7147", ...requests] = process.argv.slice(2)

Effect.gen(function* () {
  const socket = yield* Socket.Socket
  const messages = yield* Effect.forEach(requests, (line) => Schema.decodeEffect(Codec.MessageFromText)(line))
  yield* record(socket, messages).pipe(toLines, Stream.runForEach(Console.log))
}).pipe(
  Effect.provide(NodeSocket.layerNet({ host, port: Number(port) })),
  Effect.tapError((error) => Console.error(`cannot record ${host}:${port}: ${Message.causeOf(error)}`)),
  NodeRuntime.runMain({ disableErrorReporting: true })
)
