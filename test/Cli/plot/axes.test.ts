/** Scales of numbers and the axis of time. */
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { ClockWatch } from "../../../src/Cli/plot/ClockWatch.ts"
import { scaleOf, titleOf } from "../../../src/Cli/plot/scale.ts"
import { timeTicks } from "../../../src/Cli/plot/timeAxis.ts"
import { local, utc } from "../../../src/Cli/show/time.ts"

const labels = (least: number, greatest: number, steps = 4) => {
  const scale = scaleOf(least, greatest, steps)
  return [scale.ticks.map(({ label }) => label).join(" "), titleOf(scale, "V", false)]
}

describe("a scale", () => {
  it("has steps of 1, 2 and 5, and exponents that are multiples of three", () => {
    assert.deepStrictEqual(labels(0, 7), ["0 2 4 6 8", "V"])
    assert.deepStrictEqual(labels(-3, 3), ["-4 -2 0 2 4", "V"])
    assert.deepStrictEqual(labels(0.1, 0.35), ["0.1 0.2 0.3 0.4", "V"])
    assert.deepStrictEqual(labels(1.4e9, 1.43e9), ["1.40 1.41 1.42 1.43", "×10⁹ V"])
    assert.deepStrictEqual(labels(0, 3.2e-7), ["0 100 200 300 400", "×10⁻⁹ V"])
    assert.deepStrictEqual(labels(1e9, 1e9 + 9e-5, 2), ["0 50 100", "×10⁻⁶ + 1000000000 V"])
    assert.deepStrictEqual(labels(-1e9 - 1e-4, -1e9, 2)[1], "×10⁻⁶ - 1000000000.0001 V")
  })

  it("gives a constant room on both sides", () => {
    for (const value of [0, 5, -5, 1e300, -1e300, Number.MAX_VALUE, Number.MIN_VALUE, 1e-300]) {
      const { high, low, ticks } = scaleOf(value, value, 3)
      assert.isTrue(low <= value && value <= high && low < high, `${value}: ${low} ${high}`)
      assert.isAtLeast(ticks.length, 2)
    }
  })

  it.prop(
    "has round ticks, from below the least number to above the greatest",
    {
      one: Schema.Finite,
      other: Schema.Finite,
      steps: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 40 }))
    },
    ({ one, other, steps }) => {
      const [least, greatest] = [Math.min(one, other), Math.max(one, other)]
      const { high, low, ticks } = scaleOf(least, greatest, steps)
      assert.isTrue(low <= least && high >= greatest)
      assert.isTrue(ticks.length >= 2 && ticks.length <= 2 * steps + 4, `${ticks.length}`)
      for (let at = 1; at < ticks.length; at++) assert.isAbove(ticks[at]!.value, ticks[at - 1]!.value)
      for (const { label } of ticks) assert.match(label, /^-?\d+(\.\d+)?$/)
    }
  )
})

describe("the axis of time", () => {
  it("has ticks at round times of the zone, and one of the hour that the end of summer time repeats", () => {
    const before = process.env.TZ
    try {
      process.env.TZ = "Europe/Berlin"
      const from = Date.parse("2026-10-24T22:00:00Z") / 1000
      assert.deepStrictEqual(
        timeTicks(from, from + 8 * 3600, 80, local()).map(({ label }) => label),
        ["00:00", "01:00", "02:00", "03:00", "04:00", "05:00", "06:00", "07:00"]
      )
    } finally {
      if (before === undefined) delete process.env.TZ
      else process.env.TZ = before
    }
  })

  it.prop(
    "has ticks that go up, within the time, and never more than there is room for",
    {
      from: Schema.Finite.check(Schema.isBetween({ minimum: -1e11, maximum: 1e11 })),
      span: Schema.Finite.check(Schema.isBetween({ minimum: 1e-3, maximum: 1e12 })),
      columns: Schema.Int.check(Schema.isBetween({ minimum: 4, maximum: 400 }))
    },
    ({ columns, from, span }) => {
      const ticks = timeTicks(from, from + span, columns, utc)
      for (const [at, { time }] of ticks.entries()) {
        assert.isTrue(time >= from - 1e-3 && time <= from + span)
        if (at > 0) assert.isAbove(time, ticks[at - 1]!.time)
      }
      assert.isAtMost(ticks.length, columns / 4 + 2)
    }
  )
})

describe("the clock of a device", () => {
  it("is ahead if a reading arrives before its time, and behind if all new readings are late", () => {
    const right = new ClockWatch()
    right.take(-86_400, 0, false)
    for (let at = 0; at < 10; at++) right.take(at, at + 0.5, true)
    assert.strictEqual(right.fault, undefined)
    const ahead = new ClockWatch()
    ahead.take(10_800, 0, false)
    assert.strictEqual(ahead.fault, "3 h ahead")
    const behind = new ClockWatch()
    for (let at = 0; at < 3; at++) {
      assert.strictEqual(behind.fault, undefined)
      behind.take(at - 300, at, true)
    }
    assert.strictEqual(behind.fault, "5 min behind")
  })
})
