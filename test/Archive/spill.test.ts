import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import * as path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Scope } from "effect"
import type { Batch, Definition, SpillShape } from "../../src/Archive/index.ts"
import { Spill } from "../../src/Archive/index.ts"
import { layerSpill } from "../../src/Archive/node/index.ts"
import { randomOf } from "./equality.ts"
import { folder } from "./folder.ts"
import { batch, definition } from "./readings.ts"

const opened = (where: string, bytes?: number) =>
  Effect.map(Layer.build(layerSpill(where, { bytes })), (context) => Context.get(context, Spill)!)

const definitions: ReadonlyArray<Definition> = ["a", "b", "c", "d"].map((name) => definition(name))
const given = (series: number, number: number, value: number | string = number): Batch =>
  batch(Array.from({ length: number }, (_, at) => ({ series, time: at, value })))
const push = (spill: SpillShape, one: Batch) =>
  spill.push({ _tag: "Batch", batch: one, definition: (number) => definitions[number]! })

/** Takes all that is there: names and values. */
const drained = Effect.fnUntraced(function* (spill: SpillShape) {
  const found: Array<readonly [sensor: string, ...values: ReadonlyArray<number | string>]> = []
  for (let next = yield* spill.first; next !== undefined; next = yield* spill.first) {
    if (next._tag === "Batch") {
      const { batch, definition } = next
      const texts = new Map(batch.textAt.map((at, index) => [at, String(batch.texts[index])]))
      const values = Array.from(batch.value.slice(0, batch.length), (value, at) => texts.get(at) ?? value)
      found.push([definition(batch.series[0]!).sensor, ...values])
    }
    yield* spill.shift
  }
  return found
})

const filesOf = (where: string) => readdirSync(where).filter((name) => /^\d+$/.test(name))

describe("a spill", () => {
  it.live("returns its readings in order across any number of restarts, a few of them twice", () =>
    Effect.gen(function* () {
      const random = randomOf(7)
      const where = path.join(yield* folder, "spill")
      const expected: Array<ReadonlyArray<number | string>> = []
      let scope = yield* Scope.make()
      let spill = yield* opened(where, 200_000).pipe(Scope.provide(scope))
      const taken: Array<ReadonlyArray<number | string>> = []
      let readings = 0
      for (let step = 0; step < 300; step++) {
        const doing = random.next()
        if (doing < 0.6) {
          const series = random.below(4)
          const value = random.one([step, Number.NaN, -0, "text ✓", "nul \0", "not UTF-8 \udcff"])
          const one = given(series, 1 + random.below(50), value)
          if (yield* push(spill, one)) {
            readings += one.length
            // what stands in the column `text`, if there is one
            const kept = one.texts.length > 0 ? String(one.texts[0]) : value
            expected.push([definitions[series]!.sensor, ...Array(one.length).fill(kept)])
          }
        } else if (doing < 0.9) {
          const next = yield* spill.first
          assert.strictEqual(next === undefined, expected.length === 0)
          if (next?._tag !== "Batch") continue
          const [sensor, ...values] = expected[0]!
          taken.push(expected.shift()!)
          assert.strictEqual(next.definition(next.batch.series[0]!).sensor, sensor)
          assert.strictEqual(next.batch.length, values.length)
          const value = next.batch.texts.length > 0 ? String(next.batch.texts[0]) : next.batch.value[0]
          assert.isTrue(Object.is(value, values[0]), `${String(value)} for ${String(values[0])}`)
          readings -= values.length
          yield* spill.shift
        } else {
          yield* Scope.close(scope, Exit.void)
          scope = yield* Scope.make()
          spill = yield* opened(where, 200_000).pipe(Scope.provide(scope))
          // what was taken out of a file that is still there comes again
          while (readings < spill.readings) {
            expected.unshift(taken.pop()!)
            readings += expected[0]!.length - 1
          }
        }
        assert.strictEqual(spill.readings, readings)
        assert.isAtMost(spill.bytes, 200_000)
      }
      yield* drained(spill)
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(filesOf(where), [])
    })
  )

  it.live("keeps gaps among the batches, and the newest time of arrival", () =>
    Effect.gen(function* () {
      const where = path.join(yield* folder, "spill")
      const gap = { device: "", sensor: "", from: 1, to: 2, reason: "lost", lost: 7 } as const
      yield* Effect.scoped(
        Effect.gen(function* () {
          const spill = yield* opened(where)
          yield* push(spill, given(0, 3))
          yield* spill.push({ _tag: "Gaps", gaps: [gap] })
        })
      )
      const spill = yield* opened(where)
      assert.strictEqual(spill.newest, 1_800_000_002_000_000)
      assert.strictEqual((yield* spill.first)?._tag, "Batch")
      yield* spill.shift
      assert.deepStrictEqual(yield* spill.first, { _tag: "Gaps", gaps: [gap] })
    })
  )

  it.live("accepts nothing above its limit, and more once there is room", () =>
    Effect.gen(function* () {
      const where = path.join(yield* folder, "spill")
      const spill = yield* opened(where, 100_000)
      let taken = 0
      while (yield* push(spill, given(0, 100))) taken++
      assert.isAbove(taken, 20)
      assert.isAtMost(spill.bytes, 100_000)
      assert.isFalse(yield* push(spill, given(0, 100)))
      // a file goes as a whole
      const before = filesOf(where).length
      while (filesOf(where).length > before - 2) {
        yield* spill.first
        yield* spill.shift
      }
      assert.isTrue(yield* push(spill, given(1, 100)))
      assert.strictEqual((yield* drained(spill)).at(-1)![0], "b")
    })
  )

  it.live("replays the complete batches of a file that is cut off, or damaged anywhere", () =>
    Effect.gen(function* () {
      const where = path.join(yield* folder, "spill")
      const write = Effect.scoped(
        Effect.gen(function* () {
          const spill = yield* opened(where)
          for (const series of [0, 1, 2]) yield* push(spill, given(series, 10))
        })
      )
      const only = () => path.join(where, filesOf(where)[0]!)
      const found = Effect.scoped(
        Effect.gen(function* () {
          const spill = yield* opened(where)
          const all = yield* drained(spill)
          return { sensors: all.map(([sensor]) => sensor), damage: spill.damage }
        })
      )
      // cut short
      yield* write
      const whole = readFileSync(only()).length
      truncateSync(only(), whole - 5)
      const cut = yield* found
      assert.deepStrictEqual(cut, { sensors: ["a", "b"], damage: { readings: 0, message: undefined } })
      // a byte of the second batch
      yield* write
      const bytes = readFileSync(only())
      const second = bytes.indexOf("kpS1", bytes.lastIndexOf('"sensor":"b"'))
      bytes[second + 60]! ^= 0xff
      writeFileSync(only(), bytes)
      const damaged = yield* found
      assert.deepStrictEqual(damaged.sensors, ["a", "c"])
      assert.strictEqual(damaged.damage.readings, 10)
      assert.include(damaged.damage.message, "is damaged")
      assert.isTrue(existsSync(path.join(where, "damaged")))
      // bytes behind the end
      yield* write
      appendFileSync(only(), Buffer.alloc(100, 0x6b))
      assert.deepStrictEqual((yield* found).sensors, ["a", "b", "c"])
      // no spill file at all
      writeFileSync(path.join(where, "00000001"), "something else")
      yield* write
      assert.deepStrictEqual((yield* found).sensors, ["a", "b", "c"])
      assert.strictEqual(readFileSync(path.join(where, "00000001"), "utf8"), "something else")
    })
  )

  it.live("refuses a folder that another one uses, and a path that is not a folder, with a message", () =>
    Effect.gen(function* () {
      const where = yield* folder
      yield* opened(path.join(where, "spill"))
      const used = yield* Effect.flip(Effect.scoped(opened(path.join(where, "spill"))))
      assert.include(used.message, `the spill in ${path.join(where, "spill")}: another program uses it`)
      writeFileSync(path.join(where, "file"), "")
      const none = yield* Effect.flip(Effect.scoped(opened(path.join(where, "file"))))
      assert.include(none.message, "Name a writable folder")
      if (process.getuid?.() === 0) return
      mkdirSync(path.join(where, "closed"))
      chmodSync(path.join(where, "closed"), 0o500)
      const closed = yield* Effect.flip(Effect.scoped(opened(path.join(where, "closed"))))
      assert.include(closed.message, "Name a writable folder")
    })
  )
})
