import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { TestClock } from "effect/testing"
import { Arg, Interface, Message, Request, RequestFailed, RequestInvalid, Sensor } from "katcp"
import { Handling } from "katcp/Testing"

const rings = Request.make("rings", {
  doc: "List the rings.",
  informs: { name: Arg.Text, at: Arg.Timestamp },
  reply: { count: Arg.SafeInt }
})
class Antenna extends Interface.make("antenna").add(
  Request.make("track", {
    doc: "Point at a place.",
    args: { az: Arg.Float, el: Arg.withDefault(Arg.Float, 5), name: Arg.optional(Arg.Text) },
    reply: { eta: Arg.Float, note: Arg.withDefault(Arg.Text, "none") }
  }),
  Request.make("stow", { doc: "Stow the dish." }),
  rings,
  Request.make("both", { doc: "Reply, then fail." }),
  Request.make("broken", { doc: "It has a defect." }),
  Request.make("wrong", { doc: "It gives what does not fit.", reply: { count: Arg.Int } }),
  Request.make("notify", { doc: "Tell the client something, and send it away." }),
  Request.raw("echo", { doc: "Give back what comes." }),
  Sensor.make("azimuth", { doc: "Azimuth", type: Arg.Float })
) {}

class Drive extends Context.Service<Drive, { readonly eta: number }>()("handling/Drive") {}

const AntennaLive = Antenna.toLayer(
  Effect.gen(function* () {
    const { azimuth } = yield* Antenna.sensors
    return {
      track: Effect.fnUntraced(function* ({ az, el }, { client }) {
        if (el < 0) return yield* new RequestInvalid({ message: `below the horizon, ${client.address}` })
        yield* Effect.sleep("1 second")
        yield* azimuth.set(az)
        return { eta: (yield* Drive).eta + el }
      }),
      stow: () => Effect.fail(new RequestFailed({ message: "brakes are on", code: "busy" })),
      rings: Effect.fnUntraced(function* (_, { drain, inform, informs }) {
        inform({ name: "a b", at: 1.5 })
        yield* informs([{ name: "c", at: 2 }])
        yield* drain
        return { count: 2 }
      }),
      both: (_, { reply }) => {
        reply({})
        return Effect.fail(new RequestFailed({ message: "too late" }))
      },
      broken: () => Effect.die(new Error("out of order")),
      wrong: () => Effect.succeed({ count: 1.5 }),
      notify: Effect.fnUntraced(function* (_, { client }) {
        client.inform("alarm", [client.protocol.toString()])
        yield* client.clearSampling
        yield* client.disconnect("go away")
        yield* client.disconnect("twice")
        assert.isFalse(client.inform("alarm", ["too late"]))
      }),
      echo: (message) => Effect.succeed(["ok", ...message.arguments])
    }
  })
).pipe(Layer.provide(Layer.succeed(Drive, { eta: 10 })))

const test = (name: string, effect: () => Effect.Effect<unknown, unknown, Layer.Success<typeof AntennaLive>>) =>
  it.effect(name, () => Effect.provide(effect(), AntennaLive))

describe("one handler without a network (A-491, A-492)", () => {
  test(
    "returns the result of a client's method, from typed arguments",
    Effect.fnUntraced(function* () {
      const tracking = yield* Effect.forkChild(Handling.request(Antenna, "track", { az: 12 }))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(tracking), { eta: 15, note: "none", informs: [] })
      assert.strictEqual((yield* Antenna.sensors).azimuth.value, 12)
      assert.deepStrictEqual(yield* Handling.request(Antenna, "rings"), {
        count: 2,
        informs: [
          { name: "a b", at: 1.5 },
          { name: "c", at: 2 }
        ]
      })
      const { informs, reply } = yield* Handling.request(Antenna, "echo", ["x", 1, true], { id: 7 })
      assert.deepStrictEqual([reply.toString(), informs], ["!echo[7] ok x 1 1", []])
    })
  )

  test(
    "fails as the handler does",
    Effect.fnUntraced(function* () {
      const options = { client: Handling.client({ address: "10.0.0.1:5" }) }
      const error = yield* Effect.flip(Handling.request(Antenna, "track", { az: 1, el: -1 }, options))
      assert.deepStrictEqual([error._tag, error.message], ["RequestInvalid", "below the horizon, 10.0.0.1:5"])
      const busy = yield* Effect.flip(Handling.request(Antenna, "stow"))
      assert.isTrue(busy._tag === "RequestFailed" && busy.code === "busy")
    })
  )

  test(
    "returns reply and informs as on the wire, from a message",
    Effect.fnUntraced(function* () {
      const answer = yield* Handling.message(Antenna, Message.request("rings", [], { id: 3 }))
      assert.deepStrictEqual(String(answer).split("\n"), ['#rings[3] "a b" 1.5', "#rings[3] c 2.0", "!rings[3] ok 2"])
      const old = Handling.client({ protocol: Message.Protocol.make(4, 0) })
      const inMilliseconds = yield* Handling.message(Antenna, Message.request("rings"), { client: old })
      assert.strictEqual(String(inMilliseconds.informs[1]), "#rings c 2000")
      const invalid = yield* Handling.message(Antenna, Message.request("track", [1, -1]))
      assert.strictEqual(String(invalid.reply), '!track invalid "below the horizon, 127.0.0.1:50001"')
      const busy = yield* Handling.message(Antenna, Message.request("stow"))
      assert.strictEqual(String(busy.reply), '!stow busy "brakes are on"')
      const unfit = yield* Handling.message(Antenna, Message.request("track", ["here"]))
      assert.strictEqual(
        String(unfit.reply),
        '!track fail "Error in parameter 1 (az): expected a float, got \\"here\\""'
      )
      assert.strictEqual(String((yield* Handling.message(Antenna, Message.request("echo", ["x"]))).reply), "!echo ok x")
    })
  )

  test(
    "records other messages to the client",
    Effect.fnUntraced(function* () {
      const client = Handling.client()
      yield* Handling.request(Antenna, "notify", {}, { client })
      assert.deepStrictEqual(client.informs.map(String), ["#alarm 5.1-BIMT"])
      assert.strictEqual(client.disconnected, "go away")
      assert.strictEqual(client.samplingCleared, 1)
    })
  )

  test(
    "keeps defects: of the handler, of its values, of the test, and a failure after the reply",
    Effect.fnUntraced(function* () {
      const dies = Effect.fnUntraced(function* (
        effect: Effect.Effect<unknown, unknown, Layer.Success<typeof AntennaLive>>
      ) {
        const exit = yield* Effect.exit(effect)
        assert.isTrue(Exit.hasDies(exit))
        return String(exit)
      })
      assert.include(yield* dies(Handling.request(Antenna, "broken")), "out of order")
      assert.include(yield* dies(Handling.message(Antenna, Message.request("broken"))), "out of order")
      assert.include(yield* dies(Handling.request(Antenna, "wrong")), "?wrong: reply does not fit its contract")
      assert.include(yield* dies(Handling.request(Antenna, "both")), "?both failed after its reply: too late")
      assert.include(yield* dies(Handling.message(Antenna, Message.request("both"))), "?both failed after its reply")
      assert.include(yield* dies(Handling.message(Antenna, Message.request("help"))), "no request help")
      // @ts-expect-error no text where a number must be
      const unfit = Handling.request(Antenna, "track", { az: "here" })
      assert.include(yield* dies(unfit), "?track: Error in parameter 1 (az)")
    })
  )

  it("has a context for handlers that are called by hand, with a server's rules", () => {
    const context = Handling.context(rings, { id: 4 })
    assert.isUndefined(context.replySent)
    context.inform({ name: "x", at: 0 })
    assert.throws(
      () => context.inform({ name: "x", at: Number.NaN, more: 1 } as never),
      /\?rings: inform does not fit its contract/
    )
    context.reply({ count: 1 })
    assert.deepStrictEqual([...context.informsSent, context.replySent].map(String), [
      "#rings[4] x 0.0",
      "!rings[4] ok 1"
    ])
    assert.throws(() => context.reply({ count: 1 }), /\?rings: a second reply/)
    assert.throws(() => context.inform({ name: "x", at: 0 }), /\?rings: an inform after the reply/)
    assert.strictEqual(context.id, 4)
  })
})
