/** Strings of any bytes, from one end to the other: KATCP gives them no encoding (P-081). */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Arg, Client, Interface, Message, Request, RequestFailed, Sensor } from "katcp"
import { connect } from "katcp/Testing"
import { immediately } from "../connect.ts"
import { pass } from "./site.ts"

class Dish extends Interface.make("dish").add(
  Request.make("echo", { doc: "Say it again.", args: { text: Arg.Text }, reply: { text: Arg.Text } }),
  Request.make("strict", { doc: "Take UTF-8 only.", args: { text: Arg.StrictText } }),
  Request.make("lose", { doc: "Fail with a text.", args: { text: Arg.Text } }),
  Request.raw("raw", { doc: "Say it again." }),
  Sensor.make("label", { doc: "Label", type: Arg.Text })
) {}
const odd = "\udcff\udcfe\udc80"

const DishLive = Dish.toLayer(
  Effect.gen(function* () {
    const set = yield* Dish.sensorSet
    const type = Arg.Discrete("on", `off ${odd}`)
    yield* set.add(Sensor.remote(`mode.${odd}`, { doc: `é ${odd}`, units: odd, type, initial: `off ${odd}` }))
    return {
      echo: ({ text }) => Effect.succeed({ text }),
      strict: () => Effect.void,
      lose: ({ text }) => Effect.fail(new RequestFailed({ message: text })),
      raw: (message) => Effect.succeed(["ok", ...Array.from({ length: message.length }, (_, at) => message.text(at)!)])
    }
  })
)

describe("strings of any bytes", () => {
  it.effect.prop(
    "come back from a device as they were sent, as text and as bytes",
    { all: Schema.Array(Schema.Uint8Array) },
    Effect.fnUntraced(function* ({ all }) {
      const { client } = yield* connect(Dish, DishLive)
      for (const bytes of all) {
        const text = Message.decodeText(bytes)
        assert.strictEqual((yield* client.request.echo({ text })).text, text)
        const { reply } = yield* client.call("echo", [bytes])
        assert.deepStrictEqual([...reply.bytes(1)!], [...bytes])
        assert.strictEqual((yield* client.call("echo", [text])).values[0], text)
        assert.deepStrictEqual((yield* client.call("raw", [text, bytes])).values, [text, text])
      }
    }),
    { arbitrary: { runs: 20, size: 30 } }
  )

  it.effect(
    "are refused by arguments of UTF-8, and shown in failures",
    Effect.fnUntraced(function* () {
      const { client } = yield* connect(Dish, DishLive)
      const refused = yield* Effect.flip(client.call("strict", [odd]))
      assert.match(refused.message, /Error in parameter 1 \(text\): expected UTF-8 text/)
      const unsent = yield* Effect.flip(client.request.strict({ text: odd }))
      assert.match(unsent.message, /expected text without lone surrogates/)
      assert.strictEqual((yield* Effect.flip(client.request.lose({ text: `no ${odd}` }))).message, "no \\xff\\xfe\\x80")
    })
  )

  it.effect(
    "can be values of sensors: set, mirrored, awaited, and distinguished by the strategy event",
    Effect.fnUntraced(function* () {
      const { client, sensors } = yield* connect(Dish, DishLive)
      const { label } = sensors
      const seen: Array<unknown> = []
      yield* client.sensor.label.sample({ _tag: "Event" }).pipe(
        Stream.runForEach(({ value }) => Effect.sync(() => seen.push(value))),
        Effect.forkScoped(immediately)
      )
      yield* client.synced
      for (const value of [odd, "\udcff\udcfe\udc81", "\udcff\udcfe\udc81", "\ufffd"]) {
        yield* label.set(value)
        yield* pass()
      }
      assert.deepStrictEqual(seen, ["", odd, "\udcff\udcfe\udc81", "\ufffd"])
      yield* label.set(odd)
      assert.strictEqual((yield* client.sensor.label.waitFor(odd)).value, odd)
      assert.strictEqual((yield* client.sensor.label.get()).value, odd)
      assert.strictEqual(client.anomalies.counts.BadReading, 0)
    })
  )

  it.effect(
    "can be names, docs, units and options of sensors, in mirrors and in imported contracts",
    Effect.fnUntraced(function* () {
      const { client } = yield* connect(Dish, DishLive)
      yield* client.mirror("*")
      yield* client.synced
      const mirrored = client.device.sensors.get(`mode.${odd}`)!
      assert.strictEqual(mirrored.value, `off ${odd}`)
      assert.deepStrictEqual([mirrored.definition.doc, mirrored.definition.units], [`é ${odd}`, odd])
      const contract = yield* Client.importContract(client)
      const described = contract.sensors.find(({ name }) => name === `mode.${odd}`)
      assert.deepStrictEqual(described, {
        name: `mode.${odd}`,
        doc: `é ${odd}`,
        units: odd,
        type: { kind: "discrete", options: ["on", `off ${odd}`] }
      })
      // and as JSON, which has no form for them
      const json = Schema.fromJsonString(Interface.ContractDescription)
      const text = yield* Schema.encodeEffect(json)(contract)
      assert.include(text, '"units":{"base64":"//6A"}')
      assert.isFalse(/\\ud[89a-f]/.test(text))
      assert.deepStrictEqual(yield* Schema.decodeEffect(json)(text), contract)
      assert.strictEqual(Interface.describe(Interface.fromDescription(contract)).sensors.length, 2)
    })
  )
})
