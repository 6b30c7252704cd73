/** The source text of values and calls, laid out in lines. */
import * as NetAddress from "effect/net/NetAddress"
import { Address } from "../../Codec/index.ts"

/** Source text: a plain text, or a list that is put on one line if it fits, otherwise one item a line. */
export type Source = string | { readonly open: string; readonly items: ReadonlyArray<Source>; readonly close: string }

/** Columns of generated code. Given by the style of this project: its own code has 120. */
const width = 120

const flat = (source: Source): string =>
  typeof source === "string" ? source : `${source.open}${source.items.map(flat).join(", ")}${source.close}`

/** Returns the text, laid out from an indented column on. */
export const layOut = (source: Source, indent = ""): string => {
  const line = flat(source)
  if (typeof source === "string" || indent.length + line.length < width) return line
  const inner = `${indent}  `
  const items = source.items.map((item) => `${inner}${layOut(item, inner)}`)
  return [source.open.trimEnd(), items.join(",\n"), `${indent}${source.close.trimStart()}`].join("\n")
}

/** Returns a list in brackets. */
export const list = (open: string, items: ReadonlyArray<Source>, close: string): Source =>
  items.length === 0 ? `${open.trimEnd()}${close.trimStart()}` : { open, items, close }

const identifier = /^[A-Za-z_$][\w$]*$/

/** Returns a field of a record. */
export const field = (name: string, value: Source): Source => {
  const key = `${identifier.test(name) ? name : text(name)}: `
  return typeof value === "string" ? `${key}${value}` : { ...value, open: `${key}${value.open}` }
}

/** Characters that end a line, are invisible, or change the direction of writing. */
const unseen = /[\p{Cc}\p{Cf}\u2028\u2029]/gu

/** Returns text as a literal with everything visible. */
export const text = (value: string): string =>
  JSON.stringify(value).replace(unseen, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)

/** Returns text as a comment of one line. */
export const comment = (value: string): string => `// ${value.replace(unseen, " ")}`

const number = (value: number): string => {
  if (Number.isNaN(value)) return "Number.NaN"
  if (Number.isFinite(value)) return Object.is(value, -0) ? "-0" : `${value}`
  return value > 0 ? "Number.POSITIVE_INFINITY" : "Number.NEGATIVE_INFINITY"
}

const address = ({ host, port }: Address): string =>
  `Codec.Address.make(${text(NetAddress.formatIp(host))}${port === undefined ? "" : `, ${port}`})`

/** Returns a value of one of the argument types. */
export const literal = (value: unknown): Source => {
  switch (typeof value) {
    case "string":
      return text(value)
    case "number":
      return number(value)
    case "bigint":
      return `${value}n`
    case "boolean":
      return `${value}`
  }
  if (value instanceof Uint8Array) return list("Uint8Array.of(", Array.from(value, String), ")")
  if (value instanceof Address) return address(value)
  if (Array.isArray(value)) return list("[", value.map(literal), "]")
  return list(
    "{ ",
    Object.entries(value as object).map(([name, item]) => field(name, literal(item))),
    " }"
  )
}
