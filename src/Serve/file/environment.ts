/** `${env:NAME}` in texts of a site file. */
import type { Fault } from "./Fault.ts"
import { pathText } from "./Fault.ts"

/**
 * The variables of a process.
 *
 * @category models
 * @since 0.1.0
 */
export type Environment = Readonly<Record<string, string | undefined>>

const reference = /\$\{env:([^}]*)(\}?)/g
const name = /^[A-Za-z_][A-Za-z0-9_]*$/
/** A reference in the form of shells, by a name as variables usually have it. */
const bare = /\$\{([A-Z_][A-Z0-9_]*)\}/

/** Data with the values of its references. */
export interface Substituted {
  readonly data: Readonly<Record<string, unknown>>
  readonly faults: ReadonlyArray<Fault>
  /** The paths of texts with references: those values are never shown. */
  readonly secrets: ReadonlySet<string>
}

/**
 * Replaces `${env:NAME}` with the values of variables. Without an environment, a reference is a mistake, and so is a
 * reference to a variable whose name does not begin with `prefix`. `${NAME}` is a mistake, too: as plain text it would
 * be a password or token that everyone can read.
 */
export const substitute = (
  data: Readonly<Record<string, unknown>>,
  environment: Environment | undefined,
  prefix = ""
): Substituted => {
  const faults: Array<Fault> = []
  const secrets = new Set<string>()
  const walk = (value: unknown, path: ReadonlyArray<PropertyKey>): unknown => {
    if (typeof value === "string") return value.includes("${") ? replaced(value, path) : value
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, index]))
    if (typeof value !== "object" || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, [...path, key])]))
  }
  const replaced = (text: string, path: ReadonlyArray<PropertyKey>): string => {
    const wrong = (message: string): string => {
      faults.push({ path: pathText(path), message })
      return ""
    }
    const [whole, variable] = bare.exec(text) ?? []
    if (variable !== undefined) return wrong(`${whole} is not replaced: write $\{env:${prefixed(variable, prefix)}}`)
    if (!refers(text)) return text
    secrets.add(pathText(path))
    return text.replace(reference, (whole, variable: string, end: string) => {
      if (end === "") return wrong(`the reference to a variable does not end with }; write $\{env:NAME}`)
      if (environment === undefined)
        return wrong(
          `${whole} is not replaced here, because this file is only used as an address book; name it with --site`
        )
      if (!name.test(variable)) return wrong(`${whole}: ${JSON.stringify(variable)} is not a name of a variable`)
      if (!variable.startsWith(prefix)) return wrong(`${whole}: ${notReadable(variable, prefix)}`)
      return environment[variable] ?? wrong(`${whole}: ${missing(variable, environment)}`)
    })
  }
  return { data: walk(data, []) as Readonly<Record<string, unknown>>, faults, secrets }
}

/** Returns the name of a variable with a prefix. */
const prefixed = (variable: string, prefix: string): string =>
  variable.startsWith(prefix) ? variable : `${prefix}${variable}`

const notReadable = (variable: string, prefix: string): string =>
  `a device in the database of a fleet can only use variables whose names begin with ${prefix}, because everyone who may add devices chooses them. Rename the variable to ${prefixed(variable, prefix)}`

const missing = (variable: string, environment: Environment): string => {
  const other = prefixed(variable, devicePrefix)
  const similar =
    other !== variable && environment[other] !== undefined ? `. It has ${other}: write $\{env:${other}}` : ""
  return `the environment has no variable ${variable}${similar}`
}

/**
 * The variables that a device in the database of a fleet can use: their names begin so. Others, such as the password of
 * the database, are not for those who add devices.
 *
 * @category devices
 * @since 0.1.0
 */
export const devicePrefix = "KATCP_DEVICE_"

/**
 * Returns the faults of devices, by name, whose references a fleet with a database refuses. The variables need not exist
 * here.
 *
 * @category devices
 * @since 0.1.0
 */
export const foreignReferences = (devices: Readonly<Record<string, unknown>>): ReadonlyArray<Fault> => {
  const anything = new Proxy<Environment>({}, { get: () => "" })
  return substitute({ devices }, anything, devicePrefix).faults
}

/** A character in a regular expression with the flag u. */
const escaped = (character: string): string => `\\u{${character.codePointAt(0)!.toString(16)}}`

/** Returns a function that replaces the values of the variables of some data by the references, in texts for people. */
export const concealing = (data: unknown, environment: Environment): ((text: string) => string) => {
  const hidden = new Map<string, string>()
  for (const [whole, variable] of (JSON.stringify(data) ?? "").matchAll(reference)) {
    const value = environment[variable!]
    if (value === undefined || value === "") continue
    hidden.set(value.toLowerCase(), whole)
    hidden.set(encodeURI(value.toWellFormed()).toLowerCase(), whole)
  }
  if (hidden.size === 0) return (text) => text
  // of two values at one place, the longer one
  const values = [...hidden.keys()].sort((one, other) => other.length - one.length)
  const any = new RegExp(values.map((value) => value.replace(/[^\p{L}\p{N}]/gu, escaped)).join("|"), "giu")
  return (text) => text.replace(any, (value) => hidden.get(value.toLowerCase()) ?? "…")
}

/** Returns `true` if a text refers to a variable. */
export const refers = (text: unknown): text is string => typeof text === "string" && text.includes("${env:")
