/**
 * The fields of a request's form, from its help text. Servers of this library end it with `Usage: ?track az el [name]`,
 * others have the usage in brackets (`(?add x y)`), and those of the Python libraries a section `Parameters`, with types.
 */

/** A request with the help text that the device has. */
export interface RequestHelp {
  readonly name: string
  readonly help: string
}

/** What a field takes. */
type FieldInput =
  | { readonly _tag: "text" }
  | { readonly _tag: "number"; readonly isWhole: boolean }
  | { readonly _tag: "choice"; readonly options: ReadonlyArray<string> }

/** A field of a form. */
export interface Field {
  readonly name: string
  readonly input: FieldInput
  readonly presence: "required" | "optional" | "rest"
  /** What the help text says of it. */
  readonly hint: string
}

const usageMark = "Usage: "
const heading = /^([ \t]*)(?:Parameters|Params)[ \t]*\n\1-{3,}[ \t]*\n/m

/** What a help text says for people, and the fields of the form. */
export const formOf = ({
  help,
  name
}: RequestHelp): { readonly doc: string; readonly fields: ReadonlyArray<Field> } => {
  const at = help.lastIndexOf(`${usageMark}?${name}`)
  if (at !== -1 && !help.slice(at).includes("\n"))
    return { doc: help.slice(0, at).trim(), fields: fieldsOfUsage(help.slice(at + usageMark.length)) }
  const bracket = help.indexOf(`(?${name}`)
  const end = help.indexOf(")", bracket)
  if (bracket !== -1 && end !== -1 && /^[ )]/.test(help.slice(bracket + name.length + 2)))
    return { doc: help, fields: fieldsOfUsage(help.slice(bracket + 1, end)) }
  const section = heading.exec(help)
  if (section === null) return { doc: help, fields: fieldsOfUsage("?x [argument ...]") }
  return {
    doc: help.slice(0, section.index).trim(),
    fields: fieldsOfParameters(help.slice(section.index + section[0].length), section[1]!)
  }
}

/** Reads the section `Parameters` of a help text: `name : float`, and lines below it that say more. */
const fieldsOfParameters = (text: string, indent: string): ReadonlyArray<Field> => {
  const fields: Array<Field> = []
  const lines = text.split("\n")
  for (const [at, line] of lines.entries()) {
    if (/^\s*-{3,}\s*$/.test(lines[at + 1] ?? "")) break
    const [, name, type = ""] = line.startsWith(indent)
      ? (/^([A-Za-z_][\w-]*)[ \t]*:(.*)$/.exec(line.slice(indent.length)) ?? [])
      : []
    if (name === undefined) continue
    const more = lines.slice(at + 1).findIndex((other) => other.trim() === "" || !other.startsWith(`${indent} `))
    const doc = lines.slice(at + 1, more === -1 ? undefined : at + 1 + more).map((other) => other.trim())
    fields.push({
      name,
      input: inputOf(type),
      presence: /\boptional\b/i.test(type) ? "optional" : "required",
      hint: [type.replace(/,?\s*\boptional\b/i, "").trim(), ...doc].filter(Boolean).join(": ").slice(0, 200)
    })
  }
  return fields
}

const inputOf = (type: string): FieldInput => {
  const choices = /\{([^}]*)\}/
    .exec(type)?.[1]
    ?.split(",")
    .map((choice) => choice.trim().replace(/^['"]|['"]$/g, ""))
  if (choices !== undefined && choices.length > 1 && choices.every(Boolean)) return { _tag: "choice", options: choices }
  if (/\bbool(?:ean)?\b/i.test(type)) return { _tag: "choice", options: ["1", "0"] }
  if (/\bint(?:eger)?\b/i.test(type)) return { _tag: "number", isWhole: true }
  return /\b(?:float|double|number)\b/i.test(type) ? { _tag: "number", isWhole: false } : { _tag: "text" }
}

/** Reads `?track az el [name] [more ...]`. */
export const fieldsOfUsage = (usage: string): ReadonlyArray<Field> =>
  Array.from(usage.replace(/^\s*\?\S+/, "").matchAll(/\[([^\]]*)\]|(\S+)/g), ([, optional, plain = ""]): Field => {
    const text = (optional ?? plain).trim()
    const name = text.replace(/\s*\.\.\.$/, "")
    const options = name.split("|")
    const isChoice = options.length > 1 && options.every(Boolean)
    return {
      name: isChoice ? "choice" : name,
      input: isChoice ? { _tag: "choice", options } : { _tag: "text" },
      presence: text.endsWith("...") ? "rest" : optional === undefined ? "required" : "optional",
      hint: ""
    }
  }).filter(({ name }) => name !== "")

/** The arguments of filled fields, or what is wrong with which field. */
export type Filled = { readonly args: ReadonlyArray<string> } | { readonly faults: ReadonlyMap<number, string> }

/** Splits words as a shell does: `"two words" three`. */
export const wordsOf = (text: string): ReadonlyArray<string> =>
  Array.from(text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g), ([, quoted, plain]) =>
    quoted === undefined ? plain! : quoted.replace(/\\(.)/g, "$1")
  )

/** Returns the arguments of a request from what stands in its fields. */
export const argumentsOf = (fields: ReadonlyArray<Field>, values: ReadonlyArray<string>): Filled => {
  const faults = new Map<number, string>()
  const args: Array<string> = []
  // arguments count by their place: those before a filled one must be filled
  const last = values.findLastIndex((value) => value !== "")
  fields.forEach((field, at) => {
    const value = values[at] ?? ""
    if (field.presence === "rest") {
      if (value !== "") args.push(...wordsOf(value))
      return
    }
    if (value === "") {
      if (field.presence === "required") faults.set(at, `${field.name} is needed`)
      else if (at < last) faults.set(at, `${field.name} is needed, since a later argument is given`)
      return
    }
    const fault = faultOf(field, value)
    if (fault !== undefined) faults.set(at, fault)
    args.push(value)
  })
  return faults.size > 0 ? { faults } : { args }
}

const faultOf = ({ input }: Field, value: string): string | undefined => {
  if (input._tag !== "number") return undefined
  const number = Number(value)
  if (Number.isNaN(number) || value.trim() !== value) return `${value} is not a number`
  if (input.isWhole && !/^[+-]?\d+$/.test(value)) return `${value} is not a whole number`
  return undefined
}

/** Returns a request as KATCP writes it, for people to confirm. */
export const lineOfRequest = (name: string, args: ReadonlyArray<string>): string =>
  [`?${name}`, ...args.map((arg) => (arg === "" ? "\\@" : arg.replace(/\\/g, "\\\\").replace(/ /g, "\\_")))].join(" ")
