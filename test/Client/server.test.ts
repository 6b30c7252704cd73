import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Socket from "effect/socket/Socket"
import { TestClock } from "effect/testing"
import { Client, RequestInvalid, Server } from "katcp"
import { MemoryNetwork } from "katcp/Testing"
import { immediately } from "./connect.ts"
import { Antenna } from "./contract.ts"

const AntennaLive = Antenna.toLayer({
  track: Effect.fnUntraced(function* ({ az, el, name }) {
    if (el < 0) return yield* new RequestInvalid({ message: "below the horizon" })
    yield* Effect.sleep(az)
    return { eta: az + el + (name?.length ?? 0) }
  }),
  stow: () => Effect.void,
  "start-at": ({ time }) => Effect.succeed({ time }),
  rings: ({ kinds }, { inform }) =>
    Effect.sync(() => {
      for (const name of kinds) inform({ name, busy: name === "inner" })
      return { count: kinds.length }
    }),
  echo: (message) => Effect.succeed(["ok", ...message.arguments])
})

const Device = Server.layer(Antenna).pipe(Layer.provide(AntennaLive), Layer.provideMerge(MemoryNetwork.layer))

const dial = Effect.gen(function* () {
  const network = yield* MemoryNetwork
  return yield* Effect.provideServiceEffect(Client.make(Antenna), Socket.Socket, network.connect)
})

layer(Device)("a client and a server of one contract", (it) => {
  it.effect(
    "understand each other, over any number of requests at once",
    Effect.fnUntraced(function* () {
      const client = yield* dial
      assert.strictEqual(client.protocol.major, 5)
      assert.deepStrictEqual(yield* client.request.stow(), { informs: [] })
      const kinds = ["outer", "inner", "outer"] as const
      const { count, informs } = yield* client.request.rings({ kinds })
      assert.strictEqual(count, 3)
      assert.deepStrictEqual(
        informs.map(({ busy, name }) => [name, busy]),
        kinds.map((kind) => [kind, kind === "inner"])
      )
      const azimuths = Array.from({ length: 200 }, (_, index) => 1 + ((index * 7919) % 200))
      const tracking = yield* Effect.forkScoped(
        Effect.forEach(azimuths, (az) => client.request.track({ az, el: 0.5, name: "ab" }), {
          concurrency: "unbounded"
        }),
        immediately
      )
      yield* TestClock.adjust("1 second")
      const replies = yield* Fiber.join(tracking)
      assert.deepStrictEqual(
        replies.map(({ eta }) => eta),
        azimuths.map((az) => az + 2.5)
      )
      const error = yield* Effect.flip(client.request.track({ az: 1, el: -1 }))
      assert.isTrue(error._tag === "RequestInvalid" && error.message === "below the horizon")
    })
  )

  it.effect(
    "carry any bytes both ways (P-081)",
    Effect.fnUntraced(function* () {
      const client = yield* dial
      const all = Uint8Array.from({ length: 256 }, (_, byte) => byte)
      const { reply } = yield* client.request.echo([all, new Uint8Array(0), "é \\ \n"])
      assert.deepStrictEqual(new Uint8Array(reply.bytes(1)!), all)
      assert.deepStrictEqual([reply.text(2), reply.text(3), reply.length], ["", "é \\ \n", 4])
    })
  )
})
