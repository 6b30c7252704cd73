import { assert, describe, it } from "@effect/vitest"
import { aligned, type History, lineOf, noHistory, runsOf } from "../../src/Dashboard/state/History.ts"
import { Ring } from "../../src/Dashboard/state/Ring.ts"

/** A history of readings: time, value, status code. */
const history = (
  readings: ReadonlyArray<readonly [number, number | null, number]>,
  rest: Partial<History> = {}
): History => {
  const values = readings.map(([, value]) => value)
  return {
    width: 0,
    t: readings.map(([time]) => time),
    min: values,
    max: values,
    mean: values,
    last: values,
    worst: readings.map(([, , code]) => code),
    gaps: [],
    ...rest
  }
}

const ringOf = (...readings: ReadonlyArray<readonly [number, number, number]>): Ring => {
  const ring = new Ring(1000)
  for (const [time, value, code] of readings) ring.push(time, value, code)
  return ring
}

const points = ({ x, y }: { readonly x: ReadonlyArray<number>; readonly y: ReadonlyArray<number | null> }) =>
  x.map((time, at) => [time, y[at]])

describe("a plot's data", () => {
  it("is the history up to the first live reading, then the live readings: none twice, none left out", () => {
    const source = {
      history: history([
        [0, 1, 1],
        [10, 2, 1],
        [20, 3, 1],
        [30, 99, 1]
      ]),
      ring: ringOf([20, 3, 1], [30, 4, 1], [40, 5, 1]),
      from: 0,
      until: 50,
      width: 0
    }
    assert.deepStrictEqual(points(lineOf(source)), [
      [0, 1],
      [10, 2],
      [20, 3],
      [30, 4],
      [40, 5],
      [50, 5]
    ])
  })

  it("joins the bucket in which the live readings begin with the first of them", () => {
    const source = {
      history: history(
        [
          [0, 1, 1],
          [10, 2, 1],
          [20, 3, 1]
        ],
        { width: 10 }
      ),
      ring: ringOf([23, 8, 1], [27, 4, 1], [31, 5, 1]),
      from: 0,
      until: 35,
      width: 1
    }
    const { high, low, x, y } = lineOf(source)
    assert.deepStrictEqual(
      [x, y, low, high],
      [
        [0, 10, 20, 30, 35],
        [1, 2, 6, 5, 5],
        [1, 2, 3, 5, 5],
        [1, 2, 8, 5, 5]
      ]
    )
  })

  it("merges live readings that share a pixel, and loses no peak", () => {
    const ring = new Ring(1000)
    for (let at = 0; at < 1000; at++) ring.push(at / 10, at === 555 ? 1e6 : 1, 1)
    const { high, x } = lineOf({ history: noHistory, ring, from: 0, until: 100, width: 10 })
    assert.isBelow(x.length, 15)
    assert.strictEqual(Math.max(...high.map((value) => value ?? 0)), 1e6)
  })

  it("ends a line at a reading without a fresh value, and begins it again after", () => {
    const source = {
      history: history([
        [0, 1, 1],
        [10, null, 5],
        [20, 2, 1]
      ]),
      ring: ringOf([30, 3, 1], [40, 3, 5], [50, 4, 2]),
      from: 0,
      until: 60,
      width: 0
    }
    assert.deepStrictEqual(points(lineOf(source)), [
      [0, 1],
      [10, null],
      [20, 2],
      [30, 3],
      [40, null],
      [50, 4],
      [60, 4]
    ])
  })

  it("ends a line at a gap that the archive names, and not where readings were lost", () => {
    const gaps = [
      { from: 5, to: 8, reason: "lost" },
      { from: 12, to: 18, reason: "off" }
    ]
    const source = {
      history: history(
        [
          [0, 1, 1],
          [10, 2, 1],
          [20, 3, 1]
        ],
        { gaps }
      ),
      ring: undefined,
      from: 0,
      until: 30,
      width: 0
    }
    assert.deepStrictEqual(points(lineOf(source)), [
      [0, 1],
      [10, 2],
      [12, null],
      [20, 3],
      [30, 3]
    ])
  })

  it("does not continue into a gap that lasts", () => {
    const gaps = [{ from: 12, to: null, reason: "away" }]
    const source = {
      history: history(
        [
          [0, 1, 1],
          [10, 2, 1]
        ],
        { gaps }
      ),
      ring: undefined,
      from: 0,
      until: 30,
      width: 0
    }
    assert.deepStrictEqual(points(lineOf(source)), [
      [0, 1],
      [10, 2],
      [12, null]
    ])
    assert.deepStrictEqual(
      runsOf(source).map(({ code, from, text, to }) => [from, to, code, text]),
      [
        [0, 12, 1, ""],
        [12, 30, 5, "disconnected"]
      ]
    )
  })

  it("has a run for each stretch of one status", () => {
    const source = {
      history: history([
        [0, 1, 1],
        [10, 1, 1],
        [20, 1, 2],
        [30, 1, 3]
      ]),
      ring: ringOf([40, 1, 3], [50, 1, 1]),
      from: 5,
      until: 60,
      width: 0
    }
    assert.deepStrictEqual(
      runsOf(source).map(({ code, from, to }) => [from, to, code]),
      [
        [5, 20, 1],
        [20, 30, 2],
        [30, 50, 3],
        [50, 60, 1]
      ]
    )
  })

  it("has a run for each state of a discrete sensor, in the archive and live", () => {
    const source = {
      history: history(
        [
          [0, null, 1],
          [10, null, 1],
          [20, null, 1]
        ],
        { last: ["stop", "slew", "slew"] }
      ),
      ring: ringOf([30, 0, 1], [40, 1, 1]),
      from: 0,
      until: 50,
      width: 0
    }
    const runs = runsOf(source, (value, fromRing) => (fromRing ? ["slew", "track"][value as number]! : String(value)))
    assert.deepStrictEqual(
      runs.map(({ from, text, to }) => [from, to, text]),
      [
        [0, 10, "stop"],
        [10, 40, "slew"],
        [40, 50, "track"]
      ]
    )
  })

  it("aligns lines on one time axis, without a gap where one has no point", () => {
    const one = lineOf({
      history: history([
        [0, 1, 1],
        [20, 2, 1]
      ]),
      ring: undefined,
      from: 0,
      until: 20,
      width: 0
    })
    const other = lineOf({ history: history([[10, 5, 1]]), ring: undefined, from: 0, until: 20, width: 0 })
    const { columns, x } = aligned([one, other])
    assert.deepStrictEqual(x, [0, 10, 20])
    assert.deepStrictEqual(
      columns.map(({ y }) => y),
      [
        [1, undefined, 2],
        [undefined, 5, 5]
      ]
    )
  })
})

describe("the ring of live readings", () => {
  it("keeps the newest readings and counts the others", () => {
    const ring = new Ring(3)
    for (const time of [1, 2, 3, 4, 5]) ring.push(time, time * 10, 1)
    const kept: Array<number> = []
    ring.each(0, (_, value) => kept.push(value))
    assert.deepStrictEqual([kept, ring.dropped, ring.since, ring.until], [[30, 40, 50], 2, 3, 5])
    const later: Array<number> = []
    ring.each(4, (time) => later.push(time))
    assert.deepStrictEqual(later, [4, 5])
  })

  it("skips an older reading, and replaces one of the same time", () => {
    const ring = ringOf([1, 1, 1], [2, 2, 1], [1.5, 9, 1], [2, 3, 2])
    const kept: Array<readonly [number, number, number]> = []
    ring.each(0, (...reading) => kept.push(reading))
    assert.deepStrictEqual(kept, [
      [1, 1, 1],
      [2, 3, 2]
    ])
  })
})
