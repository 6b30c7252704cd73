/** Mistakes that only run time finds: code without types makes them, and cycles of imports. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as Katcp from "katcp"
import * as Codec from "katcp/Codec"
import { NodeClient, NodeServer } from "katcp/Node"
import * as Promised from "katcp/promise"
import * as Testing from "katcp/Testing"

// biome-ignore lint/suspicious/noExplicitAny: that is what is tested
type Untyped = any
const { Arg, Client, Interface, Request, Sensor, Server } = Katcp as Untyped
const { ArgumentList } = Codec as Untyped
const node = { NodeClient, NodeServer } as Untyped
const float = Katcp.Arg.Float
const sensor = Katcp.Sensor.make("a", { type: float })

const table: ReadonlyArray<readonly [call: () => unknown, says: RegExp]> = [
  [() => Request.make("go"), /Request\.make\("go"\): expected an object of options, as in { doc: … }, got undefined/],
  [() => Request.make("go", {}), /Request\.make\("go"\): doc is missing in the options/],
  [
    () => Request.make("go", { doc: "x", args: [float] }),
    /a list of arguments: expected an object of options, got a list/
  ],
  [
    () => Request.make("go", { doc: "x", args: { a: undefined } }),
    /argument a: expected a type like Arg\.Float, got undefined; is it imported/
  ],
  [
    () => Request.make("go", { doc: "x", reply: { a: "int" } }),
    /argument a: expected a type like Arg\.Float, got "int"/
  ],
  [() => Request.make("go", { doc: "x", args: { a: Arg.optional() } }), /argument a: expected a type/],
  [() => Request.raw("go"), /Request\.raw\("go"\): expected an object of options/],
  [() => Sensor.make("a"), /Sensor\.make\("a"\): expected an object of options, as in { type: … }/],
  [() => Sensor.make("a", {}), /Sensor\.make\("a"\): type is missing/],
  [() => Sensor.make("a", { type: "int" }), /sensor "a": type: expected a type like Arg\.Float, got string/],
  [
    () => Sensor.make("a", { type: float, nominal: 5 }),
    /sensor "a": a range is a list of its lower and its upper limit/
  ],
  [() => Sensor.make(undefined, { type: float }), /sensor undefined: a name has letters/],
  [() => Arg.make(), /Arg\.make: expected an object of options/],
  [() => Arg.make({ name: "x" }), /Arg\.make: decode is missing/],
  [() => Arg.fromSchema("a"), /Arg\.fromSchema\("a"\): expected a Schema, got undefined/],
  [
    () => Arg.fromSchema("a", Schema.String),
    /Arg\.fromSchema\("a"\): expected an object of options, as in { initial: … }/
  ],
  [() => Arg.between(float), /Arg\.between: expected an object of options/],
  [() => Arg.between(undefined, {}), /Arg\.between: expected a type of numbers/],
  [() => Arg.union(), /Arg\.union: a union needs a member/],
  [() => Arg.union(float, undefined), /Arg\.union: expected a type like Arg\.Int, got undefined/],
  [() => Arg.Struct(), /Arg\.Struct: expected an object of options/],
  [() => Arg.Discrete(["a", "b"]), /a discrete type: expected words, got a list/],
  [() => Arg.DiscreteAnyCase(["a"]), /Arg\.DiscreteAnyCase: expected words, got a list/],
  [() => Arg.DiscreteMulti("a", "b"), /Arg\.DiscreteMulti: expected a list of words, got "a"/],
  [() => Arg.Enum(), /Arg\.Enum: expected an object/],
  [() => Arg.Pattern("a+"), /Arg\.Pattern: expected a regular expression, got "a\+"/],
  [() => ArgumentList.make(), /a list of arguments: expected an object/],
  [() => Interface.make(), /Interface\.make: expected the name of the contract, got undefined/],
  [() => Interface.make("a", "a-1.0"), /Interface\.make\("a"\): expected an object of options, got "a-1\.0"/],
  [
    () => Interface.make("a").add(undefined),
    /interface a: expected a request or a sensor .*, got undefined; is it imported/
  ],
  [() => Interface.make("a").add({}), /interface a: expected a request or a sensor .*, got an object/],
  [() => Interface.make("a").toLayer(), /a\.toLayer: expected handlers, or an Effect of them, got undefined/],
  ...["soon", { a: 1 }, -5, Number.NaN, null].map(
    (timeoutHint) =>
      [
        () => Request.make("go", { doc: "x", timeoutHint }),
        /Request\.make\("go"\): timeoutHint: expected a duration like "5 seconds", or milliseconds, got /
      ] as const
  ),
  [() => Request.make("go", { doc: "x", args: { a: Arg.withDefault(float, "x") } }), /argument a: its default: .*"x"/],
  [
    () => Sensor.poll(),
    /Sensor\.poll: expected the sensor to keep, a LiveSensor or one of Sensor\.make, got undefined/
  ],
  [() => Sensor.poll(sensor), /Sensor\.poll: expected an Effect that reads, got undefined/],
  [() => Sensor.poll(sensor, Effect.succeed(1), 5), /Sensor\.poll: expected a Schedule like Sensor\.every.*, got 5/],
  [() => Sensor.pollAll(), /Sensor\.pollAll: expected an object of options, got undefined/],
  [() => Sensor.every("soon"), /Sensor\.every: expected a duration like "5 seconds", or milliseconds, got "soon"/],
  [() => Sensor.staleAfter(), /Sensor\.staleAfter: expected a list of live sensors or Inputs, got undefined/],
  [
    () => Sensor.Derived.sum(),
    /Derived: expected the sensor to keep, a LiveSensor or one of Sensor\.make, got undefined/
  ],
  [() => Sensor.Derived.map(sensor), /Derived: expected a list of live sensors or Inputs, got undefined/],
  [() => Sensor.Derived.combine(sensor), /Derived\.combine: expected an object of options, got undefined/],
  [() => Sensor.LiveSensor.makeUnsafe(), /LiveSensor\.make: expected a sensor of Sensor\.make, got undefined/],
  [() => Client.make("x"), /Client\.make: expected an object of options, got "x"/],
  [() => Client.make(null), /Client\.make: expected an object of options, got null/],
  [() => Client.make(Interface.make("a"), "x"), /Client\.make: expected an object of options, got "x"/],
  [() => Server.layer(), /Server\.layer: expected a contract of Interface\.make, got undefined/],
  [() => Server.layer(Interface.make("a"), "4"), /Server\.layer: expected an object of options, got "4"/],
  [() => Client.Group.make("g"), /Group\.make\("g"\): expected a Map of resources/],
  [() => node.NodeServer.tcp(), /NodeServer\.tcp: expected an object of options, as in { port: … }/],
  [() => node.NodeServer.unix({}), /NodeServer\.unix: path is missing/],
  [() => node.NodeClient.tcp({}), /NodeClient\.tcp: port is missing/],
  [() => node.NodeClient.tcp({ port: "x" }), /NodeClient\.tcp: expected a port up to 65535, got "x"/],
  [() => node.NodeClient.tls({ port: 65536 }), /NodeClient\.tls: expected a port up to 65535, got 65536/],
  [() => node.NodeClient.tls(), /NodeClient\.tls: expected an object of options/],
  [() => node.NodeClient.unix(), /NodeClient\.unix: expected an object of options/]
]

describe("a mistake that types would find names the call, the value, and the expected one", () => {
  for (const [call, says] of table)
    it(`${call}`.replace("() => ", ""), () => {
      assert.throws(call, says)
    })

  it("rejects in katcp/promise", async () => {
    const { connect, serve } = Promised as Untyped
    const dish = Interface.make("dish").add(Request.make("stow", { doc: "Stow." }))
    const reason = async (call: () => Promise<unknown>) => String(await call().catch((error: unknown) => error))
    assert.match(await reason(() => connect()), /connect: expected an object of options, got undefined/)
    assert.match(await reason(() => connect(dish)), /connect: expected an object of options, got undefined/)
    assert.match(await reason(() => serve()), /serve: expected a contract of Interface\.make/)
    assert.match(await reason(() => serve(dish)), /serve: expected an object of options, as in { handlers: … }/)
    assert.match(await reason(() => serve(dish, {})), /serve: handlers is missing/)
    assert.match(await reason(() => serve(dish, { port: 0, handlers: {} })), /\?stow has no handler/)
    assert.match(
      await reason(() => serve(dish, { port: 0, handlers: { stow: "yes" } })),
      /the handler of \?stow: expected a function that returns an Effect, got "yes"/
    )
  })

  it.effect(
    "is a defect of the built layer",
    Effect.fnUntraced(function* () {
      const dies = (effect: Effect.Effect<unknown, unknown, never>, says: RegExp) =>
        Effect.map(Effect.exit(effect), (exit) => {
          assert.isTrue(Exit.isFailure(exit))
          assert.match(String(exit), says)
        })
      const connect = Testing.connect as Untyped
      yield* dies(
        Effect.scoped(connect(Interface.make("a"))),
        /connect: expected the layer of the device, of a\.toLayer/
      )
      yield* dies(Sensor.LiveSensor.make(), /LiveSensor\.make: expected a sensor of Sensor\.make, got undefined/)
      yield* dies(
        Effect.provide(Effect.scoped(Client.make({ timeout: "soon" })), NodeClient.tcp({ port: 1 })) as Untyped,
        /Client\.make: timeout: expected a duration like "5 seconds", or milliseconds, got "soon"/
      )
      yield* dies(Effect.scoped(Client.Container.make()), /Container\.make: expected an object of options/)
    })
  )
})
