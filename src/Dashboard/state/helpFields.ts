/**
 * Derives the fields of a request's form from its help text. Servers of this library end the text with `Usage: ?track
 * az el [name]`, other devices put the synopsis in brackets (`(?add x y)`), and those of the Python libraries have a
 * section `Parameters`, with types.
 */
import type { Field, FieldInput } from "./fields.ts"

/** The text for people, and the fields; `undefined` if the help text does not describe the arguments. */
export interface HelpFields {
  readonly doc: string
  readonly fields: ReadonlyArray<Field> | undefined
}

const usageMark = "Usage: "
const heading = /^([ \t]*)(?:Parameters|Params)[ \t]*\n\1-{3,}[ \t]*\n/m

/** Parses the help text of a request. */
export const readHelp = (name: string, help: string): HelpFields => {
  const at = help.lastIndexOf(`${usageMark}?${name}`)
  if (at !== -1 && !help.slice(at).includes("\n"))
    return { doc: help.slice(0, at).trim(), fields: fieldsOfUsage(help.slice(at + usageMark.length)) }
  const bracket = help.indexOf(`(?${name}`)
  const end = help.indexOf(")", bracket)
  if (bracket !== -1 && end !== -1 && /^[ )]/.test(help.slice(bracket + name.length + 2)))
    return { doc: help, fields: fieldsOfUsage(help.slice(bracket + 1, end)) }
  const section = heading.exec(help)
  if (section === null) return { doc: help, fields: undefined }
  return {
    doc: help.slice(0, section.index).trim(),
    fields: fieldsOfParameters(help.slice(section.index + section[0].length), section[1]!)
  }
}

/** Parses the section `Parameters` of a help text: `name : float`, and further lines below it. */
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
  const options = /\{([^}]*)\}/
    .exec(type)?.[1]
    ?.split(",")
    .map((choice) => choice.trim().replace(/^['"]|['"]$/g, ""))
  if (options !== undefined && options.length > 1 && options.every(Boolean)) return { _tag: "choice", options }
  if (/\bbool(?:ean)?\b/i.test(type)) return { _tag: "boolean" }
  if (/\bint(?:eger)?\b/i.test(type)) return { _tag: "number", isWhole: true }
  return /\b(?:float|double|number)\b/i.test(type) ? { _tag: "number", isWhole: false } : { _tag: "text" }
}

/** Parses `?track az el [name] [more ...]`. */
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
