/** NDJSON: its lines, and the files that they go to. */
import { appendFileSync, existsSync, readdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Scope } from "effect"
import { TestClock } from "effect/testing"
import { Arg, type Sensor } from "katcp"
import { influxLines, ndjsonLines } from "katcp/Export"
import type { Change } from "katcp/Site"
import { readingJson } from "katcp/Site"
import { lineFile } from "../../src/Export/node/index.ts"
import { steppedClock } from "../Testing/steppedClock.ts"
import { newFolder } from "./monitoring.ts"
import { siteWith } from "./site.ts"

const linesOf = (file: string) => readFileSync(file, "utf8").trimEnd().split("\n")

const values: ReadonlyArray<readonly [type: Sensor.Any["type"], wire: string | undefined]> = [
  [Arg.Float, "21.5"],
  [Arg.Float, "-0.0"],
  [Arg.Float, "1e-07"],
  [Arg.Float, "1e300"],
  [Arg.Float, "nan"],
  [Arg.Float, "inf"],
  [Arg.Int, "9007199254740991"],
  [Arg.Int, "9007199254740993"],
  [Arg.Int, "-0"],
  [Arg.Int, "+7"],
  [Arg.Boolean, "1"],
  [Arg.Timestamp, "1800000000.25"],
  [Arg.Discrete("on", "off"), "off"],
  [Arg.Text, 'say "\\n"\n\xc3\xa9'],
  [Arg.Text, "\xff\xfe"],
  [Arg.Text, ""],
  [Arg.Float, undefined]
]

/** A site whose table gives changes, each of one sensor. */
const setUp = Effect.fnUntraced(function* () {
  const { add, set, table } = yield* siteWith()
  const sensor = add("count", Arg.Int)
  return {
    add,
    set,
    table,
    change: (value: number): Change => {
      const row = set(sensor, `${value}`)!
      return { _tag: "Reading", row, reading: row.reading!, revision: row.revision }
    }
  }
})

describe("NDJSON", () => {
  it.effect("has each reading in the one JSON form", () =>
    Effect.gen(function* () {
      const { add, set, table } = yield* setUp()
      const form = ndjsonLines()
      for (const [at, [type, wire]] of values.entries()) {
        const options = at % 2 === 0 ? { units: 'µ"' } : {}
        const row = set(
          add(`s "${at}\udcff`, type, options),
          wire,
          wire === undefined ? "unreachable" : "warn",
          1.25,
          2
        )!
        const { readings, text } = form.lines([{ _tag: "Reading", row, reading: row.reading!, revision: 1 }])
        assert.strictEqual(readings, 1)
        assert.strictEqual(text, `${JSON.stringify(readingJson(row))}\n`)
      }
      const row = table.at("m000/count")!
      assert.strictEqual(
        form.lines([
          { _tag: "Added", row, revision: 1 },
          { _tag: "Removed", row, revision: 2 }
        ]).text,
        '{"event":"removed","device":"m000","name":"count"}\n'
      )
      assert.strictEqual(form.head(1.5), '{"katcp":1,"form":"readings","time":1.5}\n')
      assert.strictEqual(form.gap(7, 1.5), '{"event":"lost","lost":7,"time":1.5}\n')
    })
  )
})

describe("a file of lines", () => {
  it.effect("begins with its format, continues at its end, and has no partial line after a crash", () =>
    Effect.gen(function* () {
      const { change } = yield* setUp()
      const file = path.join(newFolder(), "night.ndjson")
      const write = (value: number) =>
        Effect.scoped(Effect.flatMap(lineFile({ file }), (sink) => sink.write([change(value)])))
      assert.deepStrictEqual(yield* write(1), { written: 1, refused: 0, altered: 0 })
      appendFileSync(file, '{"name":"count","type":"integer","val')
      yield* write(2)
      const lines = linesOf(file).map((line) => JSON.parse(line))
      assert.deepStrictEqual(
        lines.map(({ katcp, value }) => katcp ?? { value }),
        [1, { value: 1 }, { value: 2 }]
      )
    })
  )

  it.effect("rotates by size and age, keeps the given number, and each begins with its format", () =>
    Effect.gen(function* () {
      const { change } = yield* setUp()
      const folder = newFolder()
      const file = path.join(folder, "night.ndjson")
      writeFileSync(path.join(folder, "night.20200101T000000000Z.ndjson.bak"), "of somebody else")
      writeFileSync(path.join(folder, "night.notes.ndjson"), "of somebody else")
      const sink = yield* lineFile({ file, size: 1000, age: "1 hour", keep: 2 })
      for (let value = 0; value < 40; value++) yield* sink.write([change(value)])
      yield* TestClock.adjust("2 hours")
      yield* sink.write([change(40)])
      const files = readdirSync(folder).filter((name) => /^night\.\d+T\d+Z\.ndjson$|^night\.ndjson$/.test(name))
      assert.lengthOf(files, 3)
      assert.include(files, "night.19700101T020000000Z.ndjson")
      const read = files.sort().flatMap((name) => {
        const [head, ...rest] = linesOf(path.join(folder, name))
        assert.strictEqual(JSON.parse(head!).katcp, 1)
        return rest.map((line) => JSON.parse(line).value as number)
      })
      // the oldest are gone, the others have all
      const sorted = read.sort((one, other) => one - other)
      assert.strictEqual(sorted.at(-1), 40)
      assert.deepStrictEqual(
        sorted,
        Array.from({ length: sorted.length }, (_, n) => 41 - sorted.length + n)
      )
      assert.isTrue(existsSync(path.join(folder, "night.notes.ndjson")))
      assert.isTrue(existsSync(path.join(folder, "night.20200101T000000000Z.ndjson.bak")))
    }).pipe(Effect.scoped)
  )

  it.effect("rotates by age although the time of day goes back, and not because it goes on", () =>
    Effect.gen(function* () {
      const { change } = yield* setUp()
      const folder = newFolder()
      const { clock, step } = yield* steppedClock
      const sink = yield* Effect.provideService(
        lineFile({ file: path.join(folder, "night.ndjson"), age: "1 hour" }),
        Clock.Clock,
        clock
      )
      const files = () => readdirSync(folder).length
      yield* sink.write([change(1)])
      step(7_200_000)
      yield* sink.write([change(2)])
      assert.strictEqual(files(), 1)
      step(-86_400_000)
      yield* TestClock.adjust("1 hour")
      yield* sink.write([change(3)])
      assert.strictEqual(files(), 2)
    }).pipe(Effect.scoped)
  )

  it.effect("rotates one that it continues, which has a later time than now, after its age", () =>
    Effect.gen(function* () {
      // the file begins at the time of this machine, and the clock of a test in 1970
      const { change } = yield* setUp()
      const folder = newFolder()
      const file = path.join(folder, "night.ndjson")
      writeFileSync(file, "{}\n")
      const sink = yield* lineFile({ file, age: "1 hour" })
      yield* sink.write([change(1)])
      yield* TestClock.adjust("1 hour")
      yield* sink.write([change(2)])
      assert.lengthOf(readdirSync(folder), 2)
    }).pipe(Effect.scoped)
  )

  it.effect("is created again after it was moved", () =>
    Effect.gen(function* () {
      const { change } = yield* setUp()
      const file = path.join(newFolder(), "lines.txt")
      const sink = yield* lineFile({ file, form: influxLines() })
      yield* sink.write([change(1)])
      renameSync(file, `${file}.1`)
      yield* sink.write([change(2)])
      assert.match(
        readFileSync(`${file}.1`, "utf8"),
        /^katcp,device=m000,sensor=count,type=integer code=1i.*ivalue=1i \d+\n$/
      )
      assert.match(readFileSync(file, "utf8"), /ivalue=2i/)
    }).pipe(Effect.scoped)
  )

  it.effect("continues at its end after it was truncated or written to by others", () =>
    Effect.gen(function* () {
      const { change } = yield* setUp()
      const file = path.join(newFolder(), "night.ndjson")
      const sink = yield* lineFile({ file })
      yield* sink.write([change(1)])
      // as logrotate does with copytruncate
      truncateSync(file, 0)
      yield* sink.write([change(2)])
      appendFileSync(file, '{"note":"by somebody else"}\n{"torn')
      yield* sink.write([change(3)])
      assert.deepStrictEqual(
        linesOf(file)
          .map((line) => JSON.parse(line))
          .map(({ katcp, note, value }) => katcp ?? note ?? { value }),
        [1, { value: 2 }, "by somebody else", { value: 3 }]
      )
    }).pipe(Effect.scoped)
  )

  it.effect.skipIf(!existsSync("/dev/full"))("on a full disk opens, and fails when it is written to", () =>
    Effect.gen(function* () {
      const { change } = yield* setUp()
      const sink = yield* lineFile({ file: "/dev/full" })
      const { message, why } = yield* Effect.flip(sink.write([change(1)]))
      assert.deepStrictEqual([why, message], ["away", "cannot write to /dev/full: the disk is full"])
    }).pipe(Effect.scoped)
  )

  it.effect("says at once that it cannot be written", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const said = (file: string) =>
        Effect.map(Effect.flip(Scope.provide(lineFile({ file }), scope)), ({ message }) => message)
      assert.match(yield* said("/nowhere/at/all.ndjson"), /^cannot write to \/nowhere\/at\/all\.ndjson: /)
      yield* Scope.close(scope, Exit.void)
    })
  )
})
