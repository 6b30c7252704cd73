import { visible } from "./visible.ts"
import { cutTo, widthOf } from "./width.ts"

/** A column of a table. */
export interface Column {
  readonly title: string
  /** `true` to align its cells on the right, as for numbers. */
  readonly right?: boolean | undefined
  /**
   * The order in which its cells are cut, with an ellipsis, if the terminal is too narrow: before all others, or last.
   * By default it keeps its width.
   */
  readonly shrinks?: "first" | "last" | undefined
}

/** A cell: its text, and its appearance. */
export interface Cell {
  readonly text: string
  readonly show?: ((text: string) => string) | undefined
}

/** The characters that a column keeps when it is cut. Not measured: a shorter value is useless. */
const least = 8

/**
 * Columns of cells to which others are padded if nothing is cut. Measured: with one value of 1 MB among 10,000 rows, a
 * table padded to it takes 10 GB.
 */
const maxPadded = 200

/**
 * Returns the lines of a table, its head first, within `width`. Without `width` nothing is cut, and very long cells
 * exceed their column.
 */
export const table = (
  columns: ReadonlyArray<Column>,
  rows: ReadonlyArray<ReadonlyArray<Cell>>,
  width = Number.POSITIVE_INFINITY
): ReadonlyArray<string> => {
  // of a value of a megabyte, only as much as may fit is examined
  const clipped = (text: string) => (text.length > 2 * width ? text.slice(0, 2 * width) : text)
  const cells = rows.map((row) => row.map(({ show, text }): Cell => ({ show, text: visible(clipped(text)) })))
  const isCut = width !== Number.POSITIVE_INFINITY
  const widths = columns.map(({ title }, at) =>
    cells.reduce((widest, row) => {
      const own = widthOf(row[at]!.text)
      return !isCut && own > maxPadded ? widest : Math.max(widest, own)
    }, widthOf(title))
  )
  let excess = widths.reduce((sum, column) => sum + column + 2, -2) - width
  for (const turn of ["first", "last"])
    columns.forEach(({ shrinks }, at) => {
      if (shrinks !== turn || excess <= 0) return
      const cut = Math.min(excess, Math.max(0, widths[at]! - least))
      widths[at] = widths[at]! - cut
      excess -= cut
    })
  const line = (row: ReadonlyArray<Cell>) =>
    row
      .map(({ show, text }, at) => {
        const room = widths[at]!
        const cut = isCut ? cutTo(text, room) : text
        const shown = show === undefined ? cut : show(cut)
        const blanks = " ".repeat(Math.max(0, room - widthOf(cut)))
        return columns[at]!.right === true ? blanks + shown : shown + blanks
      })
      .join("  ")
      .trimEnd()
  return [line(columns.map(({ title }) => ({ text: title }))), ...cells.map(line)]
}
