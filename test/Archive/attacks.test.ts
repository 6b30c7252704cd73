/** Queries as a stranger asks them. */
import { readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer } from "effect"
import { make } from "../../src/Archive/answers/make.ts"
import { type QueryLimits, Store } from "../../src/Archive/index.ts"
import { layerSqlite } from "../../src/Archive/node/index.ts"
import { folder } from "./folder.ts"
import { batch, definition, seal, start } from "./readings.ts"

const open = Effect.fnUntraced(function* (limits: QueryLimits = {}) {
  const file = path.join(yield* folder, "site.db")
  const store = Context.get(yield* Layer.build(layerSqlite(file, { quiet: true, periodRows: 1000 })), Store)
  return { archive: make(store, limits), store }
})
const refused = <A, E extends { readonly _tag: string }, R>(query: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(query), (error) => String((error as { readonly message?: string }).message))

describe("queries of a stranger", () => {
  it.live("find sensors by names of any bytes, before and after sealing", () =>
    Effect.gen(function* () {
      const { archive, store } = yield* open()
      const names = [
        "rx.temp",
        "a/b",
        "[x]",
        "sp ace",
        "ünï",
        "a\nb",
        "..",
        "%s",
        "'; drop table series; --",
        "\u0000nul",
        "not UTF-8 \udcff",
        "a.b-c_d"
      ]
      const defined = yield* store.define(
        names.map((name) => ({ ...definition(name), units: name, description: `of ${name}` }))
      )
      yield* store.putGaps(
        names.map((sensor) => ({ device: "m000", sensor, from: start, to: null, reason: "removed" as const, lost: 0 }))
      )
      yield* store.append(batch(defined.map(({ id }, at) => ({ series: id, time: at, value: at }))))
      for (const round of ["appended", "sealed"]) {
        for (const [at, name] of names.entries()) {
          const { parts } = yield* archive.raw({ sensors: `m000/${name}` })
          assert.deepStrictEqual(
            parts.map(({ readings, series }) => [series.sensor, series.units, series.description, readings[0]?.value]),
            [[name, name, `of ${name}`, at]],
            round
          )
          const [gap] = yield* archive.gaps({ sensors: `m000/${name}`, from: start, to: start + 1 })
          assert.strictEqual(gap?.sensor, name)
        }
        yield* seal(store, 2000)
      }
    })
  )

  it.live("get every value back as it was, and summaries of it", () =>
    Effect.gen(function* () {
      const { archive, store } = yield* open()
      const values = {
        integer: [2n ** 63n, -(2n ** 200n), 5],
        string: ["\udcff\udc80 \0 ✓", "y".repeat(1_048_576), ""],
        float: [Number.NaN, Number.POSITIVE_INFINITY, -0]
      }
      for (const [type, given] of Object.entries(values)) {
        const [series] = yield* store.define([definition(type, type)])
        yield* store.append(batch(given.map((value, time) => ({ series: series!.id, time, value }))))
      }
      for (const round of ["appended", "sealed"]) {
        for (const [type, given] of Object.entries(values)) {
          const { parts } = yield* archive.raw({ sensors: `m000/${type}` })
          assert.deepStrictEqual(
            parts[0]!.readings.map(({ value }) => value),
            [...given],
            round
          )
        }
        const [big] = yield* archive.buckets({ sensors: "m000/integer", from: start, to: start + 60, points: 1 })
        const { first, last, max, valid } = big!.buckets[0]!
        assert.deepStrictEqual([first, last, max, valid], [2n ** 63n, 5, 2 ** 63, 3], round)
        const [float] = yield* archive.buckets({ sensors: "m000/float", from: start, to: start + 60, points: 1 })
        const bucket = float!.buckets[0]!
        assert.deepStrictEqual(
          [bucket.count, bucket.valid, bucket.max, bucket.last],
          [3, 2, Number.POSITIVE_INFINITY, -0]
        )
        yield* seal(store, 2000)
      }
    })
  )

  it.live("may have any time and any number of stretches, up to a limit", () =>
    Effect.gen(function* () {
      const { archive, store } = yield* open()
      const [temp] = yield* store.define([definition("rx.temp")])
      yield* store.append(
        batch([
          { series: temp!.id, time: 0, value: 1 },
          { series: temp!.id, time: 1e6, value: 2 }
        ])
      )
      const sensors = "m000/rx.temp"
      const counted = (from: number, to: number, points: number) =>
        Effect.map(archive.buckets({ sensors, from, to, points }), ([found]) =>
          found!.buckets.reduce((sum, { count }) => sum + count, 0)
        )
      for (const round of ["appended", "sealed"]) {
        for (const points of [1, 2, 1000, 100_000, 500_000]) {
          assert.strictEqual(yield* counted(1, 4e9, points), 2, `${points} over a century, ${round}`)
          assert.strictEqual(
            yield* counted(Number.NEGATIVE_INFINITY, 1e300, points),
            2,
            `${points} over all times, ${round}`
          )
        }
        assert.strictEqual(yield* counted(start, start + 0.001, 100_000), 1, round)
        for (const time of [-1e300, -1, 0, start - 1]) {
          const [moment] = yield* archive.at({ sensors, time })
          assert.deepStrictEqual([moment!.status, moment!.reading, moment!.since], ["unknown", undefined, undefined])
        }
        const [ever] = yield* archive.at({ sensors, time: Number.POSITIVE_INFINITY })
        assert.strictEqual(ever!.reading?.value, 2, round)
        assert.include(yield* refused(counted(1, 4e9, 1e300)), "more than one answer may hold (500000)")
        assert.include(yield* refused(archive.at({ sensors, time: Number.NaN })), "a time is not a number")
        yield* seal(store, 2e6)
      }
    })
  )

  it.live("end a page at its limit of text, and are refused if the answer would be too large", () =>
    Effect.gen(function* () {
      const { archive, store } = yield* open({ text: 20_000_000 })
      const [text] = yield* store.define([definition("text", "string", "")])
      const value = "x".repeat(1_000_000)
      for (let time = 0; time < 50; time++)
        yield* store.append(batch([{ series: text!.id, time, value: `${time} ${value}` }]))
      const sensors = "m000/text"
      for (const round of ["appended", "sealed"]) {
        const found: Array<string> = []
        let pages = 0
        for (let cursor: string | undefined; pages === 0 || cursor !== undefined; pages++) {
          const page = yield* archive.raw({ sensors, cursor })
          for (const { readings } of page.parts)
            found.push(...readings.map(({ value }) => String(value).split(" ")[0]!))
          cursor = page.next
        }
        assert.deepStrictEqual(
          found,
          Array.from({ length: 50 }, (_, at) => `${at}`),
          round
        )
        assert.isAtLeast(pages, 2)
        const stretch = { sensors, from: start, to: start + 50 }
        assert.include(yield* refused(archive.last({ sensors, count: 50 })), "bytes of text or more are more than")
        assert.include(yield* refused(archive.states(stretch)), "ask for a shorter time, or for fewer sensors")
        assert.include(yield* refused(archive.buckets({ ...stretch, points: 50 })), "ask for fewer points")
        yield* seal(store, 2000)
      }
    })
  )

  it.live("are refused with a suggestion if they name nothing, a name without end, or too many gaps", () =>
    Effect.gen(function* () {
      const { archive, store } = yield* open()
      yield* store.define([definition("x".repeat(100_000))])
      assert.include(yield* refused(archive.series([])), "name the sensors")
      assert.isBelow((yield* refused(archive.series("m001"))).length, 400)
      assert.isBelow((yield* refused(archive.series("y".repeat(100_000)))).length, 400)
      assert.isBelow((yield* refused(archive.raw({ sensors: "*", cursor: "z".repeat(100_000) }))).length, 400)
      yield* store.putGaps(
        Array.from({ length: 100_000 }, (_, at) => ({
          device: "m000",
          sensor: "",
          from: (start + at) * 1e6,
          to: (start + at) * 1e6 + 1000,
          reason: "away" as const,
          lost: 0
        }))
      )
      assert.include(yield* refused(archive.gaps({ from: start, to: start + 1e6 })), "ask for a shorter time")
      assert.strictEqual((yield* archive.gaps({ from: start, to: start + 9 })).length, 9)
    })
  )

  it.live.each([{ raw: "10 minutes" }, {}] as const)(
    "return each reading once and in order, page by page, while periods are sealed and dropped (keep %o)",
    (keep) =>
      Effect.gen(function* () {
        const { archive, store } = yield* open()
        const series = yield* store.define([definition("rx.temp"), definition("rx.vswr")])
        let time = 0
        const write = Effect.gen(function* () {
          const times = Array.from({ length: 300 }, () => time++)
          yield* store.append(
            batch(times.flatMap((at) => series.map(({ id }) => ({ series: id, time: at, value: at }))))
          )
          yield* store.tend((start + time) * 1e6, keep)
        })
        for (let round = 0; round < 5; round++) yield* write
        const writing = yield* Effect.forkChild(Effect.repeat(write, { times: 15 }))
        const seen = new Map<string, Array<number>>()
        let cursor: string | undefined
        do {
          const page = yield* archive.raw({ sensors: "m000", limit: 150, cursor, to: start + 1500 })
          for (const { readings, series } of page.parts)
            seen.set(series.sensor, [...(seen.get(series.sensor) ?? []), ...readings.map(({ time }) => time - start)])
          cursor = page.next
        } while (cursor !== undefined)
        yield* Fiber.join(writing)
        assert.isAbove((yield* store.state).rows, 0)
        const all = Array.from({ length: 1500 }, (_, at) => at)
        // what is dropped before its page is asked for is not there any more
        for (const times of seen.values())
          assert.deepStrictEqual(times, "raw" in keep ? all.filter((at) => times.includes(at)) : all)
        assert.strictEqual(Number.isFinite((yield* store.state).rawFrom), "raw" in keep)
        assert.isAbove(seen.get("rx.temp")!.length, 100)
      })
  )
})

const opened = (file: string, options: Parameters<typeof layerSqlite>[1] = {}) =>
  Effect.map(Layer.build(layerSqlite(file, { quiet: true, ...options })), (context) => Context.get(context, Store))
const numbers = (series: number, from: number, count: number) =>
  batch(Array.from({ length: count }, (_, at) => ({ series, time: from + at, value: at })))

describe("a file that others move, damage or replace", () => {
  it.live("has one archive, under any of its names", () =>
    Effect.gen(function* () {
      const where = yield* folder
      const [file, link] = [path.join(where, "site.db"), path.join(where, "link.db")]
      // a link to what is not there yet has the same lock, too
      symlinkSync(where, path.join(where, "again"))
      yield* opened(path.join(where, "again", "site.db"))
      symlinkSync(file, link)
      for (const name of [file, link]) assert.strictEqual((yield* Effect.flip(opened(name))).why, "held", name)
    })
  )

  it.live("accepts nothing more after it was removed or replaced, and says so", () =>
    Effect.gen(function* () {
      const file = path.join(yield* folder, "site.db")
      const store = yield* opened(file)
      const [temp] = yield* store.define([definition("rx.temp")])
      yield* store.append(numbers(temp!.id, 0, 3))
      renameSync(file, `${file}.old`)
      for (const what of ["removed or moved away", "replaced by another one"]) {
        for (const call of [store.append(numbers(temp!.id, 3, 3)), store.tend(start * 1e6)])
          assert.include((yield* Effect.flip(call)).message, `the file was ${what} while the archive was written to it`)
        writeFileSync(file, "")
      }
      renameSync(`${file}.old`, file)
      yield* store.append(numbers(temp!.id, 3, 3))
      assert.strictEqual((yield* store.state).rows, 6)
    })
  )

  it.live("is still read and written when a part of it is damaged", () =>
    Effect.gen(function* () {
      const file = path.join(yield* folder, "site.db")
      yield* Effect.scoped(
        Effect.gen(function* () {
          const store = yield* opened(file, { periodRows: 1000 })
          const [temp] = yield* store.define([definition("rx.temp")])
          for (let round = 0; round < 8; round++) {
            yield* store.append(numbers(temp!.id, round * 1000, 1000))
            yield* store.tend((start + round * 1000 + 1100) * 1e6)
          }
        })
      )
      const bytes = readFileSync(file)
      bytes.fill(0x5a, 150_000, 180_000)
      writeFileSync(file, bytes)
      const store = yield* opened(file)
      const archive = make(store, {})
      assert.include(yield* refused(archive.raw({ sensors: "m000/rx.temp" })), "the file is damaged")
      const [temp] = yield* store.define([definition("rx.temp")])
      yield* store.append(numbers(temp!.id, 9000, 10))
      assert.strictEqual((yield* archive.last({ sensors: "m000/rx.temp", count: 5 }))[0]!.readings.length, 5)
    })
  )

  it.live("has every reading, however the clock jumps", () =>
    Effect.gen(function* () {
      const store = yield* opened(path.join(yield* folder, "site.db"), { periodRows: 100 })
      const [temp] = yield* store.define([definition("rx.temp")])
      const year = 365 * 86_400
      for (const begun of [0, year, 1000, -year, 2000, year + 1000]) {
        yield* store.append(numbers(temp!.id, begun, 150))
        for (const later of [200, 400]) yield* store.tend((start + begun + later) * 1e6)
      }
      const { parts } = yield* make(store, {}).raw({ sensors: "m000/rx.temp" })
      assert.deepStrictEqual(
        parts[0]!.readings.map(({ time }) => time - start),
        [-year, 0, 1000, 2000, year, year + 1000].flatMap((begun) => Array.from({ length: 150 }, (_, at) => begun + at))
      )
      assert.strictEqual((yield* store.state).rows, 900)
    })
  )
})
