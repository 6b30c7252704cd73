import { visible } from "./visible.ts"
import { cutTo, widthOf } from "./width.ts"

/** A column of a table. */
export interface Column {
  readonly title: string
  /** Whether its cells stand at the right, as numbers do. */
  readonly right?: boolean | undefined
  /**
   * Whether its cells are cut, with an ellipsis, where the terminal is too narrow: before all else, or last. By default it is
   * as wide as it has to be.
   */
  readonly shrinks?: "first" | "last" | undefined
}

/** A cell: its text, and how it is shown. */
export interface Cell {
  readonly text: string
  readonly show?: ((text: string) => string) | undefined
}

/** The characters that a column keeps when it is cut. Not measured: a shorter value says nothing. */
const least = 8

/**
 * Columns of cells to which others are padded where nothing is cut. Measured: with one value of 1 MB among 10,000 rows, a table
 * padded to it takes 10 GB.
 */
const maxPadded = 200

/**
 * The lines of a table, its head first; `width` is what there is room for. Without it nothing is cut, and cells that are much
 * longer than others stand out of their column.
 */
export const table = (
  columns: ReadonlyArray<Column>,
  rows: ReadonlyArray<ReadonlyArray<Cell>>,
  width = Number.POSITIVE_INFINITY
): ReadonlyArray<string> => {
  // of a value of a megabyte no more is looked at than there may be room for
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
