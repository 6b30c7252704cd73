/**
 * Sensors over time as lines of text. Numbers with equal units share a panel with a scale; states and booleans are
 * bands of one line each. The time axis, the occurring marks and the legend are at the bottom. The plot never exceeds
 * the given lines and columns: lines that do not fit are counted. A reading holds until the next one; a status without
 * a valid value is a gap.
 */
import type { Charset } from "../show/charset.ts"
import { type Cell, type Column, table } from "../show/table.ts"
import type { Zone } from "../show/time.ts"
import { visible } from "../show/visible.ts"
import { cutTo, padTo, widthOf } from "../show/width.ts"
import { drawBand } from "./band.ts"
import { type Summary, summaryOf } from "./course.ts"
import {
  type Drawing,
  drawPanel,
  endColumns,
  type LinePanel,
  marked,
  type Placed,
  panelScale,
  stripName
} from "./linePanel.ts"
import { letterOf, lineColour, marks, nominal, notANumber, type Paint } from "./marks.ts"
import type { Series } from "./Series.ts"
import { titleOf } from "./scale.ts"
import { type TimeTick, timeTicks, zoneName } from "./timeAxis.ts"

/** The options of a plot. */
export interface PlotOptions {
  /** The available size; at least 20 columns and 8 lines are used. */
  readonly columns: number
  readonly rows: number
  /** The shown time span, in seconds since 1970. */
  readonly from: number
  readonly to: number
  readonly zone: Zone
  readonly charset: Charset
  readonly paint: Paint
  /** `true` for a panel for each line; by default lines with equal units share one. */
  readonly separate?: boolean | undefined
}

const [leastColumns, leastRows] = [20, 8]
/** The smallest number of rows of a panel, and the largest number of columns of its labels. */
const [leastPanel, maxLabel] = [3, 14]

/** Returns the lines of a plot. */
export const plot = (all: ReadonlyArray<Series>, options: PlotOptions): ReadonlyArray<string> => {
  const { charset, from, paint, to, zone } = options
  const columns = Math.max(leastColumns, Math.floor(options.columns))
  const rows = Math.max(leastRows, Math.floor(options.rows))
  const placed = all.map((series, place): Placed => ({ series, place }))
  const bands = placed.filter(({ series }) => series.kind !== "line")
  const summaries = all.map((series) => summaryOf(series, from, to))
  const groups = groupsOf(placed, options.separate === true).map(
    (lines): LinePanel => ({
      lines,
      summaries: lines.map(({ place }) => summaries[place]!),
      units: lines[0]!.series.units
    })
  )
  const room = layout(rows, groups, bands.length, all.length)
  const labels = groups.slice(0, room.panels).flatMap((panel) => panelScale(panel, room.panelRows)?.ticks ?? [])
  const widest = Math.max(columns < wide ? 3 : stripName.length, ...labels.map(({ label }) => label.length))
  const gutter = Math.min(widest, maxLabel, Math.floor(columns / 3)) + 2
  const ending = groups.some(({ lines }) => lines.length > 1) ? endColumns : 0
  const drawing: Drawing = {
    window: { from, to, columns: Math.max(4, columns - gutter - ending) },
    charset,
    paint,
    coloured: paint("bold", "x") !== "x",
    gutter
  }
  const panels = groups
    .slice(0, room.panels)
    .flatMap((panel, at) => drawPanel(panel, room.panelRows + (at === 0 ? room.spare : 0), room.strips[at]!, drawing))
  const lines = [
    ...panels,
    ...bands.slice(0, room.bands).map((band) => drawBand(band, drawing)),
    ...axis(drawing, zone),
    ...(room.hasKey ? key(all, summaries, drawing) : []),
    ...legend(all, room.legend, columns, paint)
  ]
  const hidden =
    groups.slice(room.panels).reduce((sum, panel) => sum + panel.lines.length, 0) +
    Math.max(0, bands.length - room.bands)
  const more = hidden === 0 ? [] : [paint("yellow", cutTo(`… ${hidden} more: enlarge the terminal`, columns))]
  const shown = [...lines, ...more].slice(0, rows)
  return charset === "ascii" ? shown.map((line) => line.replaceAll("…", "~")) : shown
}

/** Groups lines into panels: equal units share one, in the order of the first. */
const groupsOf = (placed: ReadonlyArray<Placed>, separate: boolean): ReadonlyArray<ReadonlyArray<Placed>> => {
  const groups = new Map<unknown, Array<Placed>>()
  for (const one of placed) {
    if (one.series.kind !== "line") continue
    const group = separate ? one.place : one.series.units
    groups.set(group, [...(groups.get(group) ?? []), one])
  }
  return [...groups.values()]
}

interface Room {
  readonly panels: number
  readonly panelRows: number
  /** Rows left after an equal distribution to all panels. */
  readonly spare: number
  /** Strips of marks by panel. */
  readonly strips: ReadonlyArray<number>
  readonly bands: number
  readonly legend: number
  readonly hasKey: boolean
}

/** Rows of the axis. A code: its line, the clocks and the dates. */
const axisRows = 3

const layout = (rows: number, groups: ReadonlyArray<LinePanel>, bands: number, series: number): Room => {
  const legendRows = Math.min(series, Math.max(1, Math.floor(rows / 4)))
  const isMarked = rows >= 12
  const hasKey = isMarked
  let free = rows - axisRows - legendRows - (hasKey ? 1 : 0)
  const bandRows = Math.min(bands, groups.length === 0 ? free : Math.max(1, Math.floor(free / 2)))
  free -= bandRows
  // a panel of the smallest height with its title
  const panels = Math.min(groups.length, Math.max(bandRows === 0 ? 1 : 0, Math.floor(free / (leastPanel + 1))))
  const shown = groups.slice(0, panels)
  const titles = shown.filter((panel) => hasTitle(panel)).length
  let strips = isMarked ? Math.max(0, Math.min(Math.floor(free / 4), free - titles - panels * leastPanel)) : 0
  const stripsOf = shown.map((panel) => {
    const own = Math.min(strips, marked(panel).length)
    strips -= own
    return own
  })
  const left = Math.max(0, free - titles - stripsOf.reduce((sum, own) => sum + own, 0))
  const hidden = panels < groups.length || bandRows < bands ? 1 : 0
  const panelRows = panels === 0 ? 0 : Math.max(1, Math.floor((left - hidden) / panels))
  return {
    panels,
    panelRows,
    spare: panels === 0 ? 0 : Math.max(0, left - hidden - panelRows * panels),
    strips: stripsOf,
    bands: bandRows,
    legend: legendRows,
    hasKey
  }
}

const hasTitle = (panel: LinePanel): boolean => {
  const scale = panelScale(panel, leastPanel)
  return panel.units !== "" || (scale !== undefined && titleOf(scale, "", true) !== "")
}

/** Returns the axis with its ticks, the clock below them, and below that the date and the zone. */
const axis = ({ charset, gutter, paint, window }: Drawing, zone: Zone): ReadonlyArray<string> => {
  const { columns, from, to } = window
  const ticks = timeTicks(from, to, columns, zone)
  const columnOf = ({ time }: TimeTick) => Math.min(columns - 1, Math.floor(((time - from) / (to - from)) * columns))
  const [corner, line, tick] = charset === "ascii" ? ["+", "-", "+"] : ["└", "─", "┬"]
  const rule = Array.from({ length: columns }, () => line)
  for (const one of ticks) rule[columnOf(one)] = tick
  const clocks = labelRow(ticks, ({ label }) => label, columnOf, columns)
  const zoneText = zoneName(zone, to)
  const dates = labelRow(ticks, ({ date }) => date, columnOf, Math.max(0, columns - zoneText.length - 1))
  const indent = " ".repeat(gutter)
  const days =
    dates === "" && ticks.some(({ date }) => date !== "")
      ? // in a narrow terminal the date takes the whole line
        cutTo(`${ticks.find(({ date }) => date !== "")!.date} ${zoneText}`, columns + gutter).padStart(columns + gutter)
      : `${indent}${padTo(dates, columns - zoneText.length)}${zoneText}`
  return [paint("grey", `${" ".repeat(gutter - 1)}${corner}${rule.join("")}`), `${indent}${clocks}`.trimEnd(), days]
}

/** Returns labels that begin at their ticks. A label that would be cut, or touch the previous one, is omitted. */
const labelRow = (
  ticks: ReadonlyArray<TimeTick>,
  textOf: (tick: TimeTick) => string,
  columnOf: (tick: TimeTick) => number,
  columns: number
): string => {
  let row = ""
  for (const tick of ticks) {
    const text = textOf(tick)
    const column = columnOf(tick)
    if (text === "" || (row !== "" && column < row.length + 1)) continue
    if (column + text.length <= columns) row = row.padEnd(column) + text
    // a single label is moved to fit
    else if (row === "" && text.length <= columns) row = " ".repeat(columns - text.length) + text
  }
  return row
}

/** Returns the occurring marks, with their meanings. */
const key = (
  all: ReadonlyArray<Series>,
  summaries: ReadonlyArray<Summary>,
  { gutter, paint, window }: Drawing
): ReadonlyArray<string> => {
  const codes = summaries.reduce((set, summary) => set | summary.codes, 0)
  const odd = summaries.some((summary, place) => summary.odd && all[place]!.kind === "line")
  const occurring = [
    ...marks.filter((_, code) => code !== nominal && (codes & (1 << code)) !== 0),
    ...(odd ? [notANumber] : [])
  ]
  if (occurring.length === 0) return []
  let room = window.columns
  const shown = occurring.flatMap(({ colour, mark, meaning }) => {
    const text = `${mark} ${meaning}`
    room -= text.length + 2
    return room < -2 ? [] : [paint(colour, text)]
  })
  return [" ".repeat(gutter) + shown.join("  ")]
}

const legendColumns: ReadonlyArray<Column> = [
  { title: "" },
  { title: "", shrinks: "last" },
  { title: "", shrinks: "first" },
  { title: "" },
  { title: "" }
]

/** The smallest number of columns of a legend with units and statuses, and the largest length of units. */
const [wide, maxUnits] = [48, 12]

/** Returns a line for each series: its letter, name, newest value, units and status. */
const legend = (all: ReadonlyArray<Series>, rows: number, columns: number, paint: Paint): ReadonlyArray<string> => {
  const shown = all.slice(0, all.length > rows ? Math.max(0, rows - 1) : rows)
  const more = all.length > shown.length ? [cutTo(`… ${all.length - shown.length} more sensors`, columns)] : []
  const statusOf = ({ codes, length }: Series) => (length === 0 ? undefined : marks[codes[length - 1]!])
  if (columns < wide)
    return [
      ...shown.map((series, place) => {
        const text = cutTo(visible(`${series.label} ${series.latest.slice(0, columns)}`), columns - 2)
        return `${paint(lineColour(place), letterOf(place))} ${paint(statusOf(series)?.colour ?? "grey", text)}`
      }),
      ...more
    ]
  const cells = shown.map((series, place): ReadonlyArray<Cell> => {
    const status = statusOf(series)
    return [
      { text: letterOf(place), show: (text) => paint(lineColour(place), text) },
      { text: series.label },
      { text: series.latest },
      { text: cutTo(series.units, maxUnits) },
      { text: status?.meaning ?? "no reading", show: (text) => paint(status?.colour ?? "grey", text) }
    ]
  })
  const [, ...lines] = table(legendColumns, cells, columns)
  return [...lines, ...more]
}

/** Returns the number of columns of a plot's widest line, without colour sequences. */
export const plotWidth = (lines: ReadonlyArray<string>): number =>
  Math.max(0, ...lines.map((line) => widthOf(line.replace(/\u001b\[\d+m/g, ""))))
