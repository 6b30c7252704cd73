import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as Sensor from "katcp/Sensor"
import { layerWith, parseTracking } from "../../src/Node/TimeSync.ts"

const line = (offset: string, delay: string, dispersion: string, leap: string) =>
  `C0A80101,192.168.1.1,3,1700000000.123456789,${offset},0.000001250,0.000012500,-13.872,0.000,0.032,${delay},${dispersion},64.4,${leap}\n`
const normal = line("-0.000250000", "0.002000000", "0.000500000", "Normal")
const unsynchronised =
  "00000000,,0,0.000000000,0.000000000,0.000000000,0.000000000,0.000,0.000,0.000,1.000000000,1.000000000,0.0,Not synchronised\n"

describe("parseTracking", () => {
  it("returns the state and the error bound of chrony (P-331, B-143)", () => {
    const reading = parseTracking(normal)
    assert.strictEqual(reading?.state, "ok")
    assert.closeTo(reading?.maxerror ?? Number.NaN, 0.00175, 1e-12)
    assert.strictEqual(reading?.esterror, 0.0000125)
    assert.closeTo(
      parseTracking(line("0.5", "-0.25", "0.125", "Normal"))?.maxerror ?? Number.NaN,
      0.5 + 0.125 + 0.125,
      1e-12
    )
  })

  it("recognizes leap seconds, and unsynchronized clocks (B-143)", () => {
    assert.strictEqual(parseTracking(line("0", "0", "0", "Insert second"))?.state, "ins")
    assert.strictEqual(parseTracking(line("0", "0", "0", "Delete second"))?.state, "del")
    assert.deepStrictEqual(parseTracking(unsynchronised), {
      state: "error",
      maxerror: undefined,
      esterror: undefined
    })
  })

  it("is undefined for a malformed line (B-143)", () => {
    for (const text of [
      "",
      "506 Cannot talk to daemon\n",
      normal.replace("Normal", "Perhaps"),
      normal.replace("C0A80101,", ""),
      line("x", "0", "0", "Normal"),
      line("", "0", "0", "Normal"),
      line("0", "inf", "0", "Normal"),
      `${normal.trim()},1`
    ])
      assert.isUndefined(parseTracking(text), text)
  })
})

/** A program that prints and exits, in the place of chrony's. */
const program = (output: string, code = 0) =>
  layerWith({
    command: [process.execPath, "-e", `process.stdout.write(${JSON.stringify(output)}); process.exitCode = ${code}`]
  })
const read = Effect.flatMap(Sensor.TimeSync, (timeSync) => timeSync.read)

describe("NodeTimeSync", () => {
  it.live("reads what the program prints (P-331, B-143)", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* read)?.esterror, 0.0000125)
    }).pipe(Effect.provide(program(normal)))
  )

  it.live("returns undefined without the program (B-143)", () =>
    Effect.gen(function* () {
      assert.isUndefined(yield* read)
    }).pipe(Effect.provide(layerWith({ command: ["no-such-program-anywhere", "-c", "tracking"] })))
  )

  it.live("fails with the program's output if chrony does not run (B-143)", () =>
    Effect.gen(function* () {
      const failure = yield* Effect.flip(read)
      assert.strictEqual(failure._tag, "TimeSyncFailed")
      assert.include(failure.message, ": 506 Cannot talk to daemon")
    }).pipe(Effect.provide(program("506 Cannot talk to daemon\n", 1)))
  )

  it.live("fails with the exit code without output, and for a malformed line (B-143)", () =>
    Effect.gen(function* () {
      assert.include((yield* Effect.flip(Effect.provide(read, program("", 3)))).message, ": exit code 3")
      assert.include((yield* Effect.flip(Effect.provide(read, program("what?\n")))).message, ": what?")
      assert.strictEqual((yield* Effect.flip(Effect.provide(read, program(normal, 1))))._tag, "TimeSyncFailed")
    })
  )

  it.live("fails, and ends the program, if it does not answer in time (B-143)", () =>
    Effect.gen(function* () {
      const failure = yield* Effect.flip(read)
      assert.include(failure.message, "no answer in time")
    }).pipe(
      Effect.provide(
        layerWith({ command: [process.execPath, "-e", "setInterval(() => {}, 1000)"], timeout: "200 millis" })
      )
    )
  )

  it.live("keeps sensors up to date (P-331, B-143)", () =>
    Effect.gen(function* () {
      const set = yield* Sensor.SensorSet.make
      yield* Sensor.TimeSync.addTo(set, "ntp.", Schedule.recurs(0))
      const sensor = yield* set.find("ntp.esterror")
      const first = yield* Stream.runHead(Stream.filter(sensor.changes, ({ status }) => status !== "unknown"))
      assert.deepStrictEqual(
        Option.map(first, ({ status, value }) => [status, value]),
        Option.some(["nominal", 0.0000125])
      )
      assert.strictEqual(set.get("ntp.state")?.value, "ok")
    }).pipe(Effect.provide(program(normal)))
  )
})
