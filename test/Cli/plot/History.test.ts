/** The readings of a sensor that a plot keeps. */
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { History, keptReadings } from "../../../src/Cli/plot/History.ts"
import { Arg } from "../../../src/Codec/index.ts"
import * as Sensor from "../../../src/Sensor/index.ts"

const float = Sensor.remote("f", { doc: "", units: "K", type: Arg.Float })
const text = Sensor.remote("s", { doc: "", units: "", type: Arg.Text })

const add = (history: History, sensor: Sensor.Any, time: number, value: unknown, status: Sensor.Status = "nominal") =>
  history.add({ device: "d", sensor, reading: { value, status, timestamp: time }, received: time }, time)

const pointsOf = ({ codes, length, times, values }: History) =>
  Array.from({ length }, (_, at) => [times[at], values[at], codes[at]])

describe("the history of a sensor", () => {
  it("keeps readings in their order, without repetitions", () => {
    const history = new History("d", float)
    for (const [time, value] of [
      [1, 5],
      [2, 5],
      [3, 6],
      [4, Number.NaN],
      [5, Number.NaN]
    ] as const)
      add(history, float, time, value)
    add(history, float, 6, Number.NaN, "unreachable")
    assert.deepStrictEqual(pointsOf(history), [
      [1, 5, 1],
      [3, 6, 1],
      [4, Number.NaN, 1],
      [6, Number.NaN, 5]
    ])
  })

  it("accepts an older reading as the newest: the device is back, or its clock was set", () => {
    const history = new History("d", float)
    add(history, float, 100, 1)
    add(history, float, 110, 1, "unreachable")
    const back = { value: 1, status: "nominal", timestamp: 100 } as const
    history.add({ device: "d", sensor: float, reading: back, received: 120 }, back.timestamp)
    assert.deepStrictEqual(pointsOf(history).at(-1), [120, 1, 1])
  })

  it("drops readings before the visible time, but keeps the one that holds at its beginning", () => {
    const history = new History("d", float)
    for (let time = 0; time < 10; time++) add(history, float, time, time)
    history.trim(5.5)
    assert.strictEqual(history.times[0], 5)
    history.trim(1e9)
    assert.deepStrictEqual(pointsOf(history), [[9, 9, 1]])
  })

  it("loses no extreme when its memory is full", () => {
    const history = new History("d", float, 64)
    for (let time = 0; time < 10_000; time++)
      add(history, float, time, time === 777 ? 1e6 : time === 778 ? -1e6 : time % 2)
    const values = pointsOf(history).map(([, value]) => value)
    assert.isAtMost(history.length, 64)
    assert.include(values, 1e6)
    assert.include(values, -1e6)
    assert.strictEqual(history.dropped, 0)
    assert.strictEqual(history.times[0], 0)
  })

  it("drops the oldest, and counts them, when statuses change too often to be thinned", () => {
    const history = new History("d", float, 64)
    for (let time = 0; time < 100; time++) add(history, float, time, time, time % 2 === 0 ? "warn" : "error")
    assert.isAtMost(history.length, 64)
    assert.strictEqual(history.length + history.dropped, 100)
    assert.strictEqual(history.times[history.length - 1], 99)
  })

  it("distinguishes a limited number of texts, and takes no more memory for longer ones", () => {
    const history = new History("d", text)
    for (let time = 0; time < 5000; time++) add(history, text, time, `${time}`)
    assert.strictEqual(history.states.length, 256)
    assert.strictEqual(history.states.at(-1), "…")
    add(history, text, 5000, "x".repeat(1_000_000))
    assert.strictEqual(history.latest.length, 1024)
    assert.isAtMost(history.length, keptReadings)
  })

  it.prop(
    "is bounded, and its times increase, whatever readings come",
    {
      readings: Schema.Array(
        Schema.Struct({
          time: Schema.Finite,
          value: Schema.Number,
          status: Schema.Literals(Sensor.statuses)
        })
      )
    },
    ({ readings }) => {
      const history = new History("d", float, 8)
      for (const { status, time, value } of [...readings, ...readings]) add(history, float, time, value, status)
      assert.isAtMost(history.length, 8)
      for (let at = 1; at < history.length; at++) assert.isAtLeast(history.times[at]!, history.times[at - 1]!)
      const last = readings.at(-1)
      if (last === undefined) return
      assert.strictEqual(history.codes[history.length - 1], Sensor.statuses.indexOf(last.status))
      assert.isTrue(Object.is(history.values[history.length - 1], last.value))
    }
  )
})
