/** A device that is run with few file descriptors; its port goes to the standard output, its log too. */

import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import { Arg, Interface, Sensor, Server } from "../../../src/index.ts"
import { NodeServer } from "../../../src/Node/index.ts"

class Lab extends Interface.make("lab").add(Sensor.make("az", { type: Arg.Float })) {}

const program = Effect.gen(function* () {
  const context = yield* Layer.build(
    Server.layer(Lab).pipe(
      Layer.provide(Lab.toLayer({})),
      Layer.provide(NodeServer.tcp({ host: "127.0.0.1", port: 0 }))
    )
  )
  const { address } = Context.get(context, Server.Server)
  console.log(`port ${NetAddress.isInetAddress(address) ? address.port : 0}`)
  return yield* Effect.never
})
Effect.runFork(Effect.scoped(program))
