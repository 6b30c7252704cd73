import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Arg, Sensor } from "katcp"
import type { SiteShape } from "katcp/Site"
import { Allow } from "katcp/Site"
import { Hub } from "../../src/Gateway/live/Hub.ts"
import { liveTarget } from "../../src/Gateway/live/targets.ts"
import { View } from "../../src/Gateway/live/View.ts"
import { pass as passTime } from "../Client/sensors/site.ts"
import { rawOf, serveProxy } from "../Proxy/network.ts"
import { onNetwork } from "../Site/network.ts"
import { threeRunners } from "./viewFleet.ts"

/** Lets time pass, and what was sent arrive over two connections. */
const pass = (duration?: Parameters<typeof passTime>[0]) =>
  Effect.andThen(passTime(duration), Effect.andThen(passTime(20), passTime(20)))

const shown = (view: SiteShape, path: string) => {
  const row = view.table.at(path)
  return row === undefined ? undefined : [row.status, row.value]
}

describe("the view of a fleet", () => {
  it.effect("has the devices of all runners under their own names, and readings only of what somebody needs", () =>
    Effect.gen(function* () {
      const { devices, r1, r2, temps, view } = yield* threeRunners
      yield* r1.take("m000", 1, devices[0])
      yield* r2.take("m001", 1, devices[1])
      yield* temps[0]!.set(4)
      yield* temps[1]!.set(5)
      yield* pass("3 seconds")
      assert.deepStrictEqual([...view.devices.keys()].sort(), ["m000", "m001"])
      assert.deepStrictEqual(
        view.table
          .snapshot()
          .changed.map(({ path }) => path)
          .sort(),
        ["m000/count", "m000/rx.temp", "m001/count", "m001/rx.temp"]
      )
      const { doc, units } = view.table.at("m001/rx.temp")!.definition
      assert.deepStrictEqual([doc, units], ["Temperature of the receiver.", "K"])
      assert.isTrue(view.isSynced)
      assert.deepStrictEqual(view.missing?.(), [])
      assert.deepStrictEqual(shown(view, "m000/rx.temp"), ["nominal", 4])
      assert.deepStrictEqual(shown(view, "m001/rx.temp"), ["unknown", undefined])
      const release = view.demand!.need(view.table.at("m001/rx.temp")!)
      yield* pass("1 second")
      assert.deepStrictEqual(shown(view, "m001/rx.temp"), ["nominal", 5])
      yield* temps[1]!.set(6)
      yield* pass()
      assert.deepStrictEqual(shown(view, "m001/rx.temp"), ["nominal", 6])
      assert.deepStrictEqual(shown(view, "m001/count"), ["unknown", undefined])
      release()
      yield* pass("15 seconds")
      assert.deepStrictEqual(shown(view, "m001/rx.temp"), ["unknown", undefined])
      assert.deepStrictEqual(view.devices.get("m001")?.counts?.[1], 1)
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("waits for a reading that is asked for once", () =>
    Effect.gen(function* () {
      const { devices, r2, temps, view } = yield* threeRunners
      yield* r2.take("m001", 1, devices[1])
      yield* temps[1]!.set(5)
      yield* pass("3 seconds")
      const asked = yield* Effect.forkChild(view.reading("m001/rx.temp"))
      yield* pass("100 millis")
      const reading = asked.pollUnsafe()
      assert.strictEqual(reading?._tag === "Success" ? reading.value.value : undefined, 5)
      const waits = yield* Effect.forkChild(view.waitFor("m001/rx.temp", 7))
      yield* pass("1 second")
      assert.isUndefined(waits.pollUnsafe())
      yield* temps[1]!.set(7)
      yield* pass()
      assert.strictEqual(waits.pollUnsafe()?._tag, "Success")
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("says of a wait that ends by its timeout what the sensor was", () =>
    Effect.gen(function* () {
      const { devices, directory, r2, temps, view } = yield* threeRunners
      yield* r2.take("m001", 1, devices[1])
      directory.setDevice("m009", undefined, 0)
      yield* temps[1]!.set(5)
      yield* pass("3 seconds")
      const late = Effect.fnUntraced(function* (path: string, condition: number | (() => boolean)) {
        const wait = view.waitFor(path, condition as number, { timeout: "4 seconds" })
        const waiting = yield* Effect.forkChild(Effect.flip(wait))
        yield* pass("4 seconds")
        return (yield* Fiber.join(waiting)).message
      })
      for (const [path, condition, wanted] of [
        ["m001/rx.temp", 7, "to m001: rx.temp was not 7.0 within 4000 ms; it was 5.0, nominal"],
        [
          "m001/rx.temp",
          () => false,
          "to m001: no reading of rx.temp was accepted within 4000 ms; the last was 5.0, nominal"
        ],
        [
          "m001/rx.tmp",
          7,
          "to m001: no reading of rx.tmp was received within 4000 ms: perhaps the device has no such sensor; did you mean rx.temp?"
        ],
        ["m009/rx.temp", 7, "to m009: no reading of rx.temp was received within 4000 ms: no runner holds it yet"]
      ] as const)
        assert.strictEqual(yield* late(path, condition), wanted)
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("lists only the changed sensors of another runner again, not those of all its devices", () =>
    Effect.gen(function* () {
      const { devices, r2, view } = yield* threeRunners
      yield* r2.take("m000", 1, devices[0])
      yield* r2.take("m001", 2, devices[1])
      yield* pass("5 seconds")
      const listed = () =>
        r2.asked.splice(0).filter((request) => request.startsWith("sensor-list") || request.startsWith("help"))
      listed()
      yield* devices[0].set.add(Sensor.make("new", { type: Arg.Int }))
      yield* devices[0].set.remove("count")
      yield* pass("5 seconds")
      assert.deepStrictEqual(listed().sort(), ["sensor-list m000.count", "sensor-list m000.new"])
      assert.isDefined(view.table.at("m000/new"))
      assert.isUndefined(view.table.at("m000/count"))
      // a device that comes costs the other devices nothing
      yield* r2.release("m001")
      yield* pass("5 seconds")
      yield* r2.take("m001", 3, devices[1])
      yield* pass("5 seconds")
      assert.deepStrictEqual(
        listed().filter((request) => !request.includes(" m001") && !request.includes(" proxy.m001")),
        []
      )
      assert.isDefined(view.table.at("m001/rx.temp"))
      assert.isTrue(view.isSynced)
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("makes requests at the runner that holds the device", () =>
    Effect.gen(function* () {
      const { devices, r2, view } = yield* threeRunners
      yield* r2.take("m001", 1, devices[1])
      yield* pass("3 seconds")
      const { requests } = view.devices.get("m001")!
      assert.deepStrictEqual([...requests.keys()].sort(), ["halt-all", "track"])
      assert.strictEqual(requests.get("track"), "Track. Usage: ?track")
      assert.strictEqual(requests.get("halt-all"), "Halt all. Needs the role admin. Usage: ?halt-all")
      const answer = yield* Effect.forkChild(view.request("m001", "track"))
      yield* pass()
      assert.strictEqual(answer.pollUnsafe()?._tag, "Success")
      const refused = yield* Effect.flip(
        view.pass({
          from: "test",
          role: "control",
          via: "program",
          allow: Allow.none,
          device: "m001",
          request: "track",
          arguments: []
        })
      )
      assert.strictEqual(refused._tag, "RequestRefused")
      const tooMuch = yield* Effect.flip(
        view.pass({
          from: "test",
          role: "control",
          via: "program",
          allow: Allow.only("m001/halt-all"),
          device: "m001",
          request: "halt-all",
          arguments: []
        })
      )
      assert.include(tooMuch.message, "needs the role admin")
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("keeps the rows of a device that moves, unreachable in between, and goes on with what was needed", () =>
    Effect.gen(function* () {
      const { devices, directory, r2, r3, temps, view } = yield* threeRunners
      yield* r2.take("m001", 1, devices[1])
      yield* temps[1]!.set(5)
      yield* pass("3 seconds")
      const row = view.table.at("m001/rx.temp")!
      view.demand!.need(row)
      yield* pass("1 second")
      let removals = 0
      view.table.onSensor(() => removals++)
      yield* r2.release("m001")
      directory.setDevice("m001", undefined, 1)
      yield* pass("1 second")
      assert.deepStrictEqual(shown(view, "m001/rx.temp"), ["unreachable", 5])
      assert.strictEqual(view.devices.get("m001")?.health.error, "no runner holds it yet")
      yield* pass("10 seconds")
      yield* r3.take("m001", 2, devices[1])
      yield* temps[1]!.set(6)
      yield* pass("3 seconds")
      assert.deepStrictEqual(shown(view, "m001/rx.temp"), ["nominal", 6])
      assert.strictEqual(view.table.at("m001/rx.temp"), row)
      assert.deepStrictEqual(shown(view, "m001/count"), ["unknown", undefined])
      yield* pass("10 seconds")
      assert.strictEqual(removals, 0)
      yield* temps[1]!.set(8)
      yield* pass()
      assert.deepStrictEqual(shown(view, "m001/rx.temp"), ["nominal", 8])
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("takes a device over from a link to its own site, and back", () =>
    Effect.gen(function* () {
      const { devices, r1, r2, temps, view } = yield* threeRunners
      yield* r2.take("m001", 1, devices[1])
      yield* temps[1]!.set(5)
      yield* pass("3 seconds")
      const row = view.table.at("m001/rx.temp")!
      yield* r2.release("m001")
      yield* r1.take("m001", 2, devices[1])
      yield* pass("3 seconds")
      assert.deepStrictEqual(shown(view, "m001/rx.temp"), ["nominal", 5])
      yield* temps[1]!.set(6)
      yield* pass()
      assert.deepStrictEqual(shown(view, "m001/rx.temp"), ["nominal", 6])
      yield* r1.release("m001")
      yield* r2.take("m001", 3, devices[1])
      yield* pass("3 seconds")
      assert.deepStrictEqual(shown(view, "m001/rx.temp"), ["unknown", undefined])
      assert.strictEqual(view.table.at("m001/rx.temp"), row)
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("shows the newer epoch if two runners claim a device", () =>
    Effect.gen(function* () {
      const { devices, r2, r3, view } = yield* threeRunners
      yield* r3.take("m001", 2, devices[1])
      yield* pass("3 seconds")
      yield* r2.take("m001", 1, devices[1])
      yield* pass("3 seconds")
      assert.strictEqual(view.devices.get("m001")?.through, "r3")
      yield* r3.release("m001")
      yield* pass("3 seconds")
      assert.strictEqual(view.devices.get("m001")?.through, "r2")
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("names the runner whose link is down, and shows its devices as unreachable", () =>
    Effect.gen(function* () {
      const { devices, directory, r2, view } = yield* threeRunners
      yield* r2.take("m001", 1, devices[1])
      yield* pass("3 seconds")
      yield* r2.off
      yield* pass("100 millis")
      assert.deepStrictEqual(view.missing?.(), ["r2"])
      assert.deepStrictEqual(shown(view, "m001/rx.temp"), ["unreachable", undefined])
      const { connected, error = "" } = view.devices.get("m001")!.health
      assert.isFalse(connected)
      assert.include(error, "the runner r2, which holds it, cannot be reached")
      directory.setRunner("r2", 102, "gone")
      yield* pass("1 second")
      assert.deepStrictEqual(view.missing?.(), ["r2"])
      yield* r2.on
      yield* pass("5 seconds")
      assert.deepStrictEqual(view.missing?.(), [])
      assert.deepStrictEqual(shown(view, "m001/rx.temp"), ["unknown", undefined])
      assert.isTrue(view.devices.get("m001")?.health.connected)
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("shows a device that its runner has lost, and one that leaves the wish no longer", () =>
    Effect.gen(function* () {
      const { devices, directory, r2, view } = yield* threeRunners
      yield* r2.take("m001", 1, devices[1])
      yield* pass("3 seconds")
      yield* devices[1].off
      yield* pass("2 seconds")
      assert.deepStrictEqual(shown(view, "m001/rx.temp"), ["unreachable", undefined])
      assert.isFalse(view.devices.get("m001")?.health.connected)
      yield* devices[1].on
      yield* pass("3 seconds")
      assert.deepStrictEqual(shown(view, "m001/rx.temp"), ["unknown", undefined])
      directory.removeDevice("m001")
      yield* pass("1 second")
      assert.strictEqual(view.devices.size, 0)
      assert.strictEqual(view.table.size, 0)
    }).pipe(Effect.scoped, onNetwork)
  )
})

describe("a page of the whole fleet", () => {
  it.effect("needs the readings of what it shows, and its frames name the runners that are missing", () =>
    Effect.gen(function* () {
      const { devices, r2, temps, view } = yield* threeRunners
      yield* r2.take("m001", 1, devices[1])
      yield* temps[1]!.set(5)
      yield* pass("3 seconds")
      const hub = new Hub(view, Allow.none, yield* Clock.Clock)
      const page = new View("read")
      const frames: Array<string> = []
      hub.join({
        view: page,
        due: Number.POSITIVE_INFINITY,
        round: (now, time) =>
          Effect.sync(() => {
            const frame = page.take(now, time)
            if (frame === undefined) return
            frames.push(frame)
            page.acknowledge(page.frames)
          })
      })
      yield* Effect.forkScoped(hub.run)
      yield* pass("1 second")
      assert.isFalse(frames.some((frame) => frame.includes("missing")))
      yield* hub.subscribe(page, 1, [yield* liveTarget("m001/rx.temp")], 10)
      yield* pass("1 second")
      assert.deepStrictEqual(shown(view, "m001/rx.temp"), ["nominal", 5])
      yield* r2.off
      yield* pass("1 second")
      assert.isTrue(frames.some((frame) => frame.includes('"missing":["r2"]')))
      yield* r2.on
      yield* pass("5 seconds")
      assert.isTrue(frames.some((frame) => frame.includes('"missing":[]')))
    }).pipe(Effect.scoped, onNetwork)
  )
})

describe("a proxy of the whole fleet", () => {
  it.effect("gives clients readings of devices of other runners when they sample them or ask for them", () =>
    Effect.gen(function* () {
      const { devices, r2, temps, view } = yield* threeRunners
      yield* r2.take("m001", 1, devices[1])
      yield* temps[1]!.set(5, { timestamp: 1 })
      yield* pass("3 seconds")
      yield* serveProxy(view, 9, { id: "r1-fleet", requests: Allow.only("*/track") })
      const raw = yield* rawOf(9)
      yield* pass()
      yield* raw.settle
      yield* raw.send("?sensor-value[1] m001.rx.temp\n")
      yield* pass("100 millis")
      assert.deepStrictEqual(yield* raw.settle, [
        "#sensor-value[1] 1.0 1 m001.rx.temp nominal 5.0",
        "!sensor-value[1] ok 1"
      ])
      yield* raw.send("?sensor-sampling[2] m001.count event\n")
      yield* pass("100 millis")
      assert.deepStrictEqual((yield* raw.settle).length, 2)
      yield* raw.send("?sensor-sampling[3] m001.rx.temp event\n")
      yield* pass("60 seconds")
      yield* raw.settle
      yield* temps[1]!.set(6, { timestamp: 2 })
      yield* pass()
      assert.deepStrictEqual(yield* raw.settle, ["#sensor-status 2.0 1 m001.rx.temp nominal 6.0"])
      yield* raw.send("?m001-track[4]\n")
      yield* pass()
      assert.deepStrictEqual(yield* raw.settle, ["!m001-track[4] ok"])
      yield* raw.send("?sensor-value[5] proxy.path\n")
      yield* pass()
      assert.match((yield* raw.settle)[0]!, /nominal r1-fleet\\_r2$/)
    }).pipe(Effect.scoped, onNetwork)
  )
})
