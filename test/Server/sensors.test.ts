import { assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { Arg, Codec, Interface, Message, Request, Sensor } from "katcp"
import { layer as serve } from "katcp/Server"
import { say, start } from "./harness.ts"

class Dish extends Interface.make("dish").add(
  Sensor.make("volt", { doc: "Volts", type: Arg.Float, units: "V", nominal: [-5, 5], warn: [-7, 7], initial: 0.5 }),
  Sensor.make("count", { doc: "How many", type: Arg.Int, units: "", nominal: [0, 10] }),
  Sensor.make("mode", { doc: "Mode", type: Arg.Discrete("stow", "track now"), initial: "stow" }),
  Sensor.make("text", { doc: "Text", type: Arg.Text, initial: "" }),
  Sensor.make("on", { doc: "On?", type: Arg.Boolean, initial: true }),
  Sensor.make("at", { doc: "When", type: Arg.Timestamp, initial: 1.5 }),
  Sensor.make("peer", { doc: "Whom", type: Arg.Address, initial: Codec.Address.make("127.0.0.1", 80) }),
  Request.make("set", { doc: "Set the volts.", args: { volt: Arg.Float } }),
  Request.make("limit", { doc: "Give the volts other limits.", args: { low: Arg.Float, high: Arg.Float } }),
  Request.make("add", { doc: "Add sensors.", args: { names: Arg.rest(Arg.Text) } }),
  Request.make("batch", { doc: "Add sensors at once.", args: { names: Arg.rest(Arg.Text) } }),
  Request.make("remove", { doc: "Remove a sensor.", args: { name: Arg.Text } })
) {}

const DishLive = Dish.toLayer(
  Effect.gen(function* () {
    const sensors = yield* Dish.sensors
    const set = yield* Dish.sensorSet
    const add = (names: ReadonlyArray<string>) =>
      Effect.forEach(names, (name) => set.add(Sensor.make(name, { doc: name, type: Arg.Int, initial: 1 })), {
        discard: true
      })
    return {
      limit: ({ high, low }) => Effect.orDie(sensors.volt.setRanges({ nominal: [low, high] })),
      set: ({ volt }) => sensors.volt.set(volt, { status: "warn" }),
      add: ({ names }) => add(names),
      batch: ({ names }) => set.batch(Effect.andThen(set.remove("on"), add(names))),
      remove: ({ name }) => Effect.asVoid(set.remove(name))
    }
  })
)

// it is loaded at first use, which takes time that no test's clock knows of
beforeAll(() => import("re2js"))

const dish = (options?: Parameters<typeof serve>[1]) => serve(Dish, options).pipe(Layer.provide(DishLive))
const connected = Effect.fnUntraced(function* (options?: Parameters<typeof serve>[1]) {
  const { dial } = yield* start(dish(options))
  const client = yield* dial()
  yield* client.settle
  return client
})

const descriptions = [
  "#sensor-list at When \\@ timestamp",
  "#sensor-list count How\\_many \\@ integer 0 10",
  "#sensor-list mode Mode \\@ discrete stow track\\_now",
  "#sensor-list on On? \\@ boolean",
  "#sensor-list peer Whom \\@ address",
  "#sensor-list text Text \\@ string",
  "#sensor-list volt Volts V float -5.0 5.0 -7.0 7.0"
]

describe("?sensor-list", () => {
  it.effect(
    "describes all sensors, sorted by name (P-190, P-193, P-194, P-195, P-196, P-198, A-261)",
    Effect.fnUntraced(function* () {
      const client = yield* connected()
      yield* say(client, "?sensor-list")
      assert.deepStrictEqual(yield* client.settle, [...descriptions, "!sensor-list ok 7"])
    })
  )

  it.effect(
    "describes one (P-191)",
    Effect.fnUntraced(function* () {
      const client = yield* connected()
      yield* say(client, "?sensor-list[3] volt")
      assert.deepStrictEqual(yield* client.settle, [
        "#sensor-list[3] volt Volts V float -5.0 5.0 -7.0 7.0",
        "!sensor-list[3] ok 1"
      ])
    })
  )

  it.effect(
    "of an unknown sensor fails with the text that clients look for (P-191, P-251)",
    Effect.fnUntraced(function* () {
      const client = yield* connected()
      yield* say(
        client,
        "?sensor-list[1] nosuch",
        "?sensor-value[2] nosuch",
        "?sensor-list \\@",
        "?sensor-value \xff\x07"
      )
      const lines = yield* client.settle
      assert.match(lines[0] ?? "", /^!sensor-list\[1\] fail Unknown\\_sensor\\_'nosuch'$/)
      assert.match(lines[1] ?? "", /^!sensor-value\[2\] fail Unknown\\_sensor\\_'nosuch'$/)
      assert.match(lines[2] ?? "", /^!sensor-list fail Unknown\\_sensor/)
      assert.match(lines[3] ?? "", /^!sensor-value fail [ -~]+$/)
    })
  )

  it.effect(
    "accepts a regular expression between slashes; a bad one fails; a lone slash is a name (P-192, P-251, Q-21, A-274)",
    Effect.fnUntraced(function* () {
      const client = yield* connected()
      yield* say(client, "?sensor-list[1] /^m|^v/")
      assert.deepStrictEqual(yield* client.settle, [
        "#sensor-list[1] mode Mode \\@ discrete stow track\\_now",
        "#sensor-list[1] volt Volts V float -5.0 5.0 -7.0 7.0",
        "!sensor-list[1] ok 2"
      ])
      yield* say(client, "?sensor-list /zzz/")
      assert.deepStrictEqual(yield* client.settle, ["!sensor-list ok 0"])
      yield* say(client, "?sensor-value //")
      assert.strictEqual((yield* client.settle).at(-1), "!sensor-value ok 7")
      yield* say(client, "?sensor-list[2] /[/", "?sensor-value[3] /[/", "?sensor-list /")
      const lines = (yield* client.settle).toSorted()
      assert.match(lines[0] ?? "", /^!sensor-list fail Unknown\\_sensor\\_'\/'/)
      assert.match(lines[1] ?? "", /^!sensor-list\[2\] fail bad\\_regular\\_expression/)
      assert.match(lines[2] ?? "", /^!sensor-value\[3\] fail bad\\_regular\\_expression/)
    })
  )

  it.effect(
    "refuses surplus arguments (P-109)",
    Effect.fnUntraced(function* () {
      const client = yield* connected()
      yield* say(client, "?sensor-list volt count", "?sensor-value volt count")
      assert.deepStrictEqual(yield* client.settle, [
        "!sensor-list fail Too\\_many\\_parameters\\_given.",
        "!sensor-value fail Too\\_many\\_parameters\\_given."
      ])
    })
  )
})

describe("?sensor-value", () => {
  it.effect(
    "returns readings, one in each inform; the reply counts the informs (P-250, P-251, P-252, P-255, A-262)",
    Effect.fnUntraced(function* () {
      const client = yield* connected()
      yield* TestClock.setTime(12345)
      yield* say(client, "?set 6.25", "?sensor-value[2]", "?sensor-value volt")
      assert.deepStrictEqual(yield* client.settle, [
        "!set ok",
        "#sensor-value[2] 0.0 1 at nominal 1.5",
        "#sensor-value[2] 0.0 1 count unknown 0",
        "#sensor-value[2] 0.0 1 mode nominal stow",
        "#sensor-value[2] 0.0 1 on nominal 1",
        "#sensor-value[2] 0.0 1 peer nominal 127.0.0.1:80",
        "#sensor-value[2] 0.0 1 text nominal \\@",
        "#sensor-value[2] 12.345 1 volt warn 6.25",
        "!sensor-value[2] ok 7",
        "#sensor-value 12.345 1 volt warn 6.25",
        "!sensor-value ok 1"
      ])
    })
  )

  it.effect(
    "has milliseconds at version 4, in times and in values, and no more than two limits (P-250, P-311, P-312, P-315)",
    Effect.fnUntraced(function* () {
      const client = yield* connected({ protocol: Message.Protocol.make(4, 0, "M") })
      yield* TestClock.setTime(12345)
      yield* say(client, "?set 6.25", "?sensor-value /volt|at/", "?sensor-list /at|volt|peer/")
      assert.deepStrictEqual(yield* client.settle, [
        "!set ok",
        "#sensor-value 0 1 at nominal 1500",
        "#sensor-value 12345 1 volt warn 6.25",
        "!sensor-value ok 2",
        "#sensor-list at When \\@ timestamp",
        "#sensor-list peer Whom \\@ string",
        "#sensor-list volt Volts V float -5.0 5.0",
        "!sensor-list ok 3"
      ])
    })
  )
})

describe("every sensor", () => {
  it.effect(
    "of the contract or added later, can be listed, read and sampled by its name (P-177)",
    Effect.fnUntraced(function* () {
      const client = yield* connected()
      yield* say(client, "?add new")
      yield* say(client, "?sensor-list")
      const listed = (yield* client.settle).filter((line) => line.startsWith("#sensor-list "))
      assert.strictEqual(listed.length, 8)
      for (const line of listed) {
        const [, name] = line.split(" ")
        yield* say(client, `?sensor-list ${name}`, `?sensor-value ${name}`, `?sensor-sampling ${name} event`)
        const [description, one, reading, value, report, set] = yield* client.settle
        assert.strictEqual(description, line)
        assert.strictEqual(one, "!sensor-list ok 1")
        assert.match(reading ?? "", new RegExp(`^#sensor-value [0-9.]+ 1 ${name} `))
        assert.strictEqual(value, "!sensor-value ok 1")
        assert.strictEqual(report, reading?.replace("#sensor-value", "#sensor-status"))
        assert.strictEqual(set, `!sensor-sampling ok ${name} event`)
      }
    })
  )

  it.effect(
    "says in its description how large its values can be (P-072, P-197)",
    Effect.fnUntraced(function* () {
      const Wide = Interface.make("wide").add(
        Sensor.make("bytes", { doc: "Bytes so far; up to 2^64.", type: Arg.BigInt, initial: 2n ** 64n }),
        Request.make("seek", { doc: "Go to a byte, up to 2^64.", args: { at: Arg.BigInt }, reply: { at: Arg.BigInt } })
      )
      const live = Wide.toLayer({ seek: ({ at }) => Effect.succeed({ at }) })
      const { connect } = yield* start(serve(Wide).pipe(Layer.provide(live)))
      const client = yield* connect
      yield* say(client, "?sensor-list bytes", "?sensor-value bytes", "?help seek", "?seek 18446744073709551616")
      assert.deepStrictEqual(yield* client.settle, [
        "#sensor-list bytes Bytes\\_so\\_far;\\_up\\_to\\_2^64. \\@ integer",
        "!sensor-list ok 1",
        "#sensor-value 0.0 1 bytes nominal 18446744073709551616",
        "!sensor-value ok 1",
        "#help seek Go\\_to\\_a\\_byte,\\_up\\_to\\_2^64.\\nUsage:\\_?seek\\_at",
        "!help ok 1",
        "!seek ok 18446744073709551616"
      ])
    })
  )
})

describe("a long list", () => {
  const Many = Interface.make("many")
  const count = 5000
  const live = Many.toLayer(
    Effect.gen(function* () {
      const set = yield* Many.sensorSet
      const names = Array.from({ length: count }, (_, n) => `s${n}`)
      yield* Effect.forEach(names, (name) => set.add(Sensor.make(name, { doc: "Many", type: Arg.Int, initial: 1 })))
      return {}
    })
  )

  it.effect(
    "is sent in slices: it neither delays others, nor is built faster than it is read (P-016, P-237)",
    Effect.fnUntraced(function* () {
      const { connect, dial, server } = yield* start(serve(Many).pipe(Layer.provide(live)), { limit: 10_000 })
      const slow = yield* dial({ paused: true })
      const client = yield* connect
      yield* say(slow, "?sensor-list", "?sensor-value", "?sensor-value /s/")
      yield* say(client, "?watchdog")
      assert.deepStrictEqual(yield* client.settle, ["!watchdog ok"])
      // what is not read is not made either, but for the first of it
      assert.isBelow((yield* server.stats).informs, count / 2)
      yield* slow.resume
      yield* say(client, "?sensor-list")
      const quick = yield* connect
      yield* say(quick, "?watchdog")
      yield* quick.expect("!watchdog ok")
      assert.isBelow((yield* client.lines).filter((line) => line.startsWith("#sensor-list")).length, count)
      const lines = yield* slow.settle
      for (const reply of ["sensor-list", "sensor-value"]) assert.isTrue(lines.includes(`!${reply} ok ${count}`), reply)
      assert.strictEqual(lines.filter((line) => line.startsWith("#sensor-value")).length, 2 * count)
    })
  )

  it.effect(
    "ends when its client disconnects",
    Effect.fnUntraced(function* () {
      const { connect, dial, server } = yield* start(serve(Many).pipe(Layer.provide(live)), { limit: 10_000 })
      const slow = yield* dial({ paused: true })
      yield* say(slow, "?sensor-list", "?sensor-value")
      const client = yield* connect
      yield* client.settle
      yield* slow.reset
      yield* client.settle
      assert.strictEqual(server.clients.size, 1)
      yield* say(client, "?sensor-list[5]")
      assert.strictEqual((yield* client.settle).at(-1), `!sensor-list[5] ok ${count}`)
    })
  )
})

describe("sensors that are added and removed", () => {
  it.effect(
    "are announced to all clients, before the reply to the request that caused it (P-129, P-130, Q-05, A-249, A-250)",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(dish())
      const client = yield* connect
      const other = yield* connect
      yield* client.settle
      yield* say(client, "?add[1] new", "?sensor-value new", "?remove[2] new", "?sensor-value new", "?remove[3] new")
      assert.deepStrictEqual(yield* client.settle, [
        "#interface-changed sensor-list",
        "!add[1] ok",
        "#sensor-value 0.0 1 new nominal 1",
        "!sensor-value ok 1",
        "#interface-changed sensor-list",
        "!remove[2] ok",
        "!sensor-value fail Unknown\\_sensor\\_'new'",
        "!remove[3] ok"
      ])
      assert.deepStrictEqual(yield* other.settle, ["#interface-changed sensor-list", "#interface-changed sensor-list"])
    })
  )

  it.effect(
    "in a batch give one inform (trap)",
    Effect.fnUntraced(function* () {
      const client = yield* connected()
      const names = Array.from({ length: 1000 }, (_, n) => `n${n}`)
      yield* say(client, `?batch ${names.join(" ")}`)
      assert.deepStrictEqual(yield* client.settle, ["#interface-changed sensor-list", "!batch ok"])
      yield* say(client, "?sensor-value n999", "?sensor-value on")
      assert.deepStrictEqual((yield* client.settle).slice(1), [
        "!sensor-value ok 1",
        "!sensor-value fail Unknown\\_sensor\\_'on'"
      ])
    })
  )

  it.effect(
    "are announced one by one if they are few, and as the list if there are more than 256 (P-129)",
    Effect.fnUntraced(function* () {
      const client = yield* connected({ interfaceChanged: "few" })
      const batch = (from: number, count: number) =>
        `?batch ${Array.from({ length: count }, (_, index) => `n${from + index}`).join(" ")}`
      // it removes a sensor, too
      yield* say(client, batch(0, 255))
      const named = yield* client.settle
      assert.strictEqual(named.filter((line) => line.startsWith("#interface-changed sensor ")).length, 256)
      yield* say(client, batch(255, 257))
      assert.deepStrictEqual(yield* client.settle, ["#interface-changed sensor-list", "!batch ok"])
    })
  )

  it.effect(
    "can be announced one by one (P-129)",
    Effect.fnUntraced(function* () {
      const client = yield* connected({ interfaceChanged: "each" })
      yield* say(client, "?add new", "?add new", "?remove new", "?batch a b volt")
      assert.deepStrictEqual(
        (yield* client.settle).filter((line) => line.startsWith("#")).toSorted(),
        [
          "#interface-changed sensor new added",
          "#interface-changed sensor new modified",
          "#interface-changed sensor new removed",
          "#interface-changed sensor a added",
          "#interface-changed sensor b added",
          "#interface-changed sensor on removed",
          "#interface-changed sensor volt modified"
        ].toSorted()
      )
    })
  )

  it.effect(
    "are announced after a change of limits, too, with a new description (P-129, P-194)",
    Effect.fnUntraced(function* () {
      for (const [interfaceChanged, told] of [
        ["list", "#interface-changed sensor-list"],
        ["each", "#interface-changed sensor volt modified"],
        ["few", "#interface-changed sensor volt modified"]
      ] as const) {
        const client = yield* connected({ interfaceChanged })
        yield* say(client, "?limit 1 2", "?sensor-list volt")
        assert.deepStrictEqual(yield* client.settle, [
          told,
          "!limit ok",
          "#sensor-list volt Volts V float 1.0 2.0",
          "!sensor-list ok 1"
        ])
      }
    })
  )

  it.effect(
    "and other changes can be announced in each form by the program (P-129)",
    Effect.fnUntraced(function* () {
      const { connect, server } = yield* start(dish())
      const client = yield* connect
      const forms = [
        [],
        ["sensor-list"],
        ["request-list"],
        ...["sensor", "request"].flatMap((kind) => ["added", "removed", "modified"].map((what) => [kind, "a.b", what]))
      ]
      for (const form of forms) server.broadcast("interface-changed", form)
      assert.deepStrictEqual(
        yield* client.settle,
        forms.map((form) => ["#interface-changed", ...form].join(" "))
      )
    })
  )

  it.effect(
    "are not announced in version 4 (P-130, P-310)",
    Effect.fnUntraced(function* () {
      const client = yield* connected({ protocol: Message.Protocol.make(4, 0, "M") })
      yield* say(client, "?add new", "?remove new")
      assert.deepStrictEqual(yield* client.settle, ["!add ok", "!remove ok"])
    })
  )
})
