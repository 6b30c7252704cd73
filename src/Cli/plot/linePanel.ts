/** A panel of lines with a shared scale. */
import type { Charset } from "../show/charset.ts"
import { visible } from "../show/visible.ts"
import { cutTo } from "../show/width.ts"
import { Canvas, painted } from "./Canvas.ts"
import { type Course, cellOf, courseOf, type Summary, type Window } from "./course.ts"
import { letterOf, lineColour, marks, nominal, notANumber, type Paint } from "./marks.ts"
import type { Series } from "./Series.ts"
import { type Scale, scaleOf, titleOf } from "./scale.ts"

/** A series with its index in the plot, which determines its letter and colour. */
export interface Placed {
  readonly series: Series
  readonly place: number
}

/** The drawing options of a panel. */
export interface Drawing {
  /** The time span, in columns of cells. */
  readonly window: Window
  readonly charset: Charset
  readonly paint: Paint
  /** `true` to show colours. */
  readonly coloured: boolean
  /** The columns left of the plot, including its line. */
  readonly gutter: number
}

/** A panel with a known scale, before its height is known. */
export interface LinePanel {
  readonly lines: ReadonlyArray<Placed>
  /** The summary of each line in the shown time. */
  readonly summaries: ReadonlyArray<Summary>
  readonly units: string
}

/** Rows between two ticks. Not measured: labels keep apart, and a low panel still has two. */
const tickRows = 3

/** Returns the scale for a panel of this many rows, or `undefined` without a finite value. */
export const panelScale = ({ summaries }: LinePanel, rows: number): Scale | undefined => {
  const least = Math.min(...summaries.map((summary) => summary.least))
  const greatest = Math.max(...summaries.map((summary) => summary.greatest))
  if (least > greatest) return undefined
  return scaleOf(least, greatest, Math.max(rows > tickRows ? 2 : 1, Math.floor((rows - 1) / tickRows)))
}

/**
 * Returns the lines with a status other than nominal, or with values that are not numbers: they get a strip of marks.
 */
export const marked = ({ lines, summaries }: LinePanel): ReadonlyArray<Placed> =>
  lines.filter((_, at) => (summaries[at]!.codes & ~(1 << nominal)) !== 0 || summaries[at]!.odd)

/** Returns the lines of a panel: its title, if it has one, the rows of the plot, and as many strips of marks as fit. */
export const drawPanel = (panel: LinePanel, rows: number, strips: number, drawing: Drawing): ReadonlyArray<string> => {
  const { charset, coloured, gutter, paint, window } = drawing
  const { lines } = panel
  const scale = panelScale(panel, rows)
  // without colours, lines are distinguished by their letters
  const asLetters = !coloured && lines.length > 1
  const canvas = new Canvas(window.columns, rows, asLetters ? "ascii" : charset)
  const dotOf = (value: number): number => {
    if (scale === undefined) return value > 0 ? 0 : canvas.height - 1
    const share = (value / 2 - scale.low / 2) / (scale.high / 2 - scale.low / 2)
    return Math.round((1 - Math.max(0, Math.min(1, share))) * (canvas.height - 1))
  }
  const ends: Array<{ readonly row: number; readonly letter: string; readonly place: number }> = []
  const courses = new Map<Placed, Course>()
  for (const line of lines) {
    const { place, series } = line
    const course = courseOf(series, { ...window, columns: canvas.width })
    courses.set(line, course)
    const character = lines.length > 1 ? letterOf(place) : "*"
    for (let x = 0; x < canvas.width; x++) {
      const [low, high] = [course.least[x]!, course.greatest[x]!]
      if (Number.isNaN(low)) continue
      const worst = marks[course.worst[x]!]
      const colour = worst === undefined || worst === marks[nominal] ? lineColour(place) : worst.colour
      canvas.stroke(x, dotOf(high), dotOf(low), character, colour)
      if (high === Number.POSITIVE_INFINITY) canvas.put(canvas.columnOf(x), 0, charset === "ascii" ? "^" : "▲", colour)
      if (low === Number.NEGATIVE_INFINITY)
        canvas.put(canvas.columnOf(x), rows - 1, charset === "ascii" ? "v" : "▼", colour)
    }
    const last = course.last.at(-1)!
    if (!Number.isNaN(last)) ends.push({ row: canvas.rowOf(dotOf(last)), letter: letterOf(place), place })
  }
  const labels = new Map(
    (scale?.ticks ?? []).map(({ label, value }) => [canvas.rowOf(dotOf(value)), label] as const).reverse()
  )
  const [bar, tick] = charset === "ascii" ? ["|", "+"] : ["│", "┤"]
  const title = scale === undefined ? panel.units : titleOf(scale, panel.units, charset === "ascii")
  const plotted = canvas.lines(paint).map((text, row) => {
    const label = labels.get(row)
    const letters = lines.length > 1 ? ends.filter((end) => end.row === row) : []
    return (
      paint("grey", `${(label ?? "").padStart(gutter - 1)}${label === undefined ? bar : tick}`) +
      text +
      painted(
        letters.slice(0, endColumns).map(({ letter, place }) => ({ character: letter, colour: lineColour(place) })),
        paint
      )
    )
  })
  return [
    ...(title === "" ? [] : [" ".repeat(gutter) + cutTo(visible(title), window.columns)]),
    ...plotted,
    ...marked(panel)
      .slice(0, strips)
      .map((line) => drawStrip(courses.get(line)!, canvas.width / window.columns, line, drawing, lines.length > 1))
  ]
}

/** Letters at the end of lines in one row. Not measured: more lines seldom end in one row. */
export const endColumns = 3

/** The label of the strip of a panel's only line. */
export const stripName = "status"

/** Returns the strip of marks of a line: its status, if it is not nominal. */
const drawStrip = (
  course: Course,
  dots: number,
  { place }: Placed,
  { gutter, paint, window }: Drawing,
  withLetter: boolean
): string => {
  const head = withLetter ? letterOf(place) : gutter > stripName.length ? stripName : ""
  const cells = Array.from({ length: window.columns }, (_, cell) => {
    const { code, odd } = cellOf(course, cell, dots)
    const { colour, mark } = marks[code] ?? marks[nominal]!
    // a bad status is more important than a value that is not a number
    if (odd && mark === " ") return { character: notANumber.mark, colour: notANumber.colour }
    return { character: mark, colour }
  })
  return `${paint("grey", `${head.padStart(gutter - 1)} `)}${painted(cells, paint)}`
}
