import * as path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { make } from "../../src/Archive/answers/make.ts"
import { Archive, layerQueries, type QueryLimits, Store } from "../../src/Archive/index.ts"
import { layerSqlite } from "../../src/Archive/node/index.ts"
import { folder } from "./folder.ts"
import { batch, definition, start } from "./readings.ts"

/** An archive with some readings. */
const filled = (limits: QueryLimits = {}) =>
  Effect.gen(function* () {
    const file = path.join(yield* folder, "site.db")
    const store = Context.get(yield* Layer.build(layerSqlite(file, { quiet: true })), Store)
    const [temp, mode, gust] = yield* store.define([
      definition("rx.temp"),
      definition("mode", "discrete", ""),
      { ...definition("gust"), device: "anc" }
    ])
    yield* store.append(
      batch([
        ...Array.from({ length: 100 }, (_, at) => ({ series: temp!.id, time: at, value: at === 50 ? 1000 : at })),
        { series: mode!.id, time: 10, value: "track" },
        { series: mode!.id, time: 40, value: "stow", status: "warn" as const },
        { series: mode!.id, time: 90, value: "track", status: "failure" as const },
        { series: gust!.id, time: 5, value: 3.5 }
      ])
    )
    yield* store.putGaps([
      { device: "anc", sensor: "", from: (start + 20) * 1e6, to: (start + 60) * 1e6, reason: "away", lost: 0 },
      { device: "", sensor: "", from: (start + 30) * 1e6, to: (start + 31) * 1e6, reason: "lost", lost: 12 },
      { device: "anc", sensor: "gust", from: (start + 80) * 1e6, to: null, reason: "removed", lost: 0 }
    ])
    return make(store, limits)
  })

const refused = <A, E extends { readonly _tag: string }, R>(query: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(query), (error) => String((error as { readonly message?: string }).message))

describe("queries of the archive", () => {
  it.live("keep the highest value in a bucket, however few buckets there are", () =>
    Effect.gen(function* () {
      const archive = yield* filled()
      for (const points of [1, 3, 10]) {
        const [found] = yield* archive.buckets({ sensors: "m000/rx.temp", from: start, to: start + 100, points })
        assert.strictEqual(Math.max(...found!.buckets.map(({ max }) => max!)), 1000)
        assert.strictEqual(
          found!.buckets.reduce((sum, { count }) => sum + count, 0),
          100
        )
      }
    })
  )

  it.live("return since when a device was unreachable, instead of its last value", () =>
    Effect.gen(function* () {
      const archive = yield* filled()
      const at = (time: number) =>
        Effect.map(archive.at({ sensors: "anc/*", time: start + time }), ([moment]) => moment!)
      assert.deepStrictEqual([(yield* at(4)).status, (yield* at(4)).reading], ["unknown", undefined])
      assert.deepStrictEqual([(yield* at(5)).status, (yield* at(5)).since], ["nominal", start + 5])
      const away = yield* at(30)
      assert.deepStrictEqual([away.status, away.since, away.reading?.value], ["unreachable", start + 20, 3.5])
      assert.strictEqual((yield* at(60)).status, "nominal")
      assert.deepStrictEqual([(yield* at(80)).status, (yield* at(80)).gap?.reason], ["unknown", "removed"])
    })
  )

  it.live("add up how long each state lasted", () =>
    Effect.gen(function* () {
      const archive = yield* filled()
      const [found] = yield* archive.states({ sensors: "m000/mode", from: start, to: start + 100 })
      assert.deepStrictEqual(found!.states, [
        { state: "stow", seconds: 50, entered: 1 },
        { state: "track", seconds: 30, entered: 1 }
      ])
      assert.strictEqual(found!.unknown, 20)
      assert.include(
        yield* refused(archive.states({ sensors: "m000/rx.temp", from: start, to: start + 1 })),
        "have states"
      )
    })
  )

  it.live("return all readings page by page, each once", () =>
    Effect.gen(function* () {
      const archive = yield* filled()
      const values: Array<unknown> = []
      let cursor: string | undefined
      let pages = 0
      do {
        const page = yield* archive.raw({
          sensors: ["m000", "anc"],
          limit: 7,
          ...(cursor === undefined ? {} : { cursor })
        })
        for (const { readings } of page.parts) values.push(...readings.map(({ value }) => value))
        cursor = page.next
        pages++
      } while (cursor !== undefined)
      assert.strictEqual(values.length, 104)
      assert.strictEqual(pages, 15)
    })
  )

  it.live("are refused with a hint if they ask for too much or for nothing", () =>
    Effect.gen(function* () {
      const archive = yield* filled({ buckets: 1000, readings: 50, scanned: 1, sensors: 2 })
      const wide = { from: start, to: start + 100 }
      assert.include(
        yield* refused(archive.at({ sensors: "*", time: start })),
        "3 sensors are more than one answer may hold (2)"
      )
      assert.include(
        yield* refused(archive.buckets({ sensors: "m000", ...wide, points: 600 })),
        "1200 buckets are more than one answer may hold (1000): name fewer sensors, or ask for fewer points"
      )
      assert.include(yield* refused(archive.raw({ sensors: "m000", limit: 51 })), "page by page")
      assert.include(yield* refused(archive.last({ sensors: "m000", count: 26 })), "fewer")
      assert.include(yield* refused(archive.states({ sensors: "m000/mode", ...wide })), "shorter time")
      assert.include(
        yield* refused(archive.raw({ sensors: "m000/rx.tmp" })),
        "no readings of m000/rx.tmp: did you mean m000/rx.temp"
      )
      assert.include(yield* refused(archive.raw({ sensors: "/(" })), "regular expression")
      assert.include(yield* refused(archive.raw({ sensors: "m000", from: 2, to: 1 })), "after the beginning")
      assert.include(yield* refused(archive.raw({ sensors: "m000", from: Number.NaN })), "not a number")
      assert.include(yield* refused(archive.raw({ sensors: "m000", limit: 0 })), "whole number")
      assert.include(yield* refused(archive.raw({ sensors: "m000", cursor: "99.x" })), "cursor")
    })
  )

  it.live("work without a site", () =>
    Effect.gen(function* () {
      const file = path.join(yield* folder, "site.db")
      const layer = layerQueries().pipe(Layer.provide(layerSqlite(file, { quiet: true })))
      const archive = Context.get(yield* Layer.build(layer), Archive)
      assert.deepStrictEqual(yield* archive.series(), [])
      assert.include(yield* refused(archive.raw({ sensors: "*" })), "the archive is empty")
    })
  )
})
