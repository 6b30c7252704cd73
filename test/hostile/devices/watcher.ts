/**
 * A client as a program has it, everything by default: `node watcher.ts HOST PORT`. It samples `test.float` by `event`, and
 * writes a line of JSON for each state that the client comes to, and for each reading.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { Client } from "katcp"
import { NodeClient } from "katcp/Node"

const [host = "", port = ""] = process.argv.slice(2)

const program = Effect.gen(function* () {
  const client = yield* Client.make({ connecting: "background" })
  yield* Effect.forkScoped(
    Stream.runForEach(SubscriptionRef.changes(client.state), ({ _tag }) =>
      Console.log(JSON.stringify({ state: _tag, connected: _tag === "Connected" }))
    )
  )
  yield* Stream.runForEach(client.watch("test.float", { strategy: { _tag: "Event" } }), (event) =>
    event._tag === "Reading" ? Console.log(JSON.stringify({ status: event.reading.status })) : Effect.void
  )
})

program.pipe(Effect.scoped, Effect.provide(NodeClient.tcp({ host, port: Number(port) })), NodeRuntime.runMain)
