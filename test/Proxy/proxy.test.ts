import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Arg, Message, Sensor } from "katcp"
import type { Proxy } from "katcp/Proxy"
import { Allow } from "katcp/Site"
import { pass as passTime } from "../Client/sensors/site.ts"
import { device, onNetwork, siteOf } from "../Site/network.ts"
import { clientOf, rawOf, serveProxy } from "./network.ts"

/** Lets time pass, and what was sent reach the other side of the proxy. */
const pass = (duration?: Parameters<typeof passTime>[0]) => Effect.andThen(passTime(duration), passTime(0))

const temp = () => Sensor.make("rx.temp", { type: Arg.Float, units: "K", doc: "Temperature of the receiver." })
const note = () => Sensor.make("note", { type: Arg.Text })

/** Two devices, m000 and m001, each with `rx.temp` and `note`, and a proxy of them at port 9. */
const twoDevices = (options?: Proxy.ProxyOptions) =>
  Effect.gen(function* () {
    const devices = [yield* device(1), yield* device(2)] as const
    const temps = yield* Effect.forEach(devices, ({ set }) => set.add(temp()))
    const notes = yield* Effect.forEach(devices, ({ set }) => set.add(note()))
    const site = yield* siteOf({ m000: devices[0], m001: devices[1] })
    yield* pass("1 second")
    yield* serveProxy(site, 9, options)
    return { devices, temps, notes, site }
  })

describe("the sensors of a proxy", () => {
  it.effect("are those of all devices, with the name of the device before theirs (P-330)", () =>
    Effect.gen(function* () {
      const { temps } = yield* twoDevices()
      const client = yield* clientOf(9)
      yield* pass("1 second")
      const { sensors } = client.device
      const served = sensors.names.filter((name) => !name.startsWith("proxy.") && name !== "device-status")
      assert.deepStrictEqual(served, ["m000.note", "m000.rx.temp", "m001.note", "m001.rx.temp"])
      const { doc, type, units } = sensors.get("m000.rx.temp")!.definition
      assert.deepStrictEqual([doc, units, type.sensorType], ["Temperature of the receiver.", "K", "float"])
      yield* temps[0]!.set(21.5, { status: "warn", timestamp: 12 })
      yield* pass()
      const { reading } = sensors.get("m000.rx.temp")!
      assert.deepStrictEqual([reading.value, reading.status, reading.timestamp], [21.5, "warn", 12])
      assert.strictEqual(sensors.get("m001.rx.temp")!.status, "unknown")
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("send every reading of a chunk, with the bytes that came", () =>
    Effect.gen(function* () {
      const { notes } = yield* twoDevices()
      const raw = yield* rawOf(9)
      yield* raw.send("?sensor-sampling[1] m000.note event\n")
      yield* pass("1 second")
      yield* raw.settle
      yield* notes[0]!.set("\udcff a", { timestamp: 1 })
      yield* notes[0]!.set("b", { timestamp: 2 })
      yield* notes[0]!.set("c", { timestamp: 3 })
      yield* pass()
      assert.deepStrictEqual(yield* raw.settle, [
        "#sensor-status 1.0 1 m000.note nominal \u00ff\\_a",
        "#sensor-status 2.0 1 m000.note nominal b",
        "#sensor-status 3.0 1 m000.note nominal c"
      ])
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect(
    "of a lost device become unreachable, once, and no others do; long strings are sent empty, and the table keeps them",
    () =>
      Effect.gen(function* () {
        const { devices, notes, site, temps } = yield* twoDevices()
        yield* temps[0]!.set(1.5)
        yield* temps[1]!.set(2.5)
        const long = "x".repeat(101)
        yield* notes[0]!.set(long)
        const raw = yield* rawOf(9)
        yield* pass("1 second")
        for (const name of ["m000.rx.temp", "m000.note", "m001.rx.temp"])
          yield* raw.send(`?sensor-sampling ${name} event\n`)
        yield* pass("1 second")
        yield* raw.settle
        yield* devices[0].cut
        yield* Effect.forkChild(devices[0].off)
        yield* pass(0)
        const lines = (yield* raw.settle).map((line) => line.split(" ").slice(3).join(" "))
        assert.deepStrictEqual(lines.sort(), ["m000.note unreachable \\@", "m000.rx.temp unreachable 1.5"])
        assert.strictEqual(site.table.at("m000/note")!.value, long)
        yield* pass("10 seconds")
        assert.deepStrictEqual(yield* raw.settle, [])
        yield* devices[0].on
        yield* pass("2 seconds")
        const back = (yield* raw.settle).map((line) => line.split(" ").slice(3).join(" "))
        assert.deepStrictEqual(back.sort(), [`m000.note nominal ${long}`, "m000.rx.temp nominal 1.5"])
      }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("are added, removed and replaced with those of the devices; clients receive one inform for a batch", () =>
    Effect.gen(function* () {
      const { devices } = yield* twoDevices()
      const raw = yield* rawOf(9)
      const client = yield* clientOf(9)
      yield* pass("1 second")
      yield* raw.settle
      const { set } = devices[0]
      yield* set.batch(
        Effect.all([
          set.add(Sensor.make("new.one", { type: Arg.Int })),
          set.add(Sensor.make("new.two", { type: Arg.Int })),
          set.remove("note"),
          set.add(Sensor.make("rx.temp", { type: Arg.Text, initial: "cold" }))
        ])
      )
      yield* pass("2 seconds")
      assert.deepStrictEqual(yield* raw.settle, ["#interface-changed sensor-list"])
      const names = client.device.sensors.names.filter((name) => name.startsWith("m000."))
      assert.deepStrictEqual(names, ["m000.new.one", "m000.new.two", "m000.rx.temp"])
      assert.strictEqual(client.device.sensors.get("m000.rx.temp")!.definition.type.sensorType, "string")
      assert.strictEqual(client.device.sensors.get("m000.rx.temp")!.value, "cold")
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("are named and described by rules: the first match decides", () =>
    Effect.gen(function* () {
      const { temps } = yield* twoDevices({
        sensors: [
          { match: "m000/note", as: false },
          {
            match: "*/rx.*",
            as: ["{device}.{sensor}", "temps.{device}"],
            rewrite: ({ doc }) => ({
              doc: `${doc} In Celsius.`,
              units: "C",
              value: (value) => (value as number) - 273.15
            })
          }
        ]
      })
      const client = yield* clientOf(9)
      yield* temps[1]!.set(273.15)
      yield* pass("1 second")
      const { sensors } = client.device
      assert.isFalse(sensors.has("m000.note"))
      assert.isTrue(sensors.has("m001.note"))
      for (const name of ["m001.rx.temp", "temps.m001"]) {
        const { definition, value } = sensors.get(name)!
        assert.deepStrictEqual(
          [definition.doc, definition.units, value],
          ["Temperature of the receiver. In Celsius.", "C", 0]
        )
      }
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect(
    "with the same name: the first keeps it, a sensor reports it, and the other gets it when the first is removed",
    () =>
      Effect.gen(function* () {
        const { devices, temps } = yield* twoDevices({ sensors: [{ match: "/rx\\.temp$/", as: "temp" }] })
        yield* temps[0]!.set(1)
        yield* temps[1]!.set(2)
        const client = yield* clientOf(9)
        yield* pass("1 second")
        const { sensors } = client.device
        assert.strictEqual(sensors.get("temp")!.value, 1)
        const conflicts = sensors.get("proxy.conflicts")!
        assert.deepStrictEqual(
          [conflicts.value, conflicts.status],
          ["temp is m000/rx.temp; m001/rx.temp is not served", "error"]
        )
        yield* devices[0].set.remove("rx.temp")
        yield* pass("2 seconds")
        assert.strictEqual(sensors.get("temp")!.value, 2)
        assert.strictEqual(conflicts.value, "")
      }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("have their times converted for clients of version 4", () =>
    Effect.gen(function* () {
      const { temps } = yield* twoDevices({ server: { protocol: Message.Protocol.make(4, 0, "M") } })
      yield* temps[0]!.set(1.5, { timestamp: 2 })
      const raw = yield* rawOf(9)
      yield* pass("1 second")
      yield* raw.settle
      yield* raw.send("?sensor-value m000.rx.temp\n")
      yield* pass()
      assert.deepStrictEqual(yield* raw.settle, ["#sensor-value 2000 1 m000.rx.temp nominal 1.5", "!sensor-value ok 1"])
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("include its own: the worst device-status of all, and figures of each device", () =>
    Effect.gen(function* () {
      const { devices } = yield* twoDevices()
      const status = yield* devices[0].set.add(Sensor.deviceStatus)
      const client = yield* clientOf(9)
      yield* pass("2 seconds")
      const { sensors } = client.device
      const value = (name: string) => sensors.get(name)!.value
      assert.strictEqual(value("device-status"), "ok")
      yield* status.set("degraded")
      yield* pass()
      assert.deepStrictEqual([value("device-status"), value("m000.device-status")], ["degraded", "degraded"])
      assert.deepStrictEqual(
        [value("proxy.m000.connected"), value("proxy.m001.synced"), value("proxy.m001.requests")],
        [true, true, 0]
      )
      yield* pass("2 seconds")
      assert.strictEqual(value("proxy.clients"), 1)
      yield* Effect.forkChild(devices[1].off)
      yield* pass("2 seconds")
      assert.deepStrictEqual(
        [value("device-status"), value("proxy.m001.connected"), sensors.get("proxy.m001.connected")!.status],
        ["fail", false, "error"]
      )
    }).pipe(Effect.scoped, onNetwork)
  )
})

describe("the figures of a device that was never reached", () => {
  it.effect("have the time at which they began, not 1970", () =>
    Effect.gen(function* () {
      const gone = yield* device(1)
      yield* gone.off
      const site = yield* siteOf({ gone })
      yield* pass("1 second")
      yield* serveProxy(site, 9)
      const client = yield* clientOf(9)
      yield* pass("2 seconds")
      const { reading, status } = client.device.sensors.get("proxy.gone.lag")!
      assert.deepStrictEqual([status, reading.timestamp >= 1], ["unknown", true])
    }).pipe(Effect.scoped, onNetwork)
  )
})

describe("the requests of a proxy", () => {
  it.effect("are those that the allow list names, with the device's help and their destination (P-330)", () =>
    Effect.gen(function* () {
      yield* twoDevices({ requests: Allow.only("m000/track", "*/watchdog") })
      const client = yield* clientOf(9)
      yield* pass("1 second")
      const passed = [...client.device.requests.keys()].filter((name) => name.startsWith("m0"))
      assert.deepStrictEqual(passed.sort(), ["m000-track", "m000-watchdog", "m001-watchdog"])
      const { informs } = yield* client.call("help", ["m000-track"])
      assert.include(informs[0]!.text(1), "Track.")
      assert.include(informs[0]!.text(1), "Passed on to m000 as ?track.")
      assert.isTrue((yield* client.call("m000-track")).ok)
      const refused = yield* Effect.flip(client.call("m001-track"))
      assert.strictEqual(refused._tag, "RequestInvalid")
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("fail if their device is absent, and are not sent again when it is back", () =>
    Effect.gen(function* () {
      const { devices } = yield* twoDevices({ requests: Allow.only("m000/track") })
      const client = yield* clientOf(9)
      yield* pass("1 second")
      yield* Effect.forkChild(devices[0].off)
      yield* pass("2 seconds")
      const failed = yield* Effect.flip(client.call("m000-track"))
      assert.strictEqual(failed._tag, "RequestFailed")
      assert.match(failed.message, /^m000: /)
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect(
    "include ?proxy-check, which returns the destination and rule of a name, and if the client may use it",
    () =>
      Effect.gen(function* () {
        yield* twoDevices({ requests: Allow.only("m000/track"), sensors: [{ match: "m000/note", as: "remark" }] })
        const client = yield* clientOf(9)
        yield* pass("1 second")
        const check = (name: string) =>
          Effect.map(client.call("proxy-check", [name]), ({ informs }) =>
            informs.map((inform: Message.Message) => Array.from({ length: inform.length }, (_, at) => inform.text(at)))
          )
        assert.deepStrictEqual(yield* check("remark"), [["sensor", "m000/note", "rule 1", "auto", "1"]])
        assert.deepStrictEqual(yield* check("m001.note"), [["sensor", "m001/note", "default", "auto", "1"]])
        assert.deepStrictEqual(yield* check("m000-track"), [["request", "m000/track", "default", "", "1"]])
        assert.deepStrictEqual(yield* check("help"), [["request", "proxy", "default", "", "1"]])
        assert.deepStrictEqual(yield* check("proxy.path"), [["sensor", "proxy", "default", "", "1"]])
        assert.deepStrictEqual(yield* check("nothing"), [])
      }).pipe(Effect.scoped, onNetwork)
  )
})
