import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { Arg, Client, Interface, Message, Request, RequestFailed, RequestInvalid, Sensor } from "katcp"
import { NodeClient, NodeServer } from "katcp/Node"
import { FakeDevice, MemoryNetwork, RawConnection } from "katcp/Testing"

class Antenna extends Interface.make("antenna").add(
  Request.make("track", {
    doc: "Point at a place.",
    args: { az: Arg.Float, el: Arg.Float, name: Arg.optional(Arg.Text) },
    reply: { eta: Arg.Float }
  }),
  Request.make("stow", { doc: "Stow the dish." }),
  Request.make("rings", {
    doc: "List the rings.",
    args: { kinds: Arg.rest(Arg.Discrete("outer", "inner")) },
    informs: { name: Arg.Text },
    reply: { count: Arg.Int }
  }),
  Request.raw("echo", { doc: "Give back what comes." }),
  Sensor.make("azimuth", { doc: "Azimuth", type: Arg.Float, units: "deg", nominal: [-180, 180] }),
  Sensor.make("mode", { doc: "Mode", type: Arg.Discrete("stow", "track"), initial: "stow" })
) {}

/** A reply of every type that this library has, in every form. */
const Everything = Interface.make("everything").add(
  Request.make("all", {
    doc: "All.",
    reply: {
      address: Arg.Address,
      "any-case": Arg.DiscreteAnyCase("A", "b"),
      bigint: Arg.BigInt,
      boolean: Arg.Boolean,
      bounded: Arg.between(Arg.Float, { minimum: 3 }),
      bytes: Arg.Bytes,
      discrete: Arg.Discrete("one", "two"),
      enum: Arg.Enum({ STOW: 7, SLEW: 8 }),
      float: Arg.Float,
      gaussian: Arg.GaussianInteger,
      int: Arg.Int,
      lru: Arg.Lru,
      multi: Arg.DiscreteMulti(["a", "b"]),
      safe: Arg.between(Arg.SafeInt, { maximum: -2 }),
      text: Arg.Text,
      time: Arg.Timestamp,
      strict: Arg.StrictTimestamp,
      "with-default": Arg.withDefault(Arg.Int, 5),
      optional: Arg.optional(Arg.Text)
    }
  }),
  Request.make("list", { doc: "List.", reply: { first: Arg.Int, others: Arg.rest(Arg.Int) } })
)

describe("FakeDevice", () => {
  it.effect(
    "answers every request ok, with values of the contract's types, also at version 4 (A-486)",
    Effect.fnUntraced(function* () {
      for (const major of [5, 4]) {
        const options = major === 5 ? {} : { server: { protocol: Message.Protocol.make(4, 0, "M") } }
        const { client } = yield* FakeDevice.connect(Everything, {}, options)
        assert.strictEqual(client.protocol.major, major)
        const all = yield* client.request.all()
        assert.deepInclude(all, { bounded: 3, discrete: "one", enum: 7, multi: ["a"], safe: -2, text: "", time: 0 })
        assert.deepInclude(all, { bigint: 0n, boolean: false, float: 0, "with-default": 5, informs: [] })
        assert.strictEqual(all.address.toString(), "0.0.0.0")
        assert.isFalse("optional" in all)
        const { first, others } = yield* client.request.list()
        assert.deepStrictEqual([first, others], [0, []])
      }
      const { client } = yield* FakeDevice.connect(Antenna)
      assert.deepStrictEqual(yield* client.request.stow(), { informs: [] })
      assert.deepStrictEqual(yield* client.request.rings({ kinds: ["outer"] }), { count: 0, informs: [] })
      assert.strictEqual((yield* client.request.echo(["x"])).reply.toString().replace(/\[\d+\]/, ""), "!echo ok")
    })
  )

  it.effect(
    "refuses to be built if no plausible value fits, except for requests with a given answer",
    Effect.fnUntraced(function* () {
      const Odd = Arg.make<number>({
        name: "odd",
        initial: 0,
        decode: () => 1,
        encode: (value) => (value % 2 === 0 ? new Arg.Invalid(`${value} is even`) : `${value}`)
      })
      const Oddity = Interface.make("oddity").add(Request.make("odd", { doc: "Odd.", reply: { odd: Odd } }))
      const exit = yield* Effect.exit(FakeDevice.connect(Oddity))
      assert.include(String(exit), "?odd needs an answer of its own: Error in parameter 1 (odd): 0 is even")
      const { client } = yield* FakeDevice.connect(Oddity, { odd: { odd: 3 } })
      assert.strictEqual((yield* client.request.odd()).odd, 1)
    })
  )

  it.effect(
    "answers with a value, a failure, an effect or a handler, from the beginning",
    Effect.fnUntraced(function* () {
      const { client } = yield* FakeDevice.connect(Antenna, {
        track: ({ az, el }) => Effect.succeed({ eta: az + el }),
        stow: new RequestFailed({ message: "stuck", code: "busy" }),
        rings: (_, { inform }) => {
          inform({ name: "a" })
          return Effect.succeed({ count: 1 })
        },
        echo: Effect.succeed(["ok", "fixed"])
      })
      assert.strictEqual((yield* client.request.track({ az: 1, el: 2 })).eta, 3)
      const stuck = yield* Effect.flip(client.request.stow())
      assert.deepStrictEqual([stuck._tag, stuck.message], ["RequestFailed", "stuck"])
      assert.deepStrictEqual(yield* client.request.rings({ kinds: [] }), { count: 1, informs: [{ name: "a" }] })
      assert.strictEqual((yield* client.request.echo()).reply.text(1), "fixed")
    })
  )

  it.effect(
    "changes its answer for all requests, or for one, and restores it",
    Effect.fnUntraced(function* () {
      const { client, fake } = yield* FakeDevice.connect(Antenna, { track: { eta: 1 } })
      const eta = client.request.track({ az: 0, el: 0 }).pipe(
        Effect.map((reply) => reply.eta),
        Effect.catchTag("RequestInvalid", (error) => Effect.succeed(error.message))
      )
      const { track } = fake.requests
      yield* track.answer({ eta: 2 })
      yield* track.once({ eta: 3 })
      yield* track.once(new RequestInvalid({ message: "no" }))
      assert.deepStrictEqual(yield* Effect.all([eta, eta, eta, eta]), [3, "no", 2, 2])
      yield* track.once({ eta: 4 })
      yield* track.reset
      assert.deepStrictEqual(yield* Effect.all([eta, eta]), [1, 1])
    })
  )

  it.effect(
    "answers late by the Clock, or never",
    Effect.fnUntraced(function* () {
      const { client, fake } = yield* FakeDevice.connect(Antenna, { stow: FakeDevice.hang, track: { eta: 7 } })
      const hung = yield* Effect.forkScoped(Effect.exit(client.request.stow({}, { timeout: "1 hour" })))
      yield* fake.requests.track.once(FakeDevice.late("2 seconds"))
      yield* fake.requests.track.once(FakeDevice.late("3 seconds", { eta: 8 }))
      yield* fake.requests.track.once(FakeDevice.late("1 second", new RequestFailed({ message: "after all" })))
      const replies: Array<unknown> = []
      for (let n = 0; n < 3; n++) {
        const reply = Effect.match(client.request.track({ az: 0, el: 0 }), {
          onFailure: (error) => error.message,
          onSuccess: ({ eta }) => eta
        })
        yield* Effect.forkScoped(Effect.map(reply, (eta) => replies.push(eta)))
        yield* fake.requests.track.asked.take(1)
      }
      yield* TestClock.adjust(999)
      assert.deepStrictEqual(replies, [])
      yield* TestClock.adjust("2001 millis")
      assert.deepStrictEqual(replies, ["after all", 7, 8])
      assert.isUndefined(hung.pollUnsafe())
      yield* TestClock.adjust("1 hour")
      assert.include(String(yield* Fiber.join(hung)), "no reply within 3600000 ms")
    })
  )

  it.effect(
    "records its requests, by name and in order, with client and time",
    Effect.fnUntraced(function* () {
      const { client, fake, network } = yield* FakeDevice.connect(Antenna)
      const raw = yield* RawConnection.make(yield* network.connect)
      yield* client.request.track({ az: 1, el: 2 })
      yield* TestClock.adjust("1 second")
      yield* raw.send("?stow[9]\n?track 3 4 M31\n?help\n?sensor-value\n?track 3\n")
      yield* raw.settle
      const { asked, requests } = fake
      assert.deepStrictEqual(
        asked.all.map(({ client, id, name, time }) => [name, client.address, id === undefined, time]),
        [
          ["track", "127.0.0.1:50001", false, 0],
          ["stow", "127.0.0.1:50002", false, 1000],
          ["track", "127.0.0.1:50002", true, 1000]
        ]
      )
      assert.deepStrictEqual(
        requests.track.asked.all.map(({ args }) => args),
        [
          { az: 1, el: 2 },
          { az: 3, el: 4, name: "M31" }
        ]
      )
      assert.strictEqual(requests.stow.asked.all[0]?.id, 9)
      const takers = yield* Effect.forEach(["inner", "outer"] as const, () =>
        Effect.forkChild(requests.rings.asked.take(1), { startImmediately: true })
      )
      yield* Effect.all([client.request.rings({ kinds: ["inner"] }), client.request.rings({ kinds: ["outer"] })], {
        concurrency: "unbounded"
      })
      const taken = yield* Effect.forEach(takers, Fiber.join)
      assert.deepStrictEqual(
        taken.map(([rings]) => rings?.args.kinds),
        [["inner"], ["outer"]]
      )
      const never = yield* Effect.forkChild(Effect.flip(requests.track.asked.take(3, { within: "1 minute" })))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(
        (yield* Fiber.join(never)).message,
        [
          "?track of the fake device",
          "  expected: 3 within 1m",
          "  actual:   2",
          '            0 127.0.0.1:50001 ?track {"az":1,"el":2}',
          '            1000 127.0.0.1:50002 ?track {"az":3,"el":4,"name":"M31"}'
        ].join("\n")
      )
      // those that were waited for in vain can still be taken
      assert.strictEqual((yield* requests.track.asked.takeAll).length, 2)
    })
  )

  it.effect(
    "answers unknown requests `ok` if configured to, else `invalid` (A-486, A-490)",
    Effect.fnUntraced(function* () {
      const strict = yield* FakeDevice.connect(Antenna)
      const error = yield* Effect.flip(strict.client.call("fly", ["high"]))
      assert.deepStrictEqual(
        [error._tag, error.message],
        ["RequestInvalid", "Unknown request fly. ?help lists all requests."]
      )
      const [asked] = strict.fake.request("fly").asked.all
      assert.strictEqual(asked?.args.text(0), "high")
      yield* strict.fake.request("fly").answer(["ok", 3])
      assert.deepStrictEqual((yield* strict.client.call("fly")).values, ["3"])
      assert.deepStrictEqual(
        strict.fake.asked.all.map(({ name }) => name),
        ["fly", "fly"]
      )
      const kind = yield* FakeDevice.connect(Antenna, {}, { server: { anyRequest: true } })
      assert.deepStrictEqual((yield* kind.client.call("fly")).values, [])
      assert.deepStrictEqual((yield* kind.client.call("help", ["stow"])).values, ["1"])
    })
  )

  it.effect(
    "has the contract's sensors, which the test sets; more can be added and removed (A-489)",
    Effect.fnUntraced(function* () {
      const { client, fake } = yield* FakeDevice.connect(Antenna)
      const read = Effect.map(client.call("sensor-value"), ({ informs }) =>
        informs.map((inform) => [2, 3, 4].map((at) => inform.text(at)).join(" "))
      )
      assert.deepStrictEqual(yield* read, ["azimuth unknown 0.0", "mode nominal stow"])
      yield* fake.sensors.azimuth.set(12.5, { status: "warn" })
      const changes = yield* client.subscribe("interface-changed")
      yield* fake.sensorSet.add(Sensor.make("wind", { type: Arg.Int, initial: 3 }))
      yield* fake.sensorSet.remove("mode")
      assert.deepStrictEqual(yield* read, ["azimuth warn 12.5", "wind nominal 3"])
      assert.strictEqual((yield* Stream.runCollect(Stream.take(changes, 2))).length, 2)
    })
  )

  it.effect(
    "sends given informs to all or one, and disconnects",
    Effect.fnUntraced(function* () {
      const { client, fake, network } = yield* FakeDevice.connect(Antenna, {}, { client: { reconnect: false } })
      const raw = yield* RawConnection.make(yield* network.connect)
      yield* raw.settle
      const informs = yield* client.subscribe("alarm")
      yield* fake.inform("alarm", ["wind", 30])
      const [alarm] = yield* Stream.runCollect(Stream.take(informs, 1))
      assert.strictEqual(alarm?.toString(), "#alarm wind 30")
      assert.deepStrictEqual(yield* raw.settle, ["#alarm wind 30"])
      const [first, second] = fake.clients
      second?.inform("for-you")
      assert.deepStrictEqual(yield* raw.settle, ["#for-you"])
      yield* first!.disconnect("enough")
      assert.include((yield* client.closed).message, "enough")
      const exit = yield* Effect.exit(fake.inform("track"))
      assert.isTrue(Exit.hasDies(exit))
    })
  )

  it.effect(
    "can share a network with others (A-487)",
    Effect.fnUntraced(function* () {
      const place = Request.make("where", { doc: "Where.", reply: { at: Arg.Text } })
      const contracts = { north: Interface.make("north").add(place), south: Interface.make("south").add(place) }
      const context = yield* Layer.build(
        Layer.mergeAll(
          FakeDevice.layer(contracts.north, { where: { at: "north" } }).pipe(
            Layer.provide(MemoryNetwork.layerListen(7001))
          ),
          FakeDevice.layer(contracts.south, { where: { at: "south" } }).pipe(
            Layer.provide(MemoryNetwork.layerListen(7002))
          )
        )
      )
      const ask = (port: number) =>
        Effect.gen(function* () {
          const client = yield* Client.make(contracts.north)
          return (yield* client.request.where()).at
        }).pipe(Effect.provide(MemoryNetwork.layerDial(port)))
      assert.deepStrictEqual([yield* ask(7001), yield* ask(7002)], ["north", "south"])
      const south = yield* Effect.provideContext(FakeDevice.of(contracts.south), context)
      assert.strictEqual(south.requests.where.asked.all.length, 1)
    }, Effect.provide(MemoryNetwork.layerEmpty()))
  )

  it.live(
    "is a layer like that of a device, even on a real port (A-488)",
    Effect.fnUntraced(
      function* () {
        const fake = yield* FakeDevice.of(Antenna)
        yield* fake.requests.track.answer({ eta: 9 })
        const { address } = fake.server
        const port = address._tag === "UnixPathAddress" ? 0 : address.port
        const client = yield* Effect.provide(Client.make(Antenna), NodeClient.tcp({ host: "127.0.0.1", port }))
        assert.strictEqual((yield* client.request.track({ az: 1, el: 2 })).eta, 9)
      },
      Effect.provide(FakeDevice.layer(Antenna).pipe(Layer.provide(NodeServer.tcp({ host: "127.0.0.1", port: 0 }))))
    )
  )
})
