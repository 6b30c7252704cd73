/**
 * The example device with two listeners, everything by default: plain TCP for those who watch it, and for those who attack
 * it a WebSocket, or TLS: `node listeners.ts --tls-cert F --tls-key F`. It writes `listening on` and `attacked at`.
 */
import { readFileSync } from "node:fs"
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

const { "tls-cert": cert, "tls-key": key } = parseArgs({
  options: { "tls-cert": { type: "string" }, "tls-key": { type: "string" } }
}).values
const anywhere = { host: "127.0.0.1", port: 0 }
const attacked =
  cert === undefined || key === undefined
    ? NodeServer.webSocket(anywhere)
    : NodeServer.tls({ ...anywhere, cert: readFileSync(cert), key: readFileSync(key) })

Server.layer(Example).pipe(
  Layer.provide(ExampleLive({ sensors: 0, dialect: Codec.Dialect.v5 })),
  Layer.tap((context) => {
    const [plain, other] = Context.get(context, Server.Server).addresses
    return Console.log(`attacked at ${other}\nlistening on ${plain}`)
  }),
  Server.launch,
  Effect.provide(Server.listeners(NodeServer.tcp(anywhere), attacked)),
  NodeRuntime.runMain
)
