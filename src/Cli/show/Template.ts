/**
 * Templates of `--format`: text with fields in braces, as `{name:<20} {value:>10.3}`. A template is parsed once, before
 * any request, so a mistake in it is reported at once.
 */
import * as Result from "effect/Result"
import { didYouMean } from "../../Message/index.ts"
import { cannotRun, type Failure } from "../Failure.ts"
import { visible } from "./visible.ts"
import { cutTo, widthOf } from "./width.ts"

/** The value of a field: text, and its number, if it has one. */
export interface Cell {
  readonly text: string
  readonly number?: number | undefined
}

/** The fields of templates. */
export type Fields<A> = Readonly<Record<string, (row: A) => Cell>>

/** Returns the line of one row. */
export type Template<A> = (row: A) => string

/** The widest field, and the largest number of digits (`Number.toFixed`). */
const [widest, maxDigits] = [1000, 100]

const pieces = /\{\{|\}\}|\{([^{}]*)\}|\\(.)|[{}\\]|[^{}\\]+/gsu
const specification = /^([<>^]?)(\d*)(?:\.(\d+))?$/
const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", "\\": "\\", "{": "{", "}": "}" }

/**
 * Parses a template. `{field}` is the value of a field. `{field:WIDTH}`, `{field:>WIDTH}` and `{field:^WIDTH}` pad it
 * on the right, on the left and on both sides. `{field:.PRECISION}` gives a number this many digits after the point,
 * and cuts text to this many columns. `{{` and `}}` are braces; `\t`, `\n` and `\\` are a tab, a line end and a
 * backslash. Fails with the place and the known fields.
 */
export const parseTemplate = <A>(text: string, fields: Fields<A>): Result.Result<Template<A>, Failure> => {
  const parts: Array<Template<A>> = []
  for (const match of text.matchAll(pieces)) {
    const [piece, field, escape] = match
    const fault = (what: string) => Result.fail(cannotRun(`--format: ${what} (at character ${match.index + 1})`))
    if (field !== undefined) {
      const [name = "", ...rest] = field.split(":")
      if (!Object.hasOwn(fields, name)) return fault(unknownField(name, Object.keys(fields)))
      const layout = layoutOf(rest.join(":"))
      if (layout === undefined)
        return fault(
          `{${field}} is not a field: write {${name}}, {${name}:>10}, or {${name}:10.3} with width and precision`
        )
      const cell = fields[name]!
      parts.push((row) => laidOut(cell(row), layout))
    } else if (escape !== undefined) {
      const character = escapes[escape]
      if (character === undefined) return fault(`\\${escape} is not an escape; write \\t, \\n or \\\\`)
      parts.push(() => character)
    } else if (piece === "{") return fault("{ without }; write {{ for a brace")
    else if (piece === "}") return fault("} without {; write }} for a brace")
    else if (piece === "\\") return fault("\\ at the end; write \\\\ for a backslash")
    else {
      const literal = piece === "{{" ? "{" : piece === "}}" ? "}" : piece
      parts.push(() => literal)
    }
  }
  return Result.succeed((row) => parts.map((part) => part(row)).join(""))
}

const unknownField = (name: string, names: ReadonlyArray<string>): string => {
  const meant = name === "" ? "" : didYouMean(name, names)
  return `there is no field {${name}}${meant}${meant === "" ? ";" : ""} fields are ${names.join(", ")}`
}

interface Layout {
  readonly align: string
  readonly width: number
  readonly precision: number | undefined
}

const layoutOf = (text: string): Layout | undefined => {
  const [, align, digits, after] = specification.exec(text) ?? []
  if (align === undefined || digits === undefined) return undefined
  const width = Number(digits)
  const precision = after === undefined ? undefined : Number(after)
  if (width > widest || (precision !== undefined && precision > widest)) return undefined
  return { align, width, precision }
}

const laidOut = ({ number, text }: Cell, { align, precision, width }: Layout): string => {
  const shown = visible(precise(text, number, precision))
  const cut = precision !== undefined && number === undefined ? cutTo(shown, precision) : shown
  const blanks = Math.max(0, width - widthOf(cut))
  const before = align === ">" ? blanks : align === "^" ? Math.floor(blanks / 2) : 0
  return " ".repeat(before) + cut + " ".repeat(blanks - before)
}

/** NaN and infinities are unchanged: they have no digits. */
const precise = (text: string, number: number | undefined, precision: number | undefined): string =>
  number === undefined || precision === undefined || !Number.isFinite(number)
    ? text
    : number.toFixed(Math.min(precision, maxDigits))
