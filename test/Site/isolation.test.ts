/** One bad device in a site: its own health shows it, and all others are undisturbed. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Arg, Sensor } from "katcp"
import { Site } from "katcp/Site"
import { FakeDevice, withBulk } from "../Client/sensors/fake.ts"
import { pass } from "../Client/sensors/site.ts"
import { client, device, fakeAt, onNetwork } from "./network.ts"

/** A site of a good device, `good`, with the sensor `temp`, and one that a test plays, `bad`. */
const withBad = (options?: {
  readonly hello?: () => string
  readonly limits?: { readonly sensorsPerDevice: number }
}) =>
  Effect.gen(function* () {
    const good = yield* device(1)
    const temp = yield* good.set.add(Sensor.make("temp", { type: Arg.Float, units: "K" }))
    const fake = new FakeDevice()
    fake.add("x", "doc \\@ float", "nominal 1.5")
    const bad = yield* fakeAt(2, fake, options?.hello)
    const site = yield* Site.make({
      devices: { good: { socket: good.socket, client }, bad },
      limits: options?.limits
    })
    yield* pass("1 second")
    let value = 0
    /** The good device goes on as if nothing had happened. */
    const undisturbed = Effect.gen(function* () {
      const { losses, synced } = site.devices.get("good")!.health
      assert.deepStrictEqual([losses, synced], [0, true])
      yield* temp.set(++value)
      yield* pass()
      assert.strictEqual(site.table.at("good/temp")!.value, value)
    })
    const health = () => site.devices.get("bad")!.health
    const row = (name: string) => site.table.get("bad", name)
    return { fake, health, row, site, undisturbed }
  })

describe("a bad device of a site", () => {
  it.effect("that sends garbage: lines that are not messages are counted", () =>
    Effect.gen(function* () {
      const { fake, health, row, undisturbed } = yield* withBad()
      assert.strictEqual(row("x")!.value, 1.5)
      yield* fake.send(
        "what is this",
        "#sensor-status",
        "\u00ff\u00fe garbage",
        "!nobody[7] ok",
        "#sensor-status 1 1 x"
      )
      yield* pass()
      const { anomalies, synced } = health()
      assert.isAtLeast(anomalies.BadLine, 2)
      assert.isAtLeast(anomalies.BadReading, 2)
      assert.isAtLeast(anomalies.UnexpectedReply, 1)
      assert.isTrue(synced)
      assert.deepStrictEqual([row("x")!.value, row("x")!.status], [1.5, "nominal"])
      yield* undisturbed
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("that sends values that do not fit the sensor's type: they never reach the table, and are counted", () =>
    Effect.gen(function* () {
      const { fake, health, row, site, undisturbed } = yield* withBad()
      const before = site.table.revision
      yield* fake.send(
        "#sensor-status 1 1 x nominal abc",
        "#sensor-status 1 1 x splendid 2",
        "#sensor-status soon 1 x nominal 2"
      )
      yield* pass()
      assert.strictEqual(site.table.revision, before)
      assert.strictEqual(health().anomalies.BadReading, 3)
      // a status without a valid value need not bring one: the last one is kept
      yield* fake.send("#sensor-status 2 1 x failure abc")
      yield* pass()
      assert.deepStrictEqual([row("x")!.value, row("x")!.status, row("x")!.fresh], [1.5, "failure", false])
      yield* undisturbed
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("that does not answer during the inspection is not synced, with the reason", () =>
    Effect.gen(function* () {
      const { fake, health, undisturbed } = yield* withBad()
      fake.instead = ({ head, name }) => (name === "sensor-list" ? { answer: [`!${head} fail busy`] } : undefined)
      yield* fake.send("#interface-changed sensor-list")
      yield* pass("1 second")
      assert.deepStrictEqual([health().connected, health().synced], [true, false])
      assert.match(health().error!, /sensor-list.*refused: busy/)
      yield* undisturbed
      fake.instead = () => undefined
      yield* pass("2 minutes")
      assert.deepStrictEqual([health().synced, health().error], [true, undefined])
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("that floods: readings that were replaced unseen cost the others nothing", () =>
    Effect.gen(function* () {
      const { fake, health, row, site, undisturbed } = yield* withBad()
      const reader = site.table.reader()
      reader.take()
      for (let burst = 0; burst < 20; burst++) {
        yield* fake.send(...Array.from({ length: 1000 }, (_, n) => `#sensor-status 1 1 x nominal ${burst * 1000 + n}`))
        yield* pass()
      }
      assert.strictEqual(row("x")!.value, 19_999)
      assert.strictEqual(health().readings, 20_001)
      const { changed } = reader.take()
      assert.deepStrictEqual(
        changed.map(({ path }) => path),
        ["bad/x"]
      )
      assert.strictEqual(reader.skipped, 19_999)
      yield* undisturbed
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("that has too many sensors: those above the limit are left out, not subscribed, and counted", () =>
    Effect.gen(function* () {
      const { fake, health, site, undisturbed } = yield* withBad({ limits: { sensorsPerDevice: 10 } })
      for (let n = 0; n < 50; n++) fake.add(`s${n}`)
      yield* fake.send("#interface-changed sensor-list")
      yield* pass("1 second")
      assert.deepStrictEqual([health().sensors, health().refused, site.table.sizeOf("bad")], [10, 41, 10])
      assert.strictEqual(Object.keys(fake.set).length, 10)
      yield* undisturbed
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("that replaces its sensors in a burst: each is a removal and an addition, and no row is left over", () =>
    Effect.gen(function* () {
      const { fake, row, site, undisturbed } = yield* withBad()
      const reader = site.table.reader()
      reader.take()
      const former = row("x")!
      for (let n = 0; n < 100; n++) {
        fake.add("x", n % 2 === 0 ? "doc \\@ integer" : "doc \\@ float", `nominal ${n}`)
        fake.add(`y${n}`, "doc \\@ integer", "nominal 1")
        if (n > 0) fake.remove(`y${n - 1}`)
        yield* fake.send("#interface-changed sensor-list")
        yield* pass(n % 3 === 0 ? 20 : 0)
      }
      yield* pass("1 second")
      assert.isTrue(former.removed)
      assert.deepStrictEqual([...site.table.of("bad")].map(({ name }) => name).sort(), ["x", "y99"])
      assert.strictEqual(row("x")!.value, 99)
      const { changed, removed } = reader.take()
      assert.deepStrictEqual(changed.map(({ path }) => path).sort(), ["bad/x", "bad/y99"])
      assert.include(
        removed.map(({ name }) => name),
        "x"
      )
      yield* undisturbed
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("that contradicts itself is given up, and retried as a new device: its rows are kept until then", () =>
    Effect.gen(function* () {
      let hello = withBulk
      const { fake, health, row, undisturbed } = yield* withBad({ hello: () => hello })
      fake.add("y", "doc \\@ integer", "nominal 7")
      yield* fake.send("#interface-changed sensor-list")
      yield* pass("1 second")
      const [x, y] = [row("x")!, row("y")!]
      hello = "#version-connect katcp-protocol 5.1-MIB\n#version old-4.0\n#build-state old-4.0\n"
      yield* fake.connection!.reset
      yield* pass("2 seconds")
      assert.deepStrictEqual([health().state, health().connected], ["Closed", false])
      assert.isString(health().error)
      assert.deepStrictEqual([x.status, x.value, y.status], ["unreachable", 1.5, "unreachable"])
      yield* undisturbed
      // the next device at that address has lost one of the sensors
      hello = withBulk
      fake.remove("y")
      yield* pass("2 minutes")
      assert.deepStrictEqual([health().synced, health().error], [true, undefined])
      assert.strictEqual(row("x"), x)
      assert.deepStrictEqual([x.status, x.value], ["nominal", 1.5])
      assert.isTrue(y.removed)
      yield* undisturbed
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("that speaks an unsupported version is retried, too", () =>
    Effect.gen(function* () {
      let hello = "#version-connect katcp-protocol 9.0-M\n"
      const { health, row, undisturbed } = yield* withBad({ hello: () => hello })
      assert.strictEqual(health().state, "Closed")
      assert.match(health().error!, /it speaks 9\.0/)
      yield* undisturbed
      hello = withBulk
      yield* pass("3 minutes")
      assert.isTrue(health().synced)
      assert.strictEqual(row("x")!.value, 1.5)
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("that is absent at the start is connected when it appears", () =>
    Effect.gen(function* () {
      const one = yield* device(1)
      yield* one.set.add(Sensor.make("temp", { type: Arg.Float, initial: 4 }))
      yield* one.off
      const site = yield* Site.make({ devices: { one: { socket: one.socket, client } } })
      yield* pass("10 seconds")
      const { health } = site.devices.get("one")!
      assert.deepStrictEqual([health.connected, health.synced, health.losses, site.isSynced], [false, false, 0, false])
      assert.match(health.error!, /nothing listens|refused|could not be made/)
      yield* one.on
      yield* pass("2 seconds")
      assert.isTrue(site.isSynced)
      assert.strictEqual(site.table.at("one/temp")!.value, 4)
      assert.isUndefined(site.devices.get("one")!.health.error)
    }).pipe(Effect.scoped, onNetwork)
  )
})
