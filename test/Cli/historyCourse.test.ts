import { assert, describe, it } from "@effect/vitest"
import type { Bucket, Gap, Series } from "../../src/Archive/index.ts"
import { type Recorded, seriesOf } from "../../src/Cli/commands/history/course.ts"
import { courseOf } from "../../src/Cli/plot/course.ts"
import { definition } from "../Archive/readings.ts"

const series = (id: number, type = "float", units = "K"): Series => ({ ...definition("rx.temp", type, units), id })
const bucket = (time: number, min: number, max: number, of: Partial<Bucket> = {}): Bucket => ({
  time,
  count: 10,
  valid: 10,
  min,
  max,
  mean: (min + max) / 2,
  first: min,
  last: max,
  worst: "nominal",
  ...of
})
const recorded = (of: Series, buckets: ReadonlyArray<Bucket>, gaps: ReadonlyArray<Gap> = []): Recorded => ({
  buckets: { series: of, width: 10, buckets },
  readings: undefined,
  before: undefined,
  gaps
})
const gap = (from: number, to: number | null, reason: Gap["reason"] = "away"): Gap => ({
  device: "m000",
  sensor: "",
  from: from * 1e6,
  to: to === null ? null : to * 1e6,
  reason,
  lost: 0
})
const window = { from: 0, to: 100, columns: 10 }

describe("the plot of katcp history", () => {
  it("shows the minimum and maximum of each stretch in its column, and holds the last value until the next", () => {
    const [plotted] = seriesOf([recorded(series(1), [bucket(0, 1, 9), bucket(50, 2, 3)])], 0)
    const { greatest, least } = courseOf(plotted!, window)
    assert.deepStrictEqual([...least], [1, 9, 9, 9, 9, 2, 3, 3, 3, 3])
    assert.deepStrictEqual([...greatest], [9, 9, 9, 9, 9, 9, 3, 3, 3, 3])
  })

  it("has no value in a gap, and every spike of a stretch that a gap overlaps", () => {
    for (const gaps of [[gap(21, 29)], [gap(15, 28)], [gap(22, 45)], [gap(21, 24), gap(23, 29, "off")]]) {
      const [plotted] = seriesOf([recorded(series(1), [bucket(0, 1, 2), bucket(20, 1, 99), bucket(60, 1, 2)], gaps)], 0)
      const { greatest } = courseOf(plotted!, { ...window, columns: 100 })
      assert.strictEqual(Math.max(...[...greatest].filter((value) => !Number.isNaN(value))), 99)
      const from = gaps[0]!.from / 1e6
      const to = Math.max(...gaps.map((one) => one.to! / 1e6))
      for (let second = from + 1; second < to; second++)
        assert.isNaN(greatest[second]!, `${second} of ${from} to ${to}`)
    }
  })

  it("continues after a gap without readings, but not during a gap that lasts", () => {
    const [back, away] = [gap(20, 40), gap(20, null)].map(
      (one) => courseOf(seriesOf([recorded(series(1), [bucket(0, 5, 5)], [one])], 0)[0]!, window).last
    )
    assert.deepStrictEqual(
      [...back!].map(Number.isNaN),
      [2, 3].reduce((all, at) => all.with(at, true), new Array(10).fill(false))
    )
    assert.isTrue([...away!].slice(2).every(Number.isNaN))
  })

  it("shows an invalid status beside the valid values", () => {
    const [plotted] = seriesOf([recorded(series(1), [bucket(0, 1, 2, { worst: "failure" })])], 0)
    const { greatest, worst } = courseOf(plotted!, window)
    assert.deepStrictEqual([greatest[0], worst[0], worst[1]], [2, 4, 1])
    const none = { valid: 0, first: undefined, last: undefined, min: undefined, max: undefined }
    const [bad] = seriesOf([recorded(series(1), [bucket(0, 1, 2, { ...none, worst: "failure" })])], 0)
    assert.isTrue([...courseOf(bad!, window).greatest].every(Number.isNaN))
  })

  it("ends a series where the next one of the same name begins, and distinguishes them", () => {
    const all = seriesOf(
      [recorded(series(1), [bucket(0, 1, 2)]), recorded(series(2, "integer", ""), [bucket(50, 7, 8)])],
      0
    )
    assert.deepStrictEqual(
      all.map(({ label }) => label),
      ["m000/rx.temp (float K)", "m000/rx.temp (integer)"]
    )
    assert.isNaN(courseOf(all[0]!, window).last[6]!)
  })
})
