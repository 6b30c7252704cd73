/** Plots as they stand on the screen: golden files, and what holds for any readings in any size. */
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { expect } from "vitest"
import { type PlotOptions, plot, plotWidth } from "../../../src/Cli/plot/plot.ts"
import type { Series } from "../../../src/Cli/plot/Series.ts"
import { utc, type Zone } from "../../../src/Cli/show/time.ts"
import { type Point, sampled, seriesOf, start } from "./series.ts"

const plain: PlotOptions = {
  columns: 80,
  rows: 18,
  from: start,
  to: start + 300,
  zone: utc,
  charset: "braille",
  paint: (_, text) => text
}
/** Colours as words, so a person can read a golden file. */
const coloured: PlotOptions = { ...plain, paint: (colour, text) => `<${colour}>${text}</>` }

const temperature = (code?: (place: number) => number) =>
  seriesOf(
    "rx.temp",
    sampled(300, (at) => Math.round(2000 + 300 * Math.sin(at / 20)) / 100, code),
    { units: "K" }
  )
const other = seriesOf(
  "rx.other",
  sampled(300, (at) => Math.round(2200 + 200 * Math.cos(at / 15)) / 100),
  { units: "K" }
)
const rises = (at: number) => (at > 200 && at < 230 ? 2 : at >= 230 && at < 250 ? 5 : 1)
const mode = seriesOf(
  "mode",
  [
    [0, 0],
    [100, 1],
    [180, 1, 2],
    [220, 2],
    [260, 2, 5],
    [280, 0]
  ],
  { kind: "band", states: ["stow", "track", "a long name of a state that is cut"] }
)
const locked = seriesOf(
  "locked",
  sampled(20, (at) => (at >> 1) % 2),
  { kind: "switch" }
)
const south: Zone = { offsetAt: () => 120, mark: () => "+02:00" }

const screens: ReadonlyArray<readonly [name: string, series: ReadonlyArray<Series>, options?: Partial<PlotOptions>]> = [
  ["one line, its statuses and a gap", [temperature(rises)]],
  ["one line in colours", [temperature(rises)], coloured],
  ["two lines without colours", [temperature(rises), other]],
  ["two lines in colours", [temperature(rises), other], coloured],
  [
    "two scales, states and a switch",
    [
      temperature(),
      seriesOf(
        "lo",
        sampled(60, (at) => 1.4e9 + at * 1e6),
        { units: "Hz" }
      ),
      mode,
      locked
    ],
    { rows: 30 }
  ],
  ["separate scales", [temperature(), other], { separate: true }],
  ["ASCII", [temperature(rises), other, mode, locked], { charset: "ascii", rows: 24 }],
  ["one line in ASCII", [temperature(rises)], { charset: "ascii" }],
  ["half blocks", [temperature(rises)], { charset: "blocks" }],
  ["states alone", [mode, locked], { rows: 10 }],
  [
    "a constant",
    [
      seriesOf(
        "volts",
        sampled(10, () => 5),
        { units: "V" }
      )
    ],
    { rows: 10 }
  ],
  [
    "zero",
    [
      seriesOf(
        "volts",
        sampled(10, () => 0),
        { units: "V" }
      )
    ],
    { rows: 10 }
  ],
  ["one reading", [seriesOf("volts", [[150, 5]], { units: "V" })], { rows: 10 }],
  ["a reading before the time that is shown", [seriesOf("volts", [[-1000, 5]], { units: "V" })], { rows: 10 }],
  ["no reading", [seriesOf("volts", [], { units: "V" })], { rows: 10 }],
  ["no sensor", [], { rows: 10 }],
  [
    "NaN and infinities",
    [
      seriesOf(
        "odd",
        sampled(300, (at) =>
          at < 50 ? Number.NaN : at < 100 ? Number.POSITIVE_INFINITY : at < 150 ? Number.NEGATIVE_INFINITY : at
        )
      )
    ],
    { rows: 14 }
  ],
  [
    "NaN alone",
    [
      seriesOf(
        "odd",
        sampled(3, () => Number.NaN)
      )
    ],
    { rows: 10 }
  ],
  [
    "the greatest numbers",
    [
      seriesOf(
        "huge",
        sampled(10, (at) => (at % 2 === 0 ? -1 : 1) * Number.MAX_VALUE)
      )
    ],
    { rows: 14 }
  ],
  [
    "the least numbers",
    [
      seriesOf(
        "tiny",
        sampled(10, (at) => at * Number.MIN_VALUE)
      )
    ],
    { rows: 14 }
  ],
  [
    "a small range far from zero",
    [
      seriesOf(
        "clock",
        sampled(300, (at) => 1e9 + at * 1e-6),
        { units: "s" }
      )
    ],
    { rows: 14 }
  ],
  [
    "small numbers",
    [
      seriesOf(
        "current",
        sampled(300, (at) => at * 1e-7),
        { units: "A" }
      )
    ],
    { rows: 14 }
  ],
  ["20 columns", [temperature(rises), mode], { columns: 20, rows: 14 }],
  ["20 columns in a zone", [temperature()], { columns: 20, rows: 10, zone: south }],
  ["400 columns", [temperature(rises), mode], { columns: 400, rows: 14 }],
  ["8 lines", [temperature(rises), other, mode, locked], { rows: 8 }],
  [
    "more than there is room for",
    Array.from({ length: 12 }, (_, at) =>
      seriesOf(
        `s${at}`,
        sampled(5, (place) => place * at),
        { units: `u${at}` }
      )
    ),
    { rows: 20 }
  ],
  [
    "20 milliseconds",
    [
      seriesOf(
        "fast",
        Array.from({ length: 20 }, (_, at): Point => [at / 1000, at % 5])
      )
    ],
    { to: start + 0.02, rows: 12 }
  ],
  ["three days in a zone", [temperature()], { from: start - 200_000, to: start + 60_000, rows: 12, zone: south }],
  ["half a year", [temperature()], { from: start - 1.6e7, rows: 12 }],
  ["a century", [temperature()], { from: start - 3.2e9, rows: 12 }],
  [
    "names and values with control characters",
    [
      seriesOf(
        "a\u001b[2J\nb\u202e",
        sampled(3, (at) => at),
        { units: "\u001b]0;x\u0007", latest: "\u0000" }
      ),
      seriesOf(
        "日本語",
        sampled(3, (at) => at % 2),
        { kind: "band", states: ["望遠鏡\u001b[31m", "x\r\n"], latest: "望遠鏡" }
      )
    ],
    { rows: 14 }
  ]
]

describe("a plot", () => {
  it.each(screens.map(([name, series, options]) => ({ name, series, options })))(
    "of $name",
    async ({ name, series, options }) => {
      const lines = plot(series, { ...plain, ...options })
      assert.isAtMost(lines.length, options?.rows ?? plain.rows)
      assert.isAtMost(
        plotWidth(lines.map((line) => line.replace(/<\w+>|<\/>/g, ""))),
        options?.columns ?? plain.columns
      )
      await expect(`${lines.map((line) => line.trimEnd()).join("\n")}\n`).toMatchFileSnapshot(
        `screens/${name.replaceAll(/\W+/g, "-")}.txt`
      )
    }
  )

  it("has only ASCII on a terminal without Unicode", () => {
    for (const [, series] of screens.slice(0, -1))
      for (const columns of [20, 80])
        assert.match(plot(series, { ...plain, columns, charset: "ascii" }).join("\n"), /^[ -~\n]*$/)
  })
})

const finite = { minimum: -1e7, maximum: 1e7 }
const anyPoint = Schema.Struct({
  time: Schema.Finite.check(Schema.isBetween(finite)),
  value: Schema.Number,
  code: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 6 }))
})
const anySeries = Schema.Struct({
  label: Schema.String,
  units: Schema.String,
  kind: Schema.Literals(["line", "band", "switch"]),
  points: Schema.Array(anyPoint),
  state: Schema.String
})
const anySize = {
  columns: Schema.Int.check(Schema.isBetween({ minimum: 20, maximum: 400 })),
  rows: Schema.Int.check(Schema.isBetween({ minimum: 8, maximum: 100 })),
  span: Schema.Finite.check(Schema.isBetween({ minimum: 0.001, maximum: 1e9 })),
  charset: Schema.Literals(["braille", "blocks", "ascii"]),
  separate: Schema.Boolean
}

describe("a plot of any readings", () => {
  it.prop(
    "fits any size, and has no control characters",
    { all: Schema.Array(anySeries), ...anySize },
    ({ all, charset, columns, rows, separate, span }) => {
      const series = all.slice(0, 26).map(({ kind, label, points, state, units }) =>
        seriesOf(
          label,
          points
            .map(({ code, time, value }): Point => [time, kind === "band" ? code : value, code])
            .sort(([one], [other]) => one - other),
          { units, kind, states: Array.from({ length: 7 }, (_, at) => `${state}${at}`), latest: state }
        )
      )
      const lines = plot(series, { ...plain, charset, columns, rows, separate, to: start + span })
      assert.isAtMost(lines.length, rows)
      assert.isAtMost(plotWidth(lines), columns)
      for (const line of lines) assert.notMatch(line, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    }
  )
})
