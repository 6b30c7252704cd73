/** Readings as a live table on the terminal. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as Sensor from "../../../Sensor/index.ts"
import { Trend } from "../../plot/Trend.ts"
import { nameOf } from "../../reach/chosen.ts"
import { ageText } from "../../show/age.ts"
import { charsetOf } from "../../show/charset.ts"
import { hasCourse, numberOf } from "../../show/numbers.ts"
import { Output } from "../../show/Output.ts"
import type { Shown } from "../../show/reading.ts"
import { statusCell, timeCells, timeColumns, valueText } from "../../show/sensors.ts"
import { type Column, table } from "../../show/table.ts"
import type { Zone } from "../../show/time.ts"

/** A sensor with its newest reading, and the trend of its value. */
interface Row {
  readonly key: string
  shown: Shown & { readonly reading: Sensor.Reading<unknown> }
  readonly trend: Trend | undefined
}

// a wrapped line would be left over when the table is redrawn
const columns: ReadonlyArray<Column> = [
  { title: "sensor", shrinks: "last" },
  { title: "value", shrinks: "first" },
  { title: "units", shrinks: "first" },
  { title: "status" }
]
const age: Column = { title: "age", right: true }
const course: Column = { title: "last minute" }
/** The terminal width from which trends are shown. Given by terminals: 80 columns are their usual width. */
const wide = 80
/**
 * Milliseconds between two redraws. Not measured: people read no more than 10 changes a second, and a redraw is one
 * write.
 */
const frame = 100
const clearLine = "\u001b[2K"
/** Hides the cursor, and makes the terminal cut long lines instead of wrapping them. */
const enter = "\u001b[?25l\u001b[?7l"
const leave = "\u001b[?7h\u001b[?25h"

/** The options of the table. */
export interface Options {
  /** The text of the line below the table; empty if all is well. */
  readonly says: () => string
  /** The zone for both times of readings; without it their age is shown. */
  readonly times: Zone | undefined
  /** `true` to show sensors with their devices. */
  readonly several: boolean
}

/** Shows the newest reading of each sensor until the readings end. */
export const live = <E, R>(
  readings: Stream.Stream<Shown, E, R>,
  { says, several, times }: Options
): Effect.Effect<void, E, R | Output> =>
  Effect.flatMap(Output, (output) => {
    const charset = charsetOf(process.env)
    const rows = new Map<string, Row>()
    // by name; sorted after additions, not for each redraw
    let sorted: ReadonlyArray<Row> | undefined
    let drawn = 0
    const take = ({ reading, ...shown }: Shown) => {
      if (reading === undefined) return
      const key = nameOf(several, shown.device, shown.sensor.name)
      const row = rows.get(key)
      if (row === undefined || row.shown.sensor !== shown.sensor) {
        rows.set(key, {
          key,
          shown: { ...shown, reading },
          trend: hasCourse(shown.sensor) ? new Trend(shown.received) : undefined
        })
        sorted = undefined
      } else row.shown = { ...shown, reading }
      rows.get(key)!.trend?.add(shown.received, Sensor.isValid(reading.status) ? numberOf(reading.value) : Number.NaN)
    }
    const draw = Effect.gen(function* () {
      const size = output.terminal()
      if (size === undefined) return
      const now = (yield* Clock.currentTimeMillis) / 1000
      sorted ??= [...rows.values()].sort(({ key: one }, { key: other }) => (one < other ? -1 : 1))
      const room = Math.max(1, size.rows - 3)
      const isWide = size.columns >= wide
      const cells = sorted
        .slice(0, room)
        .map(({ key, shown: { reading, received, sensor }, trend }) => [
          { text: key },
          { text: valueText(sensor, reading.value) },
          { text: sensor.units },
          statusCell(reading.status, output.paint),
          ...(isWide ? [{ text: trend?.text(now, charset) ?? "" }] : []),
          ...(times === undefined ? [{ text: ageText(now - reading.timestamp) }] : timeCells(reading, received, times))
        ])
      const all = [...columns, ...(isWide ? [course] : []), ...(times === undefined ? [age] : timeColumns)]
      const more = sorted.length > room ? [output.paint("grey", `… ${sorted.length - room} more`)] : []
      const text = says()
      const words = text === "" ? "" : output.paint("yellow", text)
      const lines = [...table(all, cells, size.columns), ...more, words]
      // overwrites the former table line by line, and clears the rest
      const up = drawn > 0 ? `\u001b[${drawn}A` : ""
      const drawing = lines.map((line) => `${clearLine}${line}\n`).join("")
      drawn = lines.length
      yield* output.raw(`${up}\u001b[0J${drawing}`)
    })
    return readings.pipe(
      Stream.runForEach((shown) => Effect.sync(() => take(shown))),
      Effect.raceFirst(Effect.repeat(draw, Schedule.spaced(frame))),
      Effect.andThen(draw),
      (showing) =>
        Effect.acquireUseRelease(
          output.raw(enter),
          () => showing,
          () => output.raw(leave)
        )
    )
  })
