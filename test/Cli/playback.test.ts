/** Readings in files, played back: when each comes, as what, and what is wrong with a file that makes no sense. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Layer, Stream } from "effect"
import * as FileSystem from "effect/FileSystem"
import { TestClock } from "effect/testing"
import { Arg, Codec, Sensor } from "katcp"
import { ndjsonLines } from "katcp/Export"
import type { Change } from "katcp/Site"
import { type Playing, play } from "../../src/Cli/commands/replay/playback.ts"
import { look } from "../../src/Cli/commands/replay/recorded.ts"
import { siteWith } from "../Export/site.ts"

type Json = Readonly<Record<string, unknown>>

/** Files that are there, in pieces of a few bytes. */
const filesOf = (texts: Readonly<Record<string, string>>) =>
  Layer.succeed(
    FileSystem.FileSystem,
    FileSystem.makeNoop({
      stream: (file) => {
        const bytes = new TextEncoder().encode(texts[file])
        const pieces = Array.from({ length: Math.ceil(bytes.length / 50) }, (_, n) =>
          bytes.subarray(n * 50, n * 50 + 50)
        )
        return Stream.fromIterable(pieces)
      }
    })
  )
const text = (...lines: ReadonlyArray<Json>) => lines.map((line) => `${JSON.stringify(line)}\n`).join("")
const head = (time: number) => ({ katcp: 1, form: "readings", time })
const reading = (received: number, value: unknown, more: Json = {}) => ({
  name: "a",
  type: "integer",
  value,
  status: "nominal",
  timestamp: received - 0.25,
  device: "m000",
  received,
  ...more
})

/** Plays files. Returns what the sensors were set to: seconds since the begin, name, value, status and timestamp. */
const playing = Effect.fnUntraced(function* (
  texts: Readonly<Record<string, string>>,
  how: Partial<Playing> = {},
  device?: string
) {
  const clock = yield* Clock.Clock
  const set = yield* Sensor.SensorSet.make
  const seen: Array<string> = []
  const running = Effect.gen(function* () {
    const recorded = yield* look(Object.keys(texts), device)
    set.onChange((changes) => {
      for (const { _tag, name, sensor } of changes) {
        if (_tag === "Removed") seen.push(`${name} removed`)
        else
          sensor.observe(({ status, timestamp, value }) => {
            seen.push(`${clock.currentTimeMillisUnsafe() / 1000} ${name} ${value} ${status} ${timestamp}`)
          })
      }
    })
    for (const definition of recorded.sensors) set.addUnsafe(Sensor.LiveSensor.makeUnsafe<unknown>(definition, 0))
    return { recorded, ...(yield* play(recorded, set, { speed: 1, isNow: false, ...how })) }
  }).pipe(Effect.provide(filesOf(texts)))
  const fiber = yield* Effect.forkChild(running)
  yield* TestClock.adjust("1 hour")
  return { ...(yield* Fiber.join(fiber)), seen, set }
})

describe("readings in a playback", () => {
  it.effect("come at their times, with their own timestamps and statuses", () =>
    Effect.gen(function* () {
      const file = text(
        head(100),
        reading(100, 1),
        reading(101.5, 2, { status: "warn" }),
        reading(103, undefined, { status: "unreachable" }),
        { event: "lost", lost: 7, time: 104 },
        { event: "removed", device: "m000", name: "a" },
        reading(105, 3)
      )
      const { leftOut, readings, recorded, seen } = yield* playing({ "night.ndjson": file })
      assert.deepStrictEqual(seen, [
        "0 a 1 nominal 99.75",
        "1.5 a 2 warn 101.25",
        // a device that was lost has no value: the sensor keeps the one that it had
        "3 a 2 unreachable 102.75",
        "a removed",
        "5 a 3 nominal 104.75"
      ])
      assert.deepStrictEqual([readings, leftOut], [4, 0])
      assert.deepStrictEqual([recorded.readings, recorded.lost, recorded.seconds], [4, 7, 5])
    })
  )

  it.effect("come faster or at once with --speed, and have current times with --now", () =>
    Effect.gen(function* () {
      const file = text(head(100), reading(100, 1), reading(120, 2))
      const twice = yield* playing({ file }, { speed: 2, isNow: true })
      assert.deepStrictEqual(twice.seen, ["0 a 1 nominal -0.25", "10 a 2 nominal 9.75"])
      // the last one is of now
      const all = yield* playing({ file }, { speed: 0, isNow: true })
      assert.deepStrictEqual(all.seen, ["3600 a 1 nominal 3579.75", "3600 a 2 nominal 3599.75"])
    })
  )

  it.effect("of rotated files come in the order of their times, without a pause between files", () =>
    Effect.gen(function* () {
      const { recorded, seen } = yield* playing({
        "night.ndjson": text(head(5000), reading(5000, 3), reading(5001, 4)),
        "night.19700101T000102000Z.ndjson": text(head(100), reading(100, 1), reading(101, 2)),
        // a file that was begun, and never written to
        "night.19700101T000103000Z.ndjson": text(head(102))
      })
      assert.deepStrictEqual(recorded.files.slice(0, 2), ["night.19700101T000102000Z.ndjson", "night.ndjson"])
      assert.deepStrictEqual(seen, [
        "0 a 1 nominal 99.75",
        "1 a 2 nominal 100.75",
        "1 a 3 nominal 4999.75",
        "2 a 4 nominal 5000.75"
      ])
    })
  )

  it.effect("are not delayed by a clock that was set back", () =>
    Effect.gen(function* () {
      const { seen } = yield* playing({ file: text(head(100), reading(100, 1), reading(40, 2), reading(41, 3)) })
      assert.deepStrictEqual(
        seen.map((line) => line.split(" ")[0]),
        ["0", "0", "1"]
      )
    })
  )

  it.effect("have the name of their device before theirs if there are several; one may be chosen", () =>
    Effect.gen(function* () {
      const file = text(head(0), reading(1, 1), reading(1, 2, { device: "m001" }), {
        event: "removed",
        device: "m001",
        name: "a"
      })
      const all = yield* playing({ file })
      assert.deepStrictEqual([all.recorded.devices, all.set.names], [["m000", "m001"], ["m000.a"]])
      const one = yield* playing({ file }, {}, "m000")
      assert.deepStrictEqual([one.set.names, one.readings], [["a"], 1])
      const none = yield* playing({ file }, {}, "m002")
      assert.strictEqual(none.recorded.readings, 0)
    })
  )

  it.effect("of a sensor whose type changed come from another sensor", () =>
    Effect.gen(function* () {
      const { seen, set } = yield* playing({
        file: text(
          head(0),
          reading(1, 1),
          reading(2, "on", { type: "discrete" }),
          reading(3, "off", { type: "discrete" }),
          reading(4, 1.5, { type: "float", units: "K" })
        )
      })
      assert.deepStrictEqual(
        seen.map((line) => line.split(" ")[2]),
        ["1", "on", "off", "1.5"]
      )
      const { definition } = set.get("a")!
      assert.deepStrictEqual([definition.type.sensorType, definition.units], ["float", "K"])
    })
  )

  it.effect("are what an exporter wrote, whatever their type and value", () =>
    Effect.gen(function* () {
      const { add, set: receive } = yield* siteWith()
      const form = ndjsonLines()
      const values: ReadonlyArray<readonly [type: Sensor.Any["type"], wire: string]> = [
        [Arg.Float, "21.5"],
        [Arg.Float, "nan"],
        [Arg.Float, "-inf"],
        [Arg.Int, "9007199254740993"],
        [Arg.Boolean, "1"],
        [Arg.Timestamp, "1800000000.25"],
        [Arg.Discrete("on", "off"), "off"],
        [Arg.Lru, "error"],
        [Arg.Address, "10.0.0.1:7147"],
        [Arg.Address, "[::1]:7147"],
        [Arg.Text, 'say "\\n"\n\xc3\xa9\r\0'],
        [Arg.Text, "\xff\xfe"],
        [Arg.Text, ""]
      ]
      let lines = form.head(1)
      const sent = values.map(([type, wire], at) => {
        const row = receive(add(`s${at}`, type, { units: "u" }), wire, "error", at / 8, 2)!
        const change: Change = { _tag: "Reading", row, reading: row.reading!, revision: 1 }
        lines += form.lines([change]).text
        return row
      })
      const { leftOut, set } = yield* playing({ file: lines })
      assert.strictEqual(leftOut, 0)
      for (const { definition, name, reading } of sent) {
        const live = set.get(name)!
        assert.deepStrictEqual(
          live.formatted(Codec.Dialect.v5),
          Sensor.formatReading(definition, { ...reading!, value: reading!.value }, Codec.Dialect.v5),
          name
        )
        assert.deepStrictEqual(
          [live.definition.type.sensorType, live.definition.units],
          [definition.type.sensorType, "u"]
        )
      }
    })
  )

  it.effect("are skipped if a crash cut them off; an error in the middle of a file names its line", () =>
    Effect.gen(function* () {
      const torn = '{"name":"a","type":"inte'
      const { readings } = yield* playing({ file: `${text(head(1), reading(1, 1))}${torn}` })
      assert.strictEqual(readings, 1)
      const faults: ReadonlyArray<readonly [file: string, fault: string]> = [
        [`${text(head(1))}${torn}\n${text(reading(1, 1))}`, "file:2: the line is not JSON"],
        [text({ katcp: 2 }), "file:1: the file has version 2, and this program reads version 1"],
        [text(head(1), reading(1, 1.5)), "file:2: 1.5 is not a value of a sensor of type integer"],
        [text(reading(1, "x", { type: "colour" })), 'file:1: "colour" is not a type of a sensor'],
        [text(reading(1, 1, { status: "fine" })), 'file:1: "fine" is not a status']
      ]
      for (const [file, fault] of faults) {
        const { message } = yield* Effect.flip(Effect.provide(look(["file"], undefined), filesOf({ file })))
        assert.strictEqual(message, fault)
      }
    })
  )

  it.effect("that the sensor cannot have are skipped, and counted", () =>
    Effect.gen(function* () {
      const { leftOut, readings } = yield* playing({
        file: text(reading(1, "no address", { type: "address" }), reading(2, "10.0.0.1:1", { type: "address" }))
      })
      assert.deepStrictEqual([leftOut, readings], [1, 1])
    })
  )
})
