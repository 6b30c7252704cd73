/** Bands: the states of a sensor over time, in one line. */
import { visible } from "../show/visible.ts"
import { cutTo, widthOf } from "../show/width.ts"
import { type Painted, painted } from "./Canvas.ts"
import { type Course, courseOf } from "./course.ts"
import type { Drawing, Placed } from "./linePanel.ts"
import { letterOf, lineColour, marks, nominal } from "./marks.ts"
import type { Series } from "./Series.ts"

/** The characters of a band. */
interface Glyphs {
  readonly start: string
  readonly fill: string
  readonly low: string
  readonly high: string
  /** Marks more states than columns. */
  readonly many: string
}

const unicode: Glyphs = { start: "├", fill: "─", low: "▁", high: "█", many: "▒" }
/** The fonts of the Linux console have no eighth blocks. */
const blocks: Glyphs = { ...unicode, low: "_" }
const ascii: Glyphs = { start: "|", fill: "-", low: "_", high: "#", many: "%" }

/** Returns the line of a band, with its letter on the left. */
export const drawBand = ({ place, series }: Placed, { charset, gutter, paint, window }: Drawing): string => {
  const course = courseOf(series, window)
  const glyphs = { braille: unicode, blocks, ascii }[charset]
  const cells: Array<Painted> = []
  for (let column = 0; column < window.columns; ) {
    const from = column
    const key = keyOf(course, column)
    while (column < window.columns && keyOf(course, column) === key) column++
    cells.push(...segment(series, course, from, column - from, glyphs, lineColour(place)))
  }
  return `${paint("grey", `${letterOf(place).padStart(gutter - 1)} `)}${painted(cells, paint)}`
}

/** Returns the content of a column: equal columns form one segment. */
const keyOf = ({ changes, last, worst }: Course, column: number): string =>
  changes[column]! > 1 ? "many" : `${worst[column]} ${last[column]}`

const segment = (
  { kind, states }: Series,
  { changes, last, worst }: Course,
  from: number,
  columns: number,
  glyphs: Glyphs,
  own: Painted["colour"]
): ReadonlyArray<Painted> => {
  const mark = marks[worst[from]!]
  if (mark === undefined) return filled(" ", columns, undefined)
  const colour = mark === marks[nominal] ? own : mark.colour
  if (!mark.isValid) return filled(mark.mark, columns, mark.colour)
  if (changes[from]! > 1) return filled(glyphs.many, columns, colour)
  const value = last[from]!
  // the state at the end of the column was not valid: the column shows one that was
  if (Number.isNaN(value)) return filled(glyphs.many, columns, colour)
  const warning = mark === marks[nominal] ? "" : mark.mark
  if (kind === "switch") {
    const fill = value === 0 ? glyphs.low : glyphs.high
    return [...filled(warning, warning.length, colour), ...filled(fill, columns - warning.length, colour)]
  }
  const text = cutTo(visible(`${warning}${states[value] ?? ""}`), Math.max(0, columns - 2))
  const shown = columns < 2 ? "" : text
  const fill = filled(glyphs.fill, Math.max(0, columns - 1 - widthOf(shown)), colour)
  // a wide character takes two cells: later cells shift, and the line is cut at its end
  return [{ character: glyphs.start, colour }, ...[...shown].map((character) => ({ character, colour })), ...fill]
}

const filled = (character: string, columns: number, colour: Painted["colour"]): ReadonlyArray<Painted> =>
  Array.from({ length: Math.max(0, columns) }, () => ({ character, colour }))
