/**
 * Eight clients of names that nobody knows, and half a second later one of a device that is there: `node resolving.ts HOST PORT`
 * writes how many milliseconds the last needed to be connected.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { Client } from "katcp"
import { NodeClient } from "katcp/Node"

const [host = "", port = ""] = process.argv.slice(2)
const client = (host: string, options: Client.Options = {}) =>
  Effect.provide(Client.make(options), NodeClient.tcp({ host, port: Number(port) }))

const program = Effect.gen(function* () {
  for (let n = 0; n < 8; n++) yield* client(`antenna-${n}.example`, { connecting: "background" })
  yield* Effect.sleep(500)
  const from = yield* Clock.currentTimeMillis
  yield* client(host)
  yield* Console.log(JSON.stringify({ connected: (yield* Clock.currentTimeMillis) - from }))
})

program.pipe(Effect.scoped, Effect.timeout("30 seconds"), NodeRuntime.runMain)
