import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Client, Server } from "katcp"
import { MemoryNetwork } from "katcp/Testing"
import { Dish } from "./sensors/site.ts"

class Dish7 extends Client.Service<Dish7>()("Dish7", Dish) {}

it.effect(
  "a client is a service, one for each device",
  Effect.fnUntraced(function* () {
    const network = Layer.provideMerge(Server.layer(Dish), Layer.merge(Dish.toLayer({}), MemoryNetwork.layer))
    const layer = Dish7.layer().pipe(Layer.provide(MemoryNetwork.layerClient), Layer.provide(network))
    const reading = yield* Effect.flatMap(Dish7, ({ sensor }) => sensor.azimuth.get()).pipe(Effect.provide(layer))
    assert.strictEqual(reading.value, 0)
  })
)
