// A device of the packed library: writes `listening on PORT`, and serves until it is killed.
import { Effect, Layer } from "effect"
import { Arg, Interface, Request, Sensor, Server } from "katcp"
import { NodeServer } from "katcp/Node"

class Device extends Interface.make("runtime").add(
  Request.make("add", { doc: "Add.", args: { x: Arg.Int, y: Arg.Int }, reply: { sum: Arg.Int } }),
  Sensor.make("sum", { type: Arg.Int })
) {}
const DeviceLive = Device.toLayer(
  Effect.gen(function* () {
    const sensors = yield* Device.sensors
    return { add: ({ x, y }) => Effect.as(sensors.sum.set(x + y), { sum: x + y }) }
  })
)
const told = Layer.effectDiscard(
  Effect.map(Server.Server, ({ address }) => console.log(`listening on ${address.port}`))
)
await Effect.runPromise(
  Layer.launch(
    told.pipe(
      Layer.provideMerge(Server.layer(Device, { logLevel: "error" })),
      Layer.provide(DeviceLive),
      Layer.provide(NodeServer.tcp({ host: "127.0.0.1", port: 0 }))
    )
  )
)
