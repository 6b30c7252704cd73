import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Socket from "effect/socket/Socket"
import { TestClock } from "effect/testing"
import { Arg, Client, Interface, Message, Request, RequestFailed, RequestInvalid, Sensor } from "katcp"
import {
  connect,
  Expect,
  type ExpectationFailed,
  FakeDevice,
  Faults,
  Handling,
  RawConnection,
  SocketPair,
  settle
} from "katcp/Testing"

class Antenna extends Interface.make("antenna").add(
  Request.make("track", {
    doc: "Point at a place.\nSlowly.",
    args: { az: Arg.Float, el: Arg.Float },
    reply: { eta: Arg.Float, note: Arg.Text }
  }),
  Request.make("rings", {
    doc: "List the rings.",
    informs: { name: Arg.Text, busy: Arg.Boolean },
    reply: { count: Arg.Int }
  }),
  Request.make("set", { doc: "Set the azimuth.", args: { az: Arg.Float } }),
  Request.make("later", { doc: "Of another protocol.", requires: Message.Protocol.make(5, 1, "Z") }),
  Request.make("secret", { doc: "Not listed.", hidden: true }),
  Sensor.make("azimuth", { doc: "Azimuth", type: Arg.Float, units: "deg", nominal: [-180, 180] }),
  Sensor.make("mode", { doc: "Mode", type: Arg.Discrete("stow", "track"), initial: "stow" }),
  Sensor.make("count", { doc: "Count", type: Arg.Int, initial: 9007199254740993n }),
  Sensor.make("gateway", { doc: "Gateway", type: Arg.Address })
) {}

const AntennaLive = Antenna.toLayer(
  Effect.gen(function* () {
    const { azimuth } = yield* Antenna.sensors
    return {
      track: ({ az, el }) =>
        el < 0
          ? Effect.fail(new RequestInvalid({ message: "below the horizon" }))
          : Effect.succeed({ eta: az + el, note: "a b" }),
      rings: (_, { inform }) => {
        inform({ name: "outer", busy: true })
        inform({ name: "inner ring", busy: false })
        return Effect.succeed({ count: 2 })
      },
      set: ({ az }) =>
        Math.abs(az) > 270
          ? Effect.fail(new RequestFailed({ message: "too far" }))
          : Effect.andThen(Effect.sleep("1 second"), azimuth.set(az)),
      later: () => Effect.void,
      secret: () => Effect.void
    }
  })
)

/** An unmet expectation: the subject, the expected and the actual value. */
const fault = <A, R>(effect: Effect.Effect<A, ExpectationFailed, R>) =>
  Effect.map(Effect.flip(effect), ({ actual, expected, what }) => [what, expected, actual])

describe("Expect.ok (A-495)", () => {
  it.effect(
    "accepts replies with the right values, in any notation of numbers, and returns the answer",
    Effect.fnUntraced(function* () {
      const { client } = yield* connect(Antenna, AntennaLive)
      const track = client.call("track", [1, 2])
      const { reply } = yield* Expect.ok(track)
      assert.strictEqual(reply.text(1), "3.0")
      for (const expected of [
        { values: [3, "a b"] },
        { values: ["3.0", /^a/] },
        { values: [3.04, (text: string) => text.length === 3], tolerance: 0.05 },
        { values: [new Uint8Array([0x33, 0x2e, 0x30]), "a b"], length: 2, informs: 0 },
        { oneOf: [["x"], [3, "a b"]], informs: [] }
      ] satisfies ReadonlyArray<Parameters<typeof Expect.ok>[1]>)
        yield* Expect.ok(track, expected)
      yield* client.call("rings").pipe(Expect.ok({ values: [2n], informs: 2 }))
      yield* client.call("rings").pipe(
        Expect.ok({
          informs: [
            ["outer", true],
            ["inner ring", 0]
          ]
        })
      )
      yield* client.callRaw("rings").pipe(Expect.ok())
      const local = yield* Effect.provide(
        Handling.message(Antenna, Message.request("track", [1, 2])).pipe(Expect.ok({ values: [3, "a b"] })),
        AntennaLive
      )
      assert.isTrue(local.ok)
    })
  )

  it.effect(
    "shows the actual line on the wire, and the expected one",
    Effect.fnUntraced(function* () {
      const { client } = yield* connect(Antenna, AntennaLive)
      const track = client.call("track", [1, 2], { id: 7 }).pipe(Effect.ensuring(Effect.void))
      const wire = "!track[7] ok 3.0 a\\_b"
      const cases: ReadonlyArray<readonly [Expect.ExpectedReply, string]> = [
        [{ values: [4, "a b"] }, "!track[7] ok 4 a\\_b"],
        [{ values: [3] }, "!track[7] ok 3"],
        [{ values: [3, "a b", ""] }, "!track[7] ok 3 a\\_b \\@"],
        [{ values: [3.1, "a b"], tolerance: 0.05 }, "!track[7] ok 3.1 a\\_b"],
        [{ values: [3n, "a b"] }, "!track[7] ok 3 a\\_b"],
        [{ values: [true, "a b"] }, "!track[7] ok 1 a\\_b"],
        [{ values: [/x/, "a b"] }, "!track[7] ok /x/ a\\_b"],
        [{ values: [(text: string) => text === "", "a b"] }, "!track[7] ok <a condition> a\\_b"],
        [{ values: ["3.00", "a b"] }, "!track[7] ok 3.00 a\\_b"],
        [{ oneOf: [[1], [2, "x"]] }, "!track[7] ok 1\nor !track[7] ok 2 x"],
        [{ length: 1 }, "1 arguments behind ok"],
        [{ oneOf: [] }, ""]
      ]
      for (const [expected, should] of cases)
        assert.deepStrictEqual(yield* fault(Expect.ok(track, expected)), ["?track", should, wire])
      const rings = client.call("rings", [], { id: 8 })
      const lines = "#rings[8] outer 1\n#rings[8] inner\\_ring 0"
      assert.deepStrictEqual(yield* fault(Expect.ok(rings, { informs: 3 })), [
        "?rings",
        "3 informs",
        `2 informs\n${lines}`
      ])
      assert.deepStrictEqual(yield* fault(Expect.ok(rings, { informs: [["outer", true]] })), [
        "?rings",
        "#rings[8] outer 1",
        lines
      ])
      assert.deepStrictEqual(
        yield* fault(
          Expect.ok(rings, {
            informs: [
              ["outer", 1],
              ["x", 0]
            ]
          })
        ),
        ["?rings", "#rings[8] outer 1\n#rings[8] x 0", lines]
      )
      assert.deepStrictEqual(yield* fault(Expect.ok(track, { informs: [["x"]] })), [
        "?track",
        "#track[7] x",
        "no inform"
      ])
      const error = yield* Effect.flip(Expect.ok(track, { values: [4, "a b"] }))
      assert.strictEqual(error.message, `?track\n  expected: !track[7] ok 4 a\\_b\n  actual:   ${wire}`)
    })
  )

  it.effect(
    "does not accept a failure, nor a missing reply",
    Effect.fnUntraced(function* () {
      const { client, faults } = yield* connect(Antenna, AntennaLive)
      assert.deepStrictEqual(yield* fault(client.call("track", [1, -2]).pipe(Expect.ok({ values: [3] }))), [
        "a request",
        "ok 3",
        "invalid below\\_the\\_horizon"
      ])
      const raw = client.callRaw("track", [1, -2], { id: 9 })
      assert.deepStrictEqual(yield* fault(Expect.ok(raw)), [
        "?track",
        "!track[9] ok",
        "!track[9] invalid below\\_the\\_horizon"
      ])
      yield* faults.cut
      yield* settle
      const [, , actual] = yield* fault(Expect.ok(client.call("rings")))
      assert.match(actual!, /not connected|connection was lost/)
    })
  )
})

describe("Expect.fails (A-495)", () => {
  it.effect(
    "accepts failures of calls, methods and handlers, by code and text",
    Effect.fnUntraced(function* () {
      const { client } = yield* connect(Antenna, AntennaLive)
      const error = yield* Expect.fails(client.request.track({ az: 1, el: -1 }))
      assert.strictEqual(error._tag, "RequestInvalid")
      yield* client.call("track", [1, -1]).pipe(Expect.fails({ code: "invalid", message: "below the horizon" }))
      yield* client.callRaw("track", [1, -1]).pipe(Expect.fails({ code: "invalid", message: /horizon$/ }))
      yield* Handling.request(Antenna, "set", { az: 999 }).pipe(
        Expect.fails({ code: "fail", message: "too far" }),
        Effect.provide(AntennaLive)
      )
      yield* Expect.fails(client.call("nothing"), { code: "invalid", message: /Unknown request/ })
    })
  )

  it.effect(
    "does not accept other codes and texts, a success, or a missing reply",
    Effect.fnUntraced(function* () {
      const { client } = yield* connect(Antenna, AntennaLive)
      const refused = client.request.track({ az: 1, el: -1 })
      const is = "invalid below\\_the\\_horizon"
      assert.deepStrictEqual(yield* fault(Expect.fails(refused, { code: "fail" })), ["a request", "fail", is])
      assert.deepStrictEqual(yield* fault(Expect.fails(refused, { message: "the sun" })), [
        "a request",
        "a failure the\\_sun",
        is
      ])
      assert.deepStrictEqual(yield* fault(Expect.fails(refused, { code: "invalid", message: /^horizon/ })), [
        "a request",
        "invalid /^horizon/",
        is
      ])
      assert.deepStrictEqual(yield* fault(Expect.fails(client.call("track", [1, 2], { id: 5 }))), [
        "a request",
        "a failure",
        "!track[5] ok 3.0 a\\_b"
      ])
      const [, , typed] = yield* fault(Expect.fails(client.request.track({ az: 1, el: 2 })))
      assert.strictEqual(typed, 'ok, with {"eta":3,"note":"a b","informs":[]}')
      const late = yield* Effect.forkChild(fault(Expect.fails(client.request.set({ az: 1 }, { timeout: 10 }))))
      yield* TestClock.adjust(10)
      assert.include((yield* Fiber.join(late))[2], "no reply within 10 ms")
    })
  )
})

describe("Expect of sensors (A-493)", () => {
  it.effect(
    "accepts readings by value, within a tolerance, by a function, by status, of a client and of the device",
    Effect.fnUntraced(function* () {
      const { client, sensors } = yield* connect(Antenna, AntennaLive)
      yield* sensors.azimuth.set(10.00000001, { status: "warn" })
      const { azimuth, count, gateway, mode } = client.sensor
      const reading = yield* Expect.sensor(azimuth, { value: 10, status: "warn" })
      assert.strictEqual(reading.value, 10.00000001)
      yield* Expect.sensor(azimuth, { value: (value) => value > 10, status: ["error", "warn"] })
      yield* Expect.sensor(azimuth, { value: 11, tolerance: 1 })
      yield* Expect.sensor(sensors.azimuth, { value: 10 })
      yield* Expect.sensor(mode, { value: "stow" })
      yield* Expect.sensor(count, { value: 9007199254740993n })
      yield* Expect.sensor(gateway, { value: Arg.Address.initial, status: "unknown" })
      yield* Expect.sensor(client.sensorNamed("mode"), { value: "stow" })
      yield* Expect.sensorNot(azimuth, { value: 10.001 })
      yield* Expect.sensorNot(azimuth, { value: 10, status: "nominal" })
      yield* Expect.sensorNot(count, { value: 9007199254740992n })
    })
  )

  it.effect(
    "shows the actual reading",
    Effect.fnUntraced(function* () {
      const { client, sensors } = yield* connect(Antenna, AntennaLive)
      const { azimuth, mode } = client.sensor
      yield* sensors.azimuth.set(10.5)
      assert.deepStrictEqual(yield* fault(Expect.sensor(azimuth, { value: 11, tolerance: 0.1 })), [
        "sensor azimuth",
        "11 (within 0.1)",
        "10.5 nominal"
      ])
      assert.deepStrictEqual(yield* fault(Expect.sensor(mode, { value: "track", status: ["warn", "error"] })), [
        "sensor mode",
        '"track" warn or error',
        '"stow" nominal'
      ])
      assert.deepStrictEqual(yield* fault(Expect.sensor(mode, { value: () => false, status: "nominal" })), [
        "sensor mode",
        "a matching value nominal",
        '"stow" nominal'
      ])
      assert.deepStrictEqual(yield* fault(Expect.sensorNot(azimuth, { value: 10.5 })), [
        "sensor azimuth",
        "not 10.5",
        "10.5 nominal"
      ])
      assert.deepStrictEqual((yield* fault(Expect.sensor(azimuth, { status: "warn" }))).slice(1), [
        "any value warn",
        "10.5 nominal"
      ])
      const [what, , actual] = yield* fault(Expect.sensor(client.sensorNamed("nothing"), { value: 1 }))
      assert.strictEqual(what, "sensor nothing")
      assert.include(actual, "nothing")
    })
  )

  it.effect(
    "waits by the Clock until a sensor matches, even if it already does",
    Effect.fnUntraced(function* () {
      const { client, sensors } = yield* connect(Antenna, AntennaLive)
      const { azimuth, mode } = client.sensor
      assert.strictEqual((yield* Expect.becomes(mode, { value: "stow" })).status, "nominal")
      const waiting = yield* Effect.forkChild(Expect.becomes(azimuth, { value: 5, status: "nominal" }), {
        startImmediately: true
      })
      const device = yield* Effect.forkChild(Expect.becomes(sensors.azimuth, { value: (value) => value > 4 }))
      yield* Effect.forkChild(client.request.set({ az: 5 }))
      yield* settle
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(waiting)).value, 5)
      assert.strictEqual((yield* Fiber.join(device)).value, 5)
    })
  )

  it.effect(
    "fails with the last reading if it does not match in time, or cannot match any more",
    Effect.fnUntraced(function* () {
      const { client, fake } = yield* FakeDevice.connect(Antenna)
      const waiting = yield* Effect.forkChild(
        fault(Expect.becomes(client.sensor.azimuth, { value: 5 }, { within: "1 minute" }))
      )
      yield* settle
      yield* TestClock.adjust("59 seconds")
      yield* fake.sensors.azimuth.set(4)
      yield* settle
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(waiting), ["sensor azimuth", "5 within 1m", "4 nominal"])
      const own = yield* Effect.forkChild(fault(Expect.becomes(fake.sensors.mode, { value: "track" })), {
        startImmediately: true
      })
      yield* fake.sensorSet.remove("mode")
      assert.deepStrictEqual(yield* Fiber.join(own), [
        "sensor mode",
        '"track"',
        '"stow" nominal, and then the readings ended'
      ])
      const lost = yield* Effect.forkChild(fault(Expect.becomes(client.sensor.count, { value: 1 })))
      yield* TestClock.adjust(0)
      yield* client.close
      assert.strictEqual((yield* Fiber.join(lost))[0], "sensor count")
    })
  )

  it.effect(
    "tests a request that sets a sensor (A-494)",
    Effect.fnUntraced(function* () {
      const { client } = yield* connect(Antenna, AntennaLive)
      const set = (az: number) => client.request.set({ az })
      const all = (values: Expect.Tried<number>) =>
        Effect.gen(function* () {
          const trying = yield* Effect.forkChild(Effect.result(Expect.setter(set, client.sensor.azimuth, values)))
          yield* settle
          yield* TestClock.adjust("1 minute")
          const result = yield* Fiber.join(trying)
          return result._tag === "Success" ? undefined : result.failure.message
        })
      assert.isUndefined(yield* all({ good: [10, -10.5], bad: [999, -999] }))
      assert.include(yield* all({ good: [999] }), "setting azimuth to 999\n  expected: ok\n  actual:   too far")
      assert.include(yield* all({ bad: [20] }), "setting azimuth to 20\n  expected: a failure\n  actual:   ok, with")
      const other = Expect.setter(() => client.request.set({ az: 3 }), client.sensor.azimuth, { good: [4] })
      const wrong = yield* Effect.forkChild(fault(other))
      yield* settle
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* Fiber.join(wrong), ["sensor azimuth", "4 within 5s", "3 nominal"])
    })
  )
})

/** A device that says what the test has it say, and a client with the contract. */
const told = Effect.fnUntraced(function* (answers: Readonly<Record<string, ReadonlyArray<string>>>, hello = "5.1-MI") {
  const [near, far] = SocketPair.make()
  const device = yield* RawConnection.make(far)
  yield* device.send(
    hello === "4" ? "#version x-1.0\n#build-state x-1\n" : `#version-connect katcp-protocol ${hello}\n`
  )
  yield* Effect.forever(
    Effect.flatMap(device.next, (line) => {
      const [, name = "", id = ""] = /^\?([a-z-]+)(\[\d+\])?/.exec(line) ?? []
      const lines = answers[name] ?? [`!${name} invalid`]
      return device.send(lines.map((line) => `${line.replace(name, `${name}${id}`)}\n`).join(""))
    })
  ).pipe(Effect.ignore, Effect.forkScoped)
  return yield* Effect.provideService(Client.make(Antenna), Socket.Socket, near)
})

describe("Expect of a contract (A-494)", () => {
  it.effect(
    "accepts devices that keep it: real, fake, at versions 5 and 4, and in another notation",
    Effect.fnUntraced(function* () {
      const { client } = yield* connect(Antenna, AntennaLive)
      yield* Expect.conforms(client)
      yield* Expect.conforms(client, { docs: true })
      const fake = yield* FakeDevice.connect(Antenna)
      yield* Expect.conforms(fake.client, { docs: true })
      const old = yield* FakeDevice.connect(Antenna, {}, { server: { protocol: Message.Protocol.make(4, 0, "M") } })
      yield* Expect.conforms(old.client, { docs: true })
      const other = yield* told({
        help: ["#help track x", "#help rings y", "#help set z", "#help halt stop", "!help ok 4"],
        "sensor-list": [
          "#sensor-list azimuth other\\_words deg float -180 180.000",
          "#sensor-list count \\@ \\@ integer",
          "#sensor-list gateway \\@ \\@ address",
          "#sensor-list mode \\@ \\@ discrete stow track",
          "!sensor-list ok 4"
        ],
        "sensor-value": [
          "#sensor-value 1 1 azimuth nominal 1e2",
          "#sensor-value 1 1 count nominal 7",
          "#sensor-value 1 1 gateway unknown 0.0.0.0",
          "#sensor-value 1 1 mode nominal track",
          "!sensor-value ok 4"
        ]
      })
      yield* Expect.conforms(other)
    })
  )

  it.effect(
    "names missing, surplus and different items",
    Effect.fnUntraced(function* () {
      const client = yield* told({
        help: ["#help track x", "#help rings y", "#help fly z", "!help ok 3"],
        "sensor-list": [
          "#sensor-list azimuth Azimuth rad float -180.0 180.0",
          "#sensor-list count Count \\@ float",
          "#sensor-list gateway Gateway \\@ what",
          "#sensor-list wind Wind m/s float",
          "!sensor-list ok 4"
        ],
        "sensor-value": [
          "#sensor-value 1 1 azimuth nominal here",
          "#sensor-value 1 1 count nominal 7",
          "#sensor-value 1 1 gateway",
          "!sensor-value ok 3"
        ]
      })
      assert.deepStrictEqual(yield* fault(Expect.help(client)), ["?help", "(no fly)\n#help set", "#help fly\n(no set)"])
      assert.deepStrictEqual(yield* fault(Expect.help(client, { extra: true })), ["?help", "#help set", "(no set)"])
      assert.deepStrictEqual((yield* fault(Expect.help(client, { docs: true })))[2]!.split("\n").slice(0, 2), [
        "#help fly z",
        "#help rings y"
      ])
      const [, expected, actual] = yield* fault(Expect.sensorList(client))
      assert.deepStrictEqual(expected!.split("\n"), [
        "#sensor-list azimuth ... deg float -180.0 180.0",
        "#sensor-list count ... \\@ integer",
        "#sensor-list gateway ... \\@ address",
        "#sensor-list mode ... \\@ discrete stow track",
        "(no wind)"
      ])
      assert.deepStrictEqual(
        actual!.split("\n"),
        [
          "#sensor-list azimuth ... rad float -180.0 180.0",
          "#sensor-list count ... \\@ float",
          '#sensor-list[3] gateway Gateway \\@ what (sensor gateway is of unknown type "what")',
          "(no mode)",
          "#sensor-list wind ... m/s float"
        ].map((line) => line.replace(/\[\d+\]/, actual!.match(/\[\d+\]/)![0]))
      )
      const [, , values] = yield* fault(Expect.sensorValues(client))
      assert.deepStrictEqual(values!.replaceAll(/\[\d+\]/g, "").split("\n"), [
        '#sensor-value 1 1 azimuth nominal here (expected a float, got "here")',
        "(no mode)",
        "#sensor-value 1 1 gateway"
      ])
      assert.strictEqual((yield* fault(Expect.conforms(client)))[0], "?help")
      const empty = { contract: Interface.make("empty") }
      assert.strictEqual((yield* fault(Expect.sensorList(client, empty)))[1]!.split("\n").length, 4)
    })
  )

  it.effect(
    "does not accept a refused list, or one with a wrong count",
    Effect.fnUntraced(function* () {
      const client = yield* told({ help: ["#help track x", "!help ok 2"], "sensor-list": ["!sensor-list fail no"] })
      const [what, expected, actual] = yield* fault(Expect.help(client))
      assert.deepStrictEqual([what, expected], ["?help", "ok 1"])
      assert.match(actual!, /^!help\[\d+\] ok 2$/)
      assert.strictEqual((yield* fault(Expect.sensorList(client)))[2], "fail no")
    })
  )

  it.effect(
    "finds the effect of a fault on a device that keeps it",
    Effect.fnUntraced(function* () {
      const { client, faults } = yield* connect(Antenna, AntennaLive, { client: { timeoutHints: false } })
      const [connection] = faults.connections
      yield* connection!.at(
        Faults.rewrite("toClient", /^#sensor-list\S* mode/, (line) => line.replace("track", "park")),
        Faults.rewrite("toClient", /^!help/, (line) => line.replace(/ok.*/, "fail broken"))
      )
      assert.strictEqual((yield* fault(Expect.help(client)))[2], "fail broken")
      yield* Expect.help(client)
      assert.strictEqual((yield* fault(Expect.sensorList(client)))[2], "#sensor-list mode ... \\@ discrete stow park")
    })
  )
})
