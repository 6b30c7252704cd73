/** A client of the example device: `node examples/client.ts [HOST [PORT]]`, 127.0.0.1 and 7147 by default. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import { NodeClient } from "katcp/Node"
import { tour } from "./example/tour.ts"

const [host = "127.0.0.1", port = "7147"] = process.argv.slice(2)

tour.pipe(Effect.scoped, Effect.provide(NodeClient.tcp({ host, port: Number(port) })), NodeRuntime.runMain)
