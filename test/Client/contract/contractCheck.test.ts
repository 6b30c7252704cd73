import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Arg, Client, Interface, Request, Sensor, Server } from "katcp"
import { MemoryNetwork } from "katcp/Testing"
import { logged } from "../connect.ts"
import { pass } from "../sensors/site.ts"

const stow = Request.make("stow", { doc: "Stow the dish." })
const azimuth = Sensor.make("azimuth", { type: Arg.Float })

class Wanted extends Interface.make("dish").add(
  stow,
  Request.make("track", { doc: "Track." }),
  azimuth,
  Sensor.make("mode", { type: Arg.Discrete("stow", "track") })
) {}
class There extends Interface.make("dish").add(
  stow,
  azimuth,
  Sensor.make("mode", { type: Arg.Float }),
  Sensor.make("more", { type: Arg.Float })
) {}

const network = Layer.provideMerge(
  Server.layer(There),
  Layer.merge(There.toLayer({ stow: () => Effect.void }), MemoryNetwork.layer)
)
const connect = (options?: Client.Options) =>
  Effect.gen(function* () {
    const context = yield* Layer.build(Layer.provide(MemoryNetwork.layerClient, network))
    return yield* Effect.provideContext(Client.make(Wanted, options), context)
  })
const inShort = (differences: Client.Client<never, never>["differences"]) =>
  differences?.map(({ impact, kind, subject }) => `${impact} ${kind} ${Object.values(subject).join(" ")}`)

describe("a device that does not keep the contract", () => {
  it.effect(
    "is described as data, and the log has the changes that break clients",
    Effect.fnUntraced(function* () {
      const { records, value } = yield* logged(
        Effect.gen(function* () {
          const client = yield* connect()
          yield* pass(10)
          return { client, differences: inShort(client.differences), now: inShort(yield* client.checkContract) }
        })
      )
      assert.deepStrictEqual(value.differences, value.now)
      assert.deepStrictEqual(value.differences?.filter((text) => text.startsWith("breaking")).length, records.length)
      assert.isTrue(value.differences?.some((text) => text.includes("track")))
      assert.isTrue(value.differences?.some((text) => text.startsWith("breaking") && text.includes("mode")))
      assert.isTrue(value.differences?.some((text) => text.startsWith("compatible") && text.includes("more")))
      assert.isTrue(records.every((record) => record.includes("does not fulfil the contract: breaking")))
    })
  )

  it.effect(
    "is not checked if configured so",
    Effect.fnUntraced(function* () {
      const client = yield* connect({ checkContract: false })
      yield* pass(10)
      assert.isUndefined(client.differences)
    })
  )
})
