/**
 * The fields of a request's form: from the gateway's contract of the device, otherwise from the device's help text,
 * otherwise one line for all arguments.
 */
import { readHelp } from "./helpFields.ts"

/** An argument of a request, from the contract of the device. */
export interface Argument {
  readonly name: string
  readonly type: string
  readonly presence: "required" | "optional" | "rest"
  readonly options?: ReadonlyArray<string>
  readonly minimum?: string
  readonly maximum?: string
  readonly default?: string
}

/** A request with the help text of the device, and its arguments if the gateway has a contract of the device. */
export interface RequestHelp {
  readonly name: string
  readonly help: string
  readonly arguments?: ReadonlyArray<Argument>
}

/** The input of a field. */
export type FieldInput =
  | { readonly _tag: "text" }
  | { readonly _tag: "number"; readonly isWhole: boolean; readonly minimum?: string; readonly maximum?: string }
  | { readonly _tag: "boolean" }
  | { readonly _tag: "choice"; readonly options: ReadonlyArray<string> }
  | { readonly _tag: "time"; readonly orNow: boolean }
  | { readonly _tag: "address" }

/** A field of a form. */
export interface Field {
  readonly name: string
  readonly input: FieldInput
  readonly presence: Argument["presence"]
  readonly hint: string
}

/** The form of a request: a text for people, and its fields. */
export interface Form {
  readonly doc: string
  readonly fields: ReadonlyArray<Field>
}

/** The single field of a request without a description of its arguments. */
const anyArguments: Field = { name: "arguments", input: { _tag: "text" }, presence: "rest", hint: "" }

/** Returns the form of a request. */
export const formOf = ({ arguments: described, help, name }: RequestHelp): Form => {
  const { doc, fields = [anyArguments] } = readHelp(name, help)
  return { doc, fields: described === undefined ? fields : described.map(fieldOf) }
}

const fieldOf = (argument: Argument): Field => ({
  name: argument.name,
  input: inputOf(argument),
  presence: argument.presence,
  hint: hintOf(argument)
})

const inputOf = ({ maximum, minimum, options = [], type }: Argument): FieldInput => {
  const limits = { ...(minimum === undefined ? {} : { minimum }), ...(maximum === undefined ? {} : { maximum }) }
  switch (type) {
    case "integer":
      return { _tag: "number", isWhole: true, ...limits }
    case "float":
      return { _tag: "number", isWhole: false, ...limits }
    case "boolean":
      return { _tag: "boolean" }
    case "discrete":
      return { _tag: "choice", options }
    case "timestamp":
    case "timestamp-or-now":
      return { _tag: "time", orNow: type === "timestamp-or-now" }
    case "address":
      return { _tag: "address" }
    default:
      return { _tag: "text" }
  }
}

/** The types of arguments, in words. */
const typeWords: Readonly<Record<string, string>> = {
  integer: "whole number",
  float: "number",
  timestamp: "2026-11-29 16:04:05 in UTC, or seconds since 1970",
  "timestamp-or-now": "now, 2026-11-29 16:04:05 in UTC, or seconds since 1970",
  address: "host:port",
  string: "text",
  bytes: "text",
  boolean: "",
  discrete: ""
}

const hintOf = ({ default: value, maximum, minimum, options = [], type }: Argument): string => {
  const limits =
    minimum !== undefined && maximum !== undefined
      ? `from ${minimum} to ${maximum}`
      : minimum !== undefined
        ? `at least ${minimum}`
        : maximum !== undefined
          ? `at most ${maximum}`
          : ""
  const words = type === "discrete-list" ? `some of ${options.join(", ")}` : (typeWords[type] ?? type)
  const shown = type === "boolean" ? (value === "1" ? "true" : "false") : value
  return [words, limits, value === undefined ? "" : `default ${shown}`].filter(Boolean).join(", ")
}

/** The arguments of filled fields, or the faults of fields by position. */
export type Filled = { readonly args: ReadonlyArray<string> } | { readonly faults: ReadonlyMap<number, string> }

/** Splits words as a shell does: `"two words" three`. */
export const wordsOf = (text: string): ReadonlyArray<string> =>
  Array.from(text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g), ([, quoted, plain]) =>
    quoted === undefined ? plain! : quoted.replace(/\\(.)/g, "$1")
  )

/** Returns the arguments of a request from the texts in its fields. Times become seconds, or milliseconds in version 4 of the protocol. */
export const argumentsOf = (fields: ReadonlyArray<Field>, values: ReadonlyArray<string>, version = 5): Filled => {
  const faults = new Map<number, string>()
  const args: Array<string> = []
  // arguments count by position: those before a filled one are required
  const last = values.findLastIndex((value) => value !== "")
  fields.forEach((field, at) => {
    const value = values[at] ?? ""
    if (value === "") {
      if (field.presence === "required") faults.set(at, `${field.name} is missing`)
      else if (at < last && field.presence === "optional")
        faults.set(at, `${field.name} is missing: a later argument is given`)
      return
    }
    for (const word of field.presence === "rest" ? wordsOf(value) : [value]) {
      const read = readField(field.input, word, version)
      if (typeof read === "string") args.push(read)
      else if (!faults.has(at)) faults.set(at, read.fault)
    }
  })
  return faults.size > 0 ? { faults } : { args }
}

/** Returns the argument for a text, or its fault. */
const readField = (input: FieldInput, text: string, version: number): string | { readonly fault: string } => {
  switch (input._tag) {
    case "number":
      return readNumber(input, text)
    case "boolean":
      return /^(?:1|true)$/i.test(text)
        ? "1"
        : /^(?:0|false)$/i.test(text)
          ? "0"
          : { fault: `${text} is neither true nor false` }
    case "choice":
      return input.options.includes(text) ? text : { fault: `${text} is not one of ${input.options.join(", ")}` }
    case "time":
      return readTime(input, text, version)
    case "address":
      return /^(?:\[[\da-f:.]+\]|[^:\s]+)(?::\d{1,5})?$/i.test(text)
        ? text
        : { fault: `${text} is not an address: host:port` }
    default:
      return text
  }
}

type NumberInput = Extract<FieldInput, { readonly _tag: "number" }>

const readNumber = ({ isWhole, maximum, minimum }: NumberInput, text: string): string | { readonly fault: string } => {
  const number = Number(text)
  const isSpecial = !isWhole && /^[+-]?(?:nan|inf)$/i.test(text)
  if (!isSpecial && (Number.isNaN(number) || !/^[+-]?[\d.]/.test(text) || /^[+-]?0[xbo]/i.test(text)))
    return { fault: `${text} is not a number` }
  if (isWhole && !/^[+-]?\d+$/.test(text)) return { fault: `${text} is not a whole number` }
  if (minimum !== undefined && isBelow(text, minimum, isWhole)) return { fault: `${text} is below ${minimum}` }
  if (maximum !== undefined && isBelow(maximum, text, isWhole)) return { fault: `${text} is above ${maximum}` }
  return text
}

/** Compares numbers as text: whole ones exactly, for any size. */
const isBelow = (one: string, other: string, isWhole: boolean): boolean => {
  const [left, right] = [one, other].map((text) => text.replace(/inf/i, "Infinity").replace(/^\+/, ""))
  return isWhole && /^-?\d+$/.test(left!) && /^-?\d+$/.test(right!)
    ? BigInt(left!) < BigInt(right!)
    : Number(left) < Number(right)
}

const readTime = (
  { orNow }: Extract<FieldInput, { readonly _tag: "time" }>,
  text: string,
  version: number
): string | { readonly fault: string } => {
  if (orNow && text.toLowerCase() === "now") return "now"
  const [, date, clock = "00:00:00"] = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)Z?)?$/.exec(text) ?? []
  const seconds = date === undefined ? Number(text) : Date.parse(`${date}T${clock}Z`) / 1000
  if (!Number.isFinite(seconds) || seconds < 0)
    return { fault: `${text} is not a time: 2026-11-29 16:04:05, or seconds since 1970` }
  if (version < 5) return String(Math.round(seconds * 1000))
  return date === undefined ? text : String(seconds)
}

/** Escapes of KATCP (Rev 5.1 §3.2). */
const escapes: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  " ": "\\_",
  "\0": "\\0",
  "\n": "\\n",
  "\r": "\\r",
  "\u001b": "\\e",
  "\t": "\\t"
}

/** Formats a request as a line of KATCP, for confirmation. */
export const lineOfRequest = (name: string, args: ReadonlyArray<string>): string =>
  [
    `?${name}`,
    ...args.map((arg) => (arg === "" ? "\\@" : arg.replace(/[\\ \0\n\r\u001b\t]/g, (letter) => escapes[letter]!)))
  ].join(" ")
