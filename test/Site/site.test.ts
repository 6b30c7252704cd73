/** A site and its devices: they come and go, are asked, and are mirrored as a selection says. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { Arg, type Client, Sampling, Sensor } from "katcp"
import { type Changes, Selection } from "katcp/Site"
import { immediately } from "../Client/connect.ts"
import { FakeDevice } from "../Client/sensors/fake.ts"
import { pass, subscriptionsOf } from "../Client/sensors/site.ts"
import { client, device, fakeAt, onNetwork, siteOf } from "./network.ts"

const { Strategy } = Sampling

describe("a site", () => {
  it.effect("adds and removes devices while it runs", () =>
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

  it.effect("refuses malformed names, taken names, and more devices than its limit", () =>
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

  it.effect("reads, waits and makes requests by device/sensor and by device and request", () =>
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

  it.effect("has a reading in its table before listeners of the device's client get it", () =>
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

  it.effect("mirrors the selected sensors, and applies only the differences of a new selection", () =>
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

  it.effect("decides about many sensors in turns, so others run; a newer selection takes effect", () =>
    Effect.gen(function* () {
      const fake = new FakeDevice()
      for (let n = 0; n < 5000; n++) fake.add(`s${n}`)
      const site = yield* siteOf({}, { selection: Selection.make(["one/s0"]) })
      yield* site.add("one", yield* fakeAt(1, fake))
      yield* pass("1 second")
      assert.strictEqual(site.table.size, 1)
      let turns = 0
      const others = yield* Effect.forkChild(
        Effect.forever(
          Effect.andThen(
            Effect.yieldNow,
            Effect.sync(() => turns++)
          )
        ),
        immediately
      )
      const first = yield* Effect.forkChild(site.select(Selection.make(["/s[0-3]/"])), immediately)
      yield* Effect.yieldNow
      const second = yield* Effect.forkChild(site.select(Selection.make(["/s(1|2)$/"])), immediately)
      yield* Fiber.join(first)
      yield* Fiber.join(second)
      assert.isAtLeast(turns, 3)
      yield* Fiber.interrupt(others)
      yield* pass("1 second")
      assert.deepStrictEqual([...site.table.of("one")].map(({ name }) => name).sort(), ["s1", "s2"])
      assert.deepStrictEqual(fake.set, { s1: "auto", s2: "auto" })
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("emits its table as a Stream: a snapshot, then changes", () =>
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

describe("a device of a site", () => {
  it.effect("reports its health: state, times, losses, lag and counts", () =>
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

describe("the lag of a device", () => {
  it.effect("is that of the last change: the first readings of a connection may be old", () =>
    Effect.gen(function* () {
      const one = yield* device(1)
      const temp = yield* one.set.add(Sensor.make("temp", { type: Arg.Float }))
      yield* temp.set(1)
      yield* TestClock.adjust("1 hour")
      const site = yield* siteOf({ m000: one })
      const lag = () => site.devices.get("m000")!.health.lag
      yield* pass("1 second")
      assert.strictEqual(site.table.at("m000/temp")!.reading!.value, 1)
      assert.isUndefined(lag())
      yield* temp.set(2)
      yield* pass(0)
      assert.approximately(lag()!, 0, 0.1)
      // a new sensor with an old value
      const old = yield* one.set.add(Sensor.make("old", { type: Arg.Float }))
      yield* old.set(7, { timestamp: 10 })
      yield* pass("10 seconds")
      assert.approximately(site.table.at("m000/old")!.reading!.timestamp, 10, 1)
      assert.approximately(lag()!, 0, 0.1)
      yield* one.cut
      yield* pass("1 hour")
      assert.isTrue(site.isSynced)
      assert.approximately(lag()!, 0, 0.1)
    }).pipe(Effect.scoped, onNetwork)
  )
})

describe("the log of a site", () => {
  it.effect("reports each state of a device once: connected, absent with the reason, malformed data", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.make<unknown, void>(({ fiber, logLevel, message }) => {
        lines.push(`${logLevel} ${fiber.getRef(References.CurrentLogAnnotations).device}: ${message}`)
      })
      yield* Effect.gen(function* () {
        const fake = new FakeDevice()
        fake.add("x", "doc \\@ float", "nominal 1.5")
        const site = yield* siteOf({})
        yield* site.add("m000", { ...(yield* fakeAt(1, fake)), address: "dish:7147" })
        yield* pass("1 second")
        yield* fake.send("what is this")
        yield* pass()
        yield* fake.connection!.reset
        yield* pass("5 seconds")
        const away = yield* device(2)
        yield* away.off
        yield* site.add("m001", { socket: away.socket, client })
        yield* pass("1 minute")
      }).pipe(Effect.scoped, Effect.provide(Logger.layer([logger])))
      assert.deepStrictEqual(
        lines.map((line) => line.slice(0, 60)),
        [
          "Warn m000: a line that is not a message: Expected ?, ! or # ",
          "Warn m000: away: to dish:7147: not connected (the connection",
          "Info m000: connected (dish:7147)",
          "Warn m001: away: cannot connect: nothing listens on that por"
        ]
      )
    }).pipe(onNetwork)
  )
})

describe("subscriptions of a site", () => {
  it.effect("are one for each sensor, for any readers", () =>
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
