/** The column of `katcp monitor` that shows the last minute. */
import { assert, describe, it } from "vitest"
import { Trend } from "../../../src/Cli/plot/Trend.ts"

const trendOf = (values: ReadonlyArray<readonly [time: number, value: number]>): Trend => {
  const trend = new Trend(values[0]![0])
  for (const [time, value] of values) trend.add(time, value)
  return trend
}
const ramp = Array.from({ length: 12 }, (_, at) => [at * 5, at] as const)

describe("the trend of a value", () => {
  it("has a cell for each five seconds, the newest last, and the lowest and the highest at the ends of the scale", () => {
    assert.strictEqual(trendOf(ramp).text(55, "braille"), "▁▂▂▃▄▄▅▅▆▇▇█")
    assert.strictEqual(trendOf(ramp).text(55, "ascii"), "_..-~~==+**#")
  })

  it("holds a value until the next one, and drops values older than a minute", () => {
    const trend = trendOf([
      [1000, 0],
      [1030, 10]
    ])
    assert.strictEqual(trend.text(1044, "braille"), "   ▁▁▁▁▁▁███")
    assert.strictEqual(trend.text(1100, "braille"), "▄▄▄▄▄▄▄▄▄▄▄▄")
    assert.strictEqual(trend.text(1e9, "braille"), "▄▄▄▄▄▄▄▄▄▄▄▄")
  })

  it("has blanks where there was no value, and infinities at the ends", () => {
    const values = [Number.NaN, 1, 2, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1]
    assert.strictEqual(trendOf(values.map((value, at) => [at * 5, value])).text(25, "braille"), "       ▁██▁▁")
  })

  it("draws a constant in the middle, and ranges beyond all numbers", () => {
    assert.strictEqual(trendOf([[0, 7]]).text(0, "braille"), "           ▄")
    const huge = [-Number.MAX_VALUE, 0, Number.MAX_VALUE]
    assert.strictEqual(trendOf(huge.map((value, at) => [at * 5, value])).text(10, "braille"), "         ▁▅█")
    const tiny = [0, Number.MIN_VALUE]
    assert.strictEqual(
      trendOf(tiny.map((value, at) => [at * 5, value]))
        .text(5, "braille")
        .trim().length,
      2
    )
  })

  it("survives a clock that goes back", () => {
    const trend = trendOf(ramp)
    trend.add(-1000, 3)
    assert.strictEqual(trend.text(-1000, "braille").length, 12)
    assert.strictEqual(trend.text(55, "braille").at(-1), "▃")
  })
})
