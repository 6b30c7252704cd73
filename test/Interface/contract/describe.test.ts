import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Socket from "effect/socket/Socket"
import { Arg, Client, Interface, Message, Request, Sensor, Server } from "katcp"
import { MemoryNetwork } from "katcp/Testing"
import { contracts } from "./support.ts"

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Interface.ContractDescription))
const protocolOf = ({ protocol }: Interface.ContractDescription) =>
  protocol === undefined ? undefined : Option.getOrThrow(Message.Protocol.parse(protocol))

describe("descriptions of any contract", () => {
  it.prop(
    "round-trip through JSON, and through the contract that they make",
    { contract: contracts },
    ({ contract }) => {
      assert.deepStrictEqual(decode(JSON.stringify(contract)), contract)
      const again = Interface.describe(Interface.fromDescription(contract), { protocol: protocolOf(contract) })
      assert.deepStrictEqual(again, contract)
    },
    { arbitrary: { runs: 100, size: 30 } }
  )
})

const Hex = Arg.make<number>({
  name: "hex",
  sensorType: "integer",
  initial: 0,
  decode: (bytes, start, end) => Number.parseInt(new TextDecoder().decode(bytes.subarray(start, end)), 16),
  encode: (value) => value.toString(16)
})

class Dish extends Interface.make("dish", { version: "dish-1.0", build: "dish-1.0.3" }).add(
  Request.make("point", {
    doc: "Point at a place.\nIt takes a while.",
    args: {
      az: Arg.Float,
      code: Hex,
      name: Arg.withDefault(Arg.Text, "zenith"),
      speed: Arg.optional(Arg.between(Arg.Float, { minimum: 0 })),
      more: Arg.rest(Arg.Bytes)
    },
    reply: { eta: Arg.Float },
    informs: { text: Arg.Text },
    timeoutHint: "30 seconds",
    concurrency: "serial",
    requires: Message.Protocol.make(5, 1, "T")
  }),
  Request.raw("any", { doc: "Anything.", usage: "?any [thing ...]" }),
  Sensor.make("az", { doc: "Azimuth", type: Arg.Float, units: "deg", nominal: [-180, 180], warn: [-270, 270] }),
  Sensor.make("mode", { type: Arg.Discrete("stow", "track"), initial: "stow" }),
  Sensor.make("code", { doc: "Code", type: Hex, nominal: [16, 255] })
) {}

const dish: Interface.ContractDescription = {
  format: "katcp-contract-1",
  id: "dish",
  version: "dish-1.0",
  build: "dish-1.0.3",
  protocol: "5.1-IT",
  requests: [
    {
      kind: "typed",
      name: "point",
      doc: "Point at a place.\nIt takes a while.",
      args: [
        { name: "az", type: { kind: "float" } },
        { name: "code", type: { kind: "opaque", name: "hex", sensorType: "integer", initial: "0" } },
        { name: "name", type: { kind: "string" }, presence: "optional", default: "zenith" },
        { name: "speed", type: { kind: "float", minimum: 0 }, presence: "optional" },
        { name: "more", type: { kind: "bytes" }, presence: "rest" }
      ],
      reply: [{ name: "eta", type: { kind: "float" } }],
      informs: [{ name: "text", type: { kind: "string" } }],
      timeoutHint: 30,
      concurrency: "serial",
      requires: "5.1-T"
    },
    { kind: "raw", name: "any", doc: "Anything.", usage: "?any [thing ...]" }
  ],
  sensors: [
    { name: "az", doc: "Azimuth", units: "deg", type: { kind: "float" }, nominal: [-180, 180], warn: [-270, 270] },
    {
      name: "mode",
      doc: "Discrete sensor 'mode' with no unit",
      units: "",
      type: { kind: "discrete", options: ["stow", "track"] },
      initial: { value: "stow", status: "nominal" }
    },
    // how limits of such a type are written, only its owner knows: they stand as the device lists them
    {
      name: "code",
      doc: "Code",
      units: "",
      type: { kind: "opaque", name: "hex", sensorType: "integer", parameters: ["10", "ff"], initial: "0" },
      initial: { value: "10", status: "unknown" }
    }
  ]
}

describe("describe", () => {
  it("contains everything that clients can rely on", () => {
    assert.deepStrictEqual(Interface.describe(Dish, { protocol: Message.Protocol.make(5, 1, "TI") }), dish)
    assert.isFalse("protocol" in Interface.describe(Dish))
  })

  it("omits a hint without end", () => {
    const request = Request.make("b", { doc: "", timeoutHint: "Infinity" })
    assert.isFalse("timeoutHint" in Interface.describe(Interface.make("a").add(request)).requests[0]!)
  })

  it("never has an invalid default: the contract is refused", () => {
    const never = Arg.withDefault(Arg.between(Arg.Float, { minimum: 0 }), -1)
    assert.throws(() => Request.make("b", { doc: "", args: { c: never } }), TypeError, /default/)
  })
})

describe("fromDescription", () => {
  const again = Interface.fromDescription(dish)

  it("makes a contract with the same description, down to the bytes on the wire", () => {
    assert.deepStrictEqual(Interface.describe(again, { protocol: protocolOf(dish) }), dish)
    assert.deepStrictEqual([again.id, again.version, again.build], ["dish", "dish-1.0", "dish-1.0.3"])
    const { parameters } = again.sensorTypes.get("code")!
    assert.deepStrictEqual(parameters, ["10", "ff"])
    assert.strictEqual(again.requests.get("point")!.timeoutHint, 30)
  })

  it.effect(
    "works for a server and for a client",
    Effect.fnUntraced(function* () {
      const device = again.toLayer({
        point: (args, { inform }) =>
          Effect.sync(() => {
            const { az, code, more, name } = args as {
              readonly az: number
              readonly code: Uint8Array
              readonly more: ReadonlyArray<Uint8Array>
              readonly name: string
            }
            inform({ text: `${name} ${new TextDecoder().decode(code)} ${more.length}` })
            return { eta: az * 2 }
          }),
        any: (message) => Effect.succeed(["ok", ...(message as Message.Message).arguments])
      })
      const served = Server.layer(again).pipe(Layer.provide(device), Layer.provideMerge(MemoryNetwork.layer))
      const context = yield* Layer.build(served)
      const dial = Context.get(context, MemoryNetwork).connect
      const typed = yield* Effect.provideServiceEffect(Client.make(Dish), Socket.Socket, dial)
      const untyped = yield* Effect.provideServiceEffect(Client.make(again), Socket.Socket, dial)
      const answer = yield* typed.request.point({ az: 2.5, code: 255, more: [] })
      assert.deepStrictEqual(answer, { eta: 5, informs: [{ text: "zenith ff 0" }] })
      const same: unknown = yield* untyped.request.point!({ az: 2.5, code: new TextEncoder().encode("ff"), more: [] })
      assert.deepStrictEqual(same, answer)
      const [code] = (yield* typed.call("sensor-list", ["code"], { useId: false })).informs
      assert.strictEqual(`${code}`, '#sensor-list code Code "" integer 10 ff')
      const [mode] = (yield* typed.call("sensor-value", ["mode"])).informs
      assert.deepStrictEqual([mode?.text(3), mode?.text(4)], ["nominal", "stow"])
    })
  )

  it("throws for an unchecked description that is invalid", () => {
    assert.throws(
      () => Interface.fromDescription({ ...dish, sensors: [...dish.sensors, ...dish.sensors] }),
      TypeError,
      /already/
    )
  })
})

describe("ContractDescription", () => {
  const faults = (change: Partial<Record<keyof Interface.ContractDescription, unknown>>): string => {
    try {
      decode(JSON.stringify({ ...dish, ...change }))
    } catch (error) {
      return String(error)
    }
    return assert.fail("it was taken")
  }
  const request = (change: object) => ({ requests: [{ ...dish.requests[0], ...change }] })
  const sensor = (change: object) => ({ sensors: [{ ...dish.sensors[0], ...change }] })
  const float = { kind: "float" }

  it("keeps known fields, and ignores unknown ones", () => {
    assert.deepStrictEqual(decode(JSON.stringify({ ...dish, later: 1 })), dish)
    const device = { versions: [{ name: "a", version: "1" }], standard: ["help"], notes: ["n"] }
    assert.deepStrictEqual(decode(JSON.stringify({ ...dish, device })).device, device)
  })

  const table: ReadonlyArray<readonly [Parameters<typeof faults>[0], RegExp]> = [
    [{ format: "katcp-contract-2" }, /katcp-contract-1[\s\S]*"format"/],
    [{ protocol: "five" }, /like 5.1-BIMT[\s\S]*"protocol"/],
    [{ id: 5 }, /"id"/],
    [request({ name: "a.b" }), /not a request name[\s\S]*"requests"\]\[0\]/],
    [{ requests: [dish.requests[1], dish.requests[1]] }, /any exists already[\s\S]*"requests"\]\[1\]/],
    [{ sensors: [dish.sensors[0], dish.sensors[0]] }, /az exists already[\s\S]*"sensors"\]\[1\]/],
    [
      request({
        args: [
          { name: "a", type: float, presence: "optional" },
          { name: "b", type: float }
        ]
      }),
      /cannot follow/
    ],
    [
      request({
        args: [
          { name: "a", type: float, presence: "rest" },
          { name: "b", type: float }
        ]
      }),
      /cannot follow the rest/
    ],
    [
      request({
        args: [
          { name: "a", type: float },
          { name: "a", type: float }
        ]
      }),
      /same name/
    ],
    [request({ args: [{ name: "0", type: float }] }), /whole numbers/],
    [request({ args: [{ name: "a", type: float, default: "1" }] }), /only an optional/],
    [request({ reply: [{ name: "a", type: float, presence: "optional", default: "x" }] }), /the default of a/],
    [request({ requires: "5.0-B" }), /flag B needs/],
    [request({ timeoutHint: -1 }), /"timeoutHint"/],
    [request({ kind: "other" }), /"requests"/],
    [sensor({ type: { kind: "gaussian-integer" } }), /sensors cannot have/],
    [sensor({ nominal: undefined }), /a warn range needs/],
    [sensor({ type: { kind: "boolean" } }), /have ranges/],
    [sensor({ initial: { value: "x", status: "nominal" } }), /initial: expected a float/],
    [sensor({ initial: { value: "1", status: "good" } }), /"status"/],
    [sensor({ nominal: [1] }), /"nominal"/]
  ]
  for (const [change, message] of table)
    it(`refuses ${JSON.stringify(change).slice(0, 90)}`, () => assert.match(faults(change), message))

  it("reports all faults, and their places", () => {
    const twice = { ...dish.sensors[1], name: "a", type: { kind: "discrete", options: ["x", "x"] } }
    const text = faults({ sensors: [twice, { ...twice, name: "b" }] })
    assert.match(text, /"sensors"\]\[0\][\s\S]*"sensors"\]\[1\]/)
  })
})
