import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Client } from "katcp"
import { Example } from "./contract.ts"

/** Shows the features of a client of the example device, request by request. It runs on any Socket. */
export const tour = Effect.gen(function* () {
  const device = yield* Client.make(Example)
  yield* Console.log(`the device speaks KATCP ${device.protocol}`)

  const { sum } = yield* device.request.add({ x: 1.5, y: 2 })
  yield* Console.log(`1.5 + 2 = ${sum}`)

  const { result } = yield* device.request.eval({ expression: "4 / (1 + 1)" })
  yield* Console.log(`4 / (1 + 1) = ${result}`)

  // a refusal by the device is an error of its own type
  const refusal = yield* Effect.flip(device.request.eval({ expression: "4 +" }))
  yield* Console.log(`4 + is refused with ${refusal._tag}`)

  // the informs of a request as they arrive, before its reply
  yield* device.stream["pick-fruit"]().pipe(
    Stream.runForEach((piece) =>
      Console.log(piece._tag === "Inform" ? piece.inform.text : `picked: ${piece.reply.fruit}`)
    ),
    Effect.catchTag("RequestFailed", (error) => Console.log(`picked nothing: ${error.message}`))
  )

  // requests run at the same time over the one connection
  yield* Effect.all([device.request.sleep({ seconds: 0.1 }), device.request.sleep({ seconds: 0.1 })], {
    concurrency: "unbounded"
  })

  // requests outside the contract are called by name
  const { informs } = yield* device.call("sensor-value", ["/result/"])
  for (const inform of informs) yield* Console.log(`${inform.text(2)} is ${inform.text(4)} (${inform.text(3)})`)
})
