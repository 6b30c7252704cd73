/** The rows of a site: what the table has of the sensors of its devices. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import { Arg, Sensor } from "katcp"
import { FakeDevice } from "../Client/sensors/fake.ts"
import { pass } from "../Client/sensors/site.ts"
import { device, fakeAt, onNetwork, siteOf } from "./network.ts"

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

  it.effect("reports the replacement of a sensor by one of another type as a removal and an addition", () =>
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
