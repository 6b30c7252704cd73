/** Figures as text, and the table. */

/** Returns the median. */
export const median = (values: ReadonlyArray<number>): number | undefined => {
  const sorted = [...values].sort((a, b) => a - b)
  const k = sorted.length
  if (k === 0) return undefined
  return k % 2 === 1 ? sorted[k >> 1] : (sorted[k / 2 - 1]! + sorted[k / 2]!) / 2
}
/** Returns half the range in percent of the median. */
export const spread = (values: ReadonlyArray<number>): number | undefined => {
  const middle = median(values)
  if (values.length < 2 || middle === undefined || middle === 0) return undefined
  return ((Math.max(...values) - Math.min(...values)) / 2 / Math.abs(middle)) * 100
}
const significant = (value: number): string => {
  const digits = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
  return String(Number(value.toFixed(digits)))
}
/** Formats a number: `52.1k`, `1.04M`, `0.0877`, or `-` if it is missing. */
const number = (value: number | undefined): string => {
  if (value === undefined || Number.isNaN(value)) return "-"
  const size = Math.abs(value)
  if (size >= 1e6) return `${(value / 1e6).toFixed(2)}M`
  if (size >= 1e4) return `${(value / 1e3).toFixed(1)}k`
  return size >= 100 ? value.toFixed(0) : significant(value)
}
/** Formats the median and, for several runs, half their range. */
const cell = (values: ReadonlyArray<number>): string => {
  const off = spread(values)
  return number(median(values)) + (off === undefined ? "" : ` ±${off.toFixed(0)}%`)
}
/** Returns how much better `a` is than `b`. */
const ratio = (a: number | undefined, b: number | undefined, better: number): string => {
  if (a === undefined || b === undefined || better === 0 || !(a > 0) || !(b > 0)) return "-"
  const value = better > 0 ? a / b : b / a
  return value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0)
}

/** A line of the table: figures of each column in every round. A line without figures is a heading. */
export interface TableRow {
  readonly label: string
  readonly better: number
  readonly values: (column: string) => ReadonlyArray<number>
}
export const heading = (label: string): TableRow => ({ label: `**${label}**`, better: 0, values: () => [] })

/** Formats a Markdown table: a column for each contender, then ratios of `subject` to the named others. */
export const table = (
  rows: ReadonlyArray<TableRow>,
  order: ReadonlyArray<string>,
  subject: string,
  against: ReadonlyArray<string>
): string => {
  const columns = order.filter((column) => rows.some((row) => row.values(column).length > 0))
  const others = against.filter((column) => column !== subject && columns.includes(column))
  const head = ["", ...columns, ...others.map((column) => `${subject} / ${column}`)]
  const body = rows.map((row) => {
    if (row.label.startsWith("**")) return [row.label, ...head.slice(1).map(() => "")]
    const mine = median(row.values(subject))
    const ratios = others.map((column) => ratio(mine, median(row.values(column)), row.better))
    const figures = columns.map((column) =>
      row.better === 0 ? number(median(row.values(column))) : cell(row.values(column))
    )
    return [row.label, ...figures, ...ratios]
  })
  const widths = head.map((_, i) => Math.max(...[head, ...body].map((line) => line[i]!.length)))
  const line = (cells: ReadonlyArray<string>) =>
    `| ${cells.map((text, i) => (i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!))).join(" | ")} |`
  const rule = `|${widths.map((width, i) => "-".repeat(width + 1) + (i === 0 ? "-" : ":")).join("|")}|`
  return [line(head), rule, ...body.map(line)].join("\n")
}
