import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { Arg, type Client, Sampling, Sensor } from "katcp"
import { Allow, type Asked, type Changes, type PassedRequest, ReadingJson, readingJson, Selection } from "katcp/Site"
import { immediately, logged } from "../Client/connect.ts"
import { FakeDevice } from "../Client/sensors/fake.ts"
import { pass, subscriptionsOf } from "../Client/sensors/site.ts"
import { client, device, fakeAt, onNetwork, siteOf } from "./network.ts"

const { Strategy } = Sampling

describe("the table of a site", () => {
  it.effect("has every sensor of every device, and the loss of one device touches no other's rows", () =>
    Effect.gen(function* () {
      const [one, two] = [yield* device(1), yield* device(2)]
      const temp = yield* one.set.add(Sensor.make("rx.temp", { type: Arg.Float, units: "K" }))
      yield* two.set.add(Sensor.make("rx.temp", { type: Arg.Float, units: "K" }))
      const site = yield* siteOf({ m000: one, m001: two })
      yield* pass("1 second")
      assert.isTrue(site.isSynced)
      yield* temp.set(21.5)
      yield* pass()
      const row = site.table.at("m000/rx.temp")!
      assert.deepStrictEqual([row.value, row.status, row.code, row.fresh], [21.5, "nominal", 1, true])
      const reader = site.table.reader()
      assert.isTrue(reader.take().snapshot)
      const before = site.table.at("m001/rx.temp")!.revision
      yield* Effect.forkChild(one.off)
      yield* pass("2 seconds")
      assert.deepStrictEqual([row.value, row.status, row.code, row.fresh], [21.5, "unreachable", 5, false])
      assert.strictEqual(site.table.at("m001/rx.temp")!.revision, before)
      assert.deepStrictEqual(
        reader.take().changed.map(({ path, status }) => [path, status]),
        [["m000/rx.temp", "unreachable"]]
      )
      yield* pass("10 seconds")
      assert.deepStrictEqual(reader.take().changed, [])
      yield* one.on
      yield* pass("2 seconds")
      assert.deepStrictEqual([row.value, row.status, row.fresh], [21.5, "nominal", true])
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("has the time of the loss in lost rows, those without a reading too", () =>
    Effect.gen(function* () {
      const fake = new FakeDevice()
      fake.add("x", "doc \\@ float", "nominal 1.5")
      fake.add("silent", "doc \\@ float", "nominal 1.5")
      // it takes the strategy and never reports
      fake.instead = ({ args, head, name }) =>
        name === "sensor-sampling"
          ? { answer: [`#sensor-status 1 1 x nominal 1.5`, `!${head} ok ${args.join(" ")}`] }
          : undefined
      const site = yield* siteOf({})
      yield* site.add("one", yield* fakeAt(1, fake))
      yield* pass("1 second")
      const [x, silent] = [site.table.at("one/x")!, site.table.at("one/silent")!]
      assert.deepStrictEqual(
        [x.status, x.timestamp, silent.status, silent.timestamp],
        ["nominal", 1, "unknown", undefined]
      )
      yield* TestClock.setTime(50_000)
      yield* fake.connection!.reset
      yield* pass(0)
      for (const row of [x, silent])
        assert.deepStrictEqual([row.status, row.timestamp, row.received], ["unreachable", 50, 50], row.name)
      // what never had a value has none now
      assert.strictEqual((yield* Effect.flip(site.reading("one/silent")))._tag, "KatcpError")
      assert.strictEqual((yield* site.reading("one/x")).value, 1.5)
      assert.deepStrictEqual([x.value, silent.value], [1.5, undefined])
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("has the bytes of a value as they came, and decodes them when they are asked for", () =>
    Effect.gen(function* () {
      const fake = new FakeDevice()
      fake.add("f", "doc \\@ float", "nominal 1.50")
      fake.add("text", "doc \\@ string", "nominal a\\_b\u00ff")
      fake.add("none", "doc \\@ string", "nominal \\@")
      const site = yield* siteOf({})
      yield* site.add("one", yield* fakeAt(1, fake))
      yield* pass("1 second")
      const bytes = (name: string) => Buffer.from(site.table.get("one", name)!.bytes!).toString("latin1")
      assert.deepStrictEqual([bytes("f"), bytes("text"), bytes("none")], ["1.50", "a b\u00ff", ""])
      const value = (name: string) => site.table.get("one", name)!.value
      assert.deepStrictEqual([value("f"), value("text"), value("none")], [1.5, "a b\udcff", ""])
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("tells that a sensor was replaced by one of another type by a removal and an addition", () =>
    Effect.gen(function* () {
      const one = yield* device(1)
      yield* one.set.add(Sensor.make("mode", { type: Arg.Int, initial: 3 }))
      const site = yield* siteOf({ m000: one })
      yield* pass("1 second")
      const former = site.table.at("m000/mode")!
      const reader = site.table.reader()
      reader.take()
      yield* one.set.add(Sensor.make("mode", { type: Arg.Text, initial: "stow" }))
      yield* pass("1 second")
      const { changed, removed } = reader.take()
      assert.deepStrictEqual(
        removed.map(({ device, name }) => `${device}/${name}`),
        ["m000/mode"]
      )
      assert.deepStrictEqual(
        changed.map(({ path, value }) => [path, value]),
        [["m000/mode", "stow"]]
      )
      assert.isTrue(former.removed)
      assert.isAbove(changed[0]!.added, removed[0]!.revision)
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("has sensors of any name", () =>
    Effect.gen(function* () {
      const fake = new FakeDevice()
      const names = ["a/b/c", "..", "-", "x\\_y", "s,t", "\\@", "%41", "é", "__proto__", "[0]", "日本"]
      for (const name of names) fake.add(Buffer.from(name, "utf8").toString("latin1"))
      const site = yield* siteOf({})
      yield* site.add("one", yield* fakeAt(1, fake))
      yield* pass("2 seconds")
      const rows = [...site.table.of("one")]
      assert.strictEqual(rows.length, names.length)
      for (const row of rows) assert.strictEqual(site.table.at(row.path), row)
      assert.isDefined(site.table.at("one/a/b/c"))
      assert.isDefined(site.table.at("one/x y"))
      assert.isDefined(site.table.at("one/日本"))
      assert.isUndefined(site.table.at("one/constructor"))
    }).pipe(Effect.scoped, onNetwork)
  )
})

describe("a site", () => {
  it.effect("takes devices and lets them go while it runs", () =>
    Effect.gen(function* () {
      const [one, two] = [yield* device(1), yield* device(2)]
      for (const { set } of [one, two]) yield* set.add(Sensor.make("x", { type: Arg.Int }))
      const site = yield* siteOf({ one })
      yield* pass("1 second")
      const reader = site.table.reader()
      reader.take()
      const before = site.deviceRevision
      const woken = yield* Effect.forkChild(site.devicesChanged(before), immediately)
      yield* site.add("two", { socket: two.socket, client })
      yield* pass("1 second")
      yield* Fiber.join(woken)
      assert.deepStrictEqual([...site.devices.keys()], ["one", "two"])
      assert.deepStrictEqual(
        reader.take().changed.map(({ path }) => path),
        ["two/x"]
      )
      assert.isTrue(yield* site.remove("one"))
      assert.isFalse(yield* site.remove("one"))
      assert.deepStrictEqual(
        reader.take().removed.map(({ device, name }) => `${device}/${name}`),
        ["one/x"]
      )
      yield* pass("1 minute")
      assert.deepStrictEqual([...site.table.of("one")], [])
      yield* site.add("one", { socket: one.socket, client })
      yield* pass("1 second")
      assert.deepStrictEqual(
        reader.take().changed.map(({ path }) => path),
        ["one/x"]
      )
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("refuses names that are none, names that are taken, and more devices than its limit", () =>
    Effect.gen(function* () {
      const { socket } = yield* device(1)
      const site = yield* siteOf({}, { limits: { devices: 2 } })
      for (const name of ["", "7", "m.1", "m_1", "m 1", "m/1", "-m", "é"]) {
        const error = yield* Effect.flip(site.add(name, socket))
        assert.deepStrictEqual([error.why, error._tag], ["name", "DeviceRefused"], name)
      }
      yield* site.add("m000", socket)
      assert.strictEqual((yield* Effect.flip(site.add("m000", socket))).why, "exists")
      yield* site.add("m-1", socket)
      const full = yield* Effect.flip(site.add("m002", socket))
      assert.strictEqual(full.message, "the site has 2 devices: its limit (limits.devices)")
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("reads, waits and asks by device/sensor and by device and request", () =>
    Effect.gen(function* () {
      const one = yield* device(1)
      const temp = yield* one.set.add(Sensor.make("rx.temp", { type: Arg.Float, initial: 3.5 }))
      const site = yield* siteOf({ m000: one })
      yield* pass("1 second")
      assert.strictEqual((yield* site.reading("m000/rx.temp")).value, 3.5)
      const waiting = yield* Effect.forkChild(
        site.waitFor("m000/rx.temp", (reading) => Number(reading.value) > 10),
        immediately
      )
      yield* pass()
      yield* temp.set(9)
      yield* temp.set(11)
      yield* temp.set(5)
      yield* pass()
      assert.strictEqual((yield* Fiber.join(waiting)).value, 11)
      assert.isTrue((yield* site.request("m000", "watchdog")).ok)
      const unknown = yield* Effect.flip(site.reading("m001/rx.temp"))
      assert.strictEqual(unknown.message, 'there is no device "m001": the site has m000')
      assert.strictEqual((yield* Effect.flip(site.reading("m000/none")))._tag, "RequestFailed")
      assert.strictEqual((yield* Effect.flip(site.request("m000", "none")))._tag, "RequestInvalid")
      const late = yield* Effect.forkChild(
        Effect.flip(site.waitFor("m000/rx.temp", 99, { timeout: "2 seconds" })),
        immediately
      )
      yield* pass("2 seconds")
      assert.strictEqual((yield* Fiber.join(late))._tag, "KatcpError")
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("has a reading in its table before anybody hears of it from the device's client", () =>
    Effect.gen(function* () {
      const one = yield* device(1)
      const temp = yield* one.set.add(Sensor.make("rx.temp", { type: Arg.Float }))
      const site = yield* siteOf({ m000: one })
      yield* pass("1 second")
      const row = site.table.at("m000/rx.temp")!
      let looks = 0
      const isThere = (status: Sensor.Status) => (reading: Client.RemoteReading<unknown>) => {
        assert.strictEqual(row.reading, reading)
        looks++
        return reading.status === status
      }
      const warning = yield* Effect.forkChild(site.waitFor("m000/rx.temp", isThere("warn")), immediately)
      yield* temp.set(3, { status: "warn" })
      yield* pass()
      yield* Fiber.join(warning)
      const losing = yield* Effect.forkChild(site.waitFor("m000/rx.temp", isThere("unreachable")), immediately)
      yield* one.cut
      yield* pass(0)
      yield* Fiber.join(losing)
      assert.strictEqual(looks, 4)
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("asks the device for a sensor that it does not mirror", () =>
    Effect.gen(function* () {
      const one = yield* device(1)
      yield* one.set.add(Sensor.make("a", { type: Arg.Int, initial: 1 }))
      yield* one.set.add(Sensor.make("b", { type: Arg.Int, initial: 2 }))
      const site = yield* siteOf({ m000: one }, { selection: Selection.make(["m000/a"]) })
      yield* pass("1 second")
      assert.deepStrictEqual(
        [...site.table.of("m000")].map(({ name }) => name),
        ["a"]
      )
      const asked = yield* Effect.forkChild(site.reading("m000/b"), immediately)
      yield* pass()
      assert.strictEqual((yield* Fiber.join(asked)).value, 2)
      assert.isUndefined(site.table.at("m000/b"))
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("mirrors what its selection asks for, and changes that without touching what stays the same", () =>
    Effect.gen(function* () {
      const fake = new FakeDevice()
      for (const name of ["a", "b", "c.x", "c.y"]) fake.add(name)
      const site = yield* siteOf(
        {},
        {
          selection: Selection.make([
            { match: "*/a", strategy: Strategy.event },
            { match: "*/b", strategy: Strategy.period("2 seconds") },
            { match: "*/c.*", strategy: Strategy.none },
            "*"
          ])
        }
      )
      yield* site.add("one", yield* fakeAt(1, fake))
      yield* pass("1 second")
      assert.deepStrictEqual(fake.set, { a: "event", b: "period 2.0" })
      const a = site.table.at("one/a")
      const asked = fake.asked.length
      const reader = site.table.reader()
      reader.take()
      yield* site.select(
        Selection.make([
          { match: "*/a", strategy: Strategy.event },
          { match: "*/c.*", strategy: Strategy.auto }
        ])
      )
      yield* pass("1 second")
      assert.deepStrictEqual(fake.set, { a: "event", "c.x": "auto", "c.y": "auto" })
      assert.strictEqual(site.table.at("one/a"), a)
      const later = fake.asked.slice(asked).map(({ args }) => args.join(" "))
      assert.isFalse(
        later.some((args) => args.split(" ")[0]!.split(",").includes("a")),
        later.join("; ")
      )
      const { changed, removed } = reader.take()
      assert.deepStrictEqual(
        removed.map(({ name }) => name),
        ["b"]
      )
      assert.deepStrictEqual(changed.map(({ name }) => name).sort(), ["c.x", "c.y"])
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("gives its table as a Stream: a snapshot, then what changed", () =>
    Effect.gen(function* () {
      const one = yield* device(1)
      const temp = yield* one.set.add(Sensor.make("rx.temp", { type: Arg.Float }))
      const site = yield* siteOf({ m000: one })
      yield* pass("1 second")
      const seen: Array<Changes> = []
      const reading = yield* Effect.forkChild(
        Stream.runForEach(site.changes({ every: "1 second" }), (changes) => Effect.sync(() => seen.push(changes))),
        immediately
      )
      yield* pass()
      assert.deepStrictEqual([seen.length, seen[0]!.snapshot], [1, true])
      for (let n = 0; n < 10; n++) {
        yield* temp.set(n)
        yield* pass("50 millis")
      }
      assert.strictEqual(seen.length, 1)
      yield* pass("1 second")
      assert.deepStrictEqual([seen.length, seen[1]!.changed.map(({ value }) => value)], [2, [9]])
      yield* pass("1 minute")
      assert.strictEqual(seen.length, 2)
      yield* Fiber.interrupt(reading)
    }).pipe(Effect.scoped, onNetwork)
  )
})

describe("requests that are passed on", () => {
  const asked = (change?: Partial<Asked>): Asked => ({
    from: "10.0.0.9:1234",
    role: "control",
    via: "http",
    allow: Allow.only("m000/track", "m000/halt-all", "m000/none"),
    device: "m000",
    request: "track",
    arguments: [],
    ...change
  })

  const lab = Effect.gen(function* () {
    const one = yield* device(1)
    const site = yield* siteOf({ m000: one })
    yield* pass("1 second")
    const records: Array<PassedRequest> = []
    yield* Effect.forkScoped(
      Stream.runForEach(site.audit, (record) => Effect.sync(() => records.push(record))),
      immediately
    )
    return { one, records, site }
  })

  it.effect("need an allow list that names them, and a role that suffices", () =>
    Effect.gen(function* () {
      const { records, site } = yield* lab
      assert.isTrue((yield* site.pass(asked({ who: "observer" }))).ok)
      const refused = yield* Effect.flip(site.pass(asked({ request: "watchdog" })))
      assert.strictEqual(refused.message, "?watchdog is not passed on to m000: no allow list names m000/watchdog")
      const weak = yield* Effect.flip(site.pass(asked({ role: "read" })))
      assert.strictEqual(weak.message, "?track needs the role control, and this client has read")
      const admin = yield* Effect.flip(site.pass(asked({ request: "halt-all", needs: "admin" })))
      assert.match(admin.message, /needs the role admin/)
      assert.isTrue((yield* site.pass(asked({ request: "halt-all", needs: "admin", role: "admin" }))).ok)
      const nowhere = yield* Effect.flip(site.pass(asked({ device: "m9", allow: Allow.only("*") })))
      assert.strictEqual(nowhere._tag, "NoSuchDevice")
      assert.strictEqual((yield* site.pass(asked({ request: "none" }))).code, "invalid")
      yield* pass()
      assert.deepStrictEqual(
        records.map(({ outcome, request, who }) => [request, outcome, who]),
        [
          ["track", "ok", "observer"],
          ["watchdog", "refused", undefined],
          ["track", "refused", undefined],
          ["halt-all", "refused", undefined],
          ["halt-all", "ok", undefined],
          ["track", "refused", undefined],
          ["none", "invalid", undefined]
        ]
      )
      const { time, ...first } = records[0]!
      assert.deepStrictEqual(first, {
        who: "observer",
        from: "10.0.0.9:1234",
        role: "control",
        via: "http",
        device: "m000",
        request: "track",
        arguments: [],
        outcome: "ok",
        seconds: 0,
        missed: 0
      })
      assert.isNumber(time)
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("are recorded when the device goes, or the one who asked", () =>
    Effect.gen(function* () {
      const { one, records, site } = yield* lab
      const gone = yield* Effect.forkChild(
        site.passWith(asked(), () => Effect.never),
        immediately
      )
      yield* Fiber.interrupt(gone)
      yield* Effect.forkChild(one.off)
      yield* pass("2 seconds")
      assert.strictEqual((yield* Effect.flip(site.pass(asked())))._tag, "KatcpError")
      yield* pass()
      assert.deepStrictEqual(
        records.map(({ outcome }) => outcome),
        ["cancelled", "lost"]
      )
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("are logged, at most fifty in a second; control characters are shown by their numbers", () =>
    Effect.gen(function* () {
      const { records } = yield* logged(
        Effect.gen(function* () {
          const { site } = yield* lab
          yield* site.pass(asked({ who: "eve\n", arguments: ["a b", "x".repeat(100), new Uint8Array(3)] }))
          for (let n = 0; n < 99; n++) yield* site.pass(asked())
          yield* pass("1 second")
          yield* site.pass(asked())
        }).pipe(Effect.scoped),
        "Debug"
      )
      const lines = records.filter((line) => line.includes("katcp.site.audit"))
      assert.strictEqual(lines.length, 51)
      assert.strictEqual(
        lines[0],
        `Info katcp.site.audit: ?track "a b" "${"x".repeat(40)}…" "3 bytes" to m000 of 10.0.0.9:1234 by http ("eve\\n", control): fail, Too many parameters given.`
      )
      assert.match(lines[50]!, /\(before it, 50 were not logged\)$/)
    }).pipe(onNetwork)
  )
})

describe("a reading in JSON", () => {
  it.effect("has the form that the command prints, for every type", () =>
    Effect.gen(function* () {
      const fake = new FakeDevice()
      fake.add("int", "doc count integer", "nominal 7")
      fake.add("big", "doc \\@ integer", "nominal 9007199254740993")
      fake.add("float", "doc K float", "warn 21.5")
      fake.add("nan", "doc \\@ float", "nominal nan")
      fake.add("inf", "doc \\@ float", "nominal -inf")
      fake.add("bool", "doc \\@ boolean", "nominal 1")
      fake.add("mode", "doc \\@ discrete stow track", "error stow")
      fake.add("text", "doc \\@ string", "nominal a\\_b")
      fake.add("bytes", "doc \\@ string", "nominal \u00ff\u00fe")
      fake.add("time", "doc \\@ timestamp", "nominal 12.5")
      fake.add("address", "doc \\@ address", "nominal 10.0.0.1:7147")
      fake.add("lru", "doc \\@ lru", "nominal nominal")
      fake.add("none", "doc \\@ float", "unknown ?")
      const site = yield* siteOf({})
      yield* site.add("one", yield* fakeAt(1, fake))
      yield* pass("1 second")
      const json: Record<string, ReadingJson> = {}
      for (const row of site.table.of("one")) json[row.name] = yield* Schema.encodeEffect(ReadingJson)(readingJson(row))
      assert.strictEqual(
        JSON.stringify(json.float),
        `{"name":"float","type":"float","units":"K","value":21.5,"status":"warn","timestamp":1,"device":"one","code":2,"received":${json.float!.received}}`
      )
      const values = Object.fromEntries(Object.entries(json).map(([name, { value }]) => [name, value]))
      assert.deepStrictEqual(values, {
        address: "10.0.0.1:7147",
        big: "9007199254740993",
        bool: true,
        bytes: { base64: "//4=" },
        float: 21.5,
        inf: "-Infinity",
        int: 7,
        lru: "nominal",
        mode: "stow",
        nan: "NaN",
        none: undefined,
        text: "a b",
        time: 12.5
      })
      assert.deepStrictEqual([json.none!.status, json.none!.code], ["unknown", 0])
      assert.isTrue(Exit.isSuccess(yield* Effect.exit(Schema.decodeUnknownEffect(ReadingJson)(json.bytes))))
    }).pipe(Effect.scoped, onNetwork)
  )
})

describe("a device of a site", () => {
  it.effect("tells its health: state, times, losses, lag and counts", () =>
    Effect.gen(function* () {
      const one = yield* device(1)
      const temp = yield* one.set.add(Sensor.make("temp", { type: Arg.Float }))
      yield* TestClock.setTime(100_000)
      const site = yield* siteOf({ m000: one })
      yield* pass("1 second")
      yield* temp.set(1, { timestamp: 90 })
      yield* pass(0)
      const { lag, anomalies, protocol, since, syncedAt, ...health } = site.devices.get("m000")!.health
      assert.deepStrictEqual(health, {
        device: "m000",
        address: "127.0.0.1:1",
        state: "Synced",
        connected: true,
        synced: true,
        error: undefined,
        losses: 0,
        sensors: 1,
        refused: 0,
        readings: 2
      })
      assert.approximately(lag!, 11, 0.1)
      assert.approximately(since, 100, 1)
      assert.approximately(syncedAt!, 100, 1)
      assert.strictEqual(anomalies.BadLine, 0)
      assert.strictEqual(String(protocol), "5.1-BIMT")
      yield* Effect.forkChild(one.off)
      yield* pass("3 seconds")
      const lost = site.devices.get("m000")!.health
      assert.deepStrictEqual([lost.connected, lost.synced, lost.losses], [false, false, 1])
      assert.isString(lost.error)
      assert.isAbove(lost.since, 101)
      assert.deepStrictEqual([...site.devices.get("m000")!.requests.keys()].includes("track"), true)
    }).pipe(Effect.scoped, onNetwork)
  )
})

describe("subscriptions of a site", () => {
  it.effect("are one for each sensor, whoever reads", () =>
    Effect.gen(function* () {
      const one = yield* device(1)
      yield* one.set.add(Sensor.make("x", { type: Arg.Int }))
      const site = yield* siteOf({ m000: one })
      yield* pass("1 second")
      const { client } = site.devices.get("m000")!
      for (let n = 0; n < 10; n++) site.table.reader().take()
      yield* site.table.feed
      const strategies = yield* Effect.forkChild(subscriptionsOf(client), immediately)
      yield* pass("1 second")
      assert.deepStrictEqual(yield* Fiber.join(strategies), { x: "auto" })
    }).pipe(Effect.scoped, onNetwork)
  )
})
