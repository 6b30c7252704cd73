// The Effect client of the packed library, at the port it is given: writes `sum 42 nominal`.
import { Effect } from "effect"
import { Client } from "katcp"
import { NodeClient } from "katcp/Node"

const port = Number(process.argv[2])
const program = Effect.gen(function* () {
  const client = yield* Client.make()
  yield* client.call("add", [40, 2])
  const reading = yield* client.sensorNamed("sum").get()
  console.log(`sum ${reading.value} ${reading.status}`)
})
await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(NodeClient.tcp({ host: "127.0.0.1", port }))))
