import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Arg, Sensor } from "katcp"
import { pass } from "../Client/sensors/site.ts"
import { device, onNetwork, siteOf } from "./network.ts"

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
    }).pipe(Effect.scoped, onNetwork)
  )
})
