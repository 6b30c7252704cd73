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

/** Data with the values of its references. */
export interface Substituted {
  readonly data: Readonly<Record<string, unknown>>
  readonly faults: ReadonlyArray<Fault>
  /** The paths of texts with references: those values are never shown. */
  readonly secrets: ReadonlySet<string>
}

/** Replaces `${env:NAME}` with the values of variables. Without an environment, a reference is a mistake. */
export const substitute = (
  data: Readonly<Record<string, unknown>>,
  environment: Environment | undefined
): Substituted => {
  const faults: Array<Fault> = []
  const secrets = new Set<string>()
  const walk = (value: unknown, path: ReadonlyArray<PropertyKey>): unknown => {
    if (typeof value === "string") return value.includes("${env:") ? replaced(value, path) : value
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, index]))
    if (typeof value !== "object" || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, [...path, key])]))
  }
  const replaced = (text: string, path: ReadonlyArray<PropertyKey>): string => {
    secrets.add(pathText(path))
    const wrong = (message: string): string => {
      faults.push({ path: pathText(path), message })
      return ""
    }
    return text.replace(reference, (whole, variable: string, end: string) => {
      if (end === "") return wrong(`the reference to a variable does not end with }; write $\{env:NAME}`)
      if (environment === undefined)
        return wrong(
          `${whole} is not replaced here, because this file is only used as an address book; name it with --site`
        )
      if (!name.test(variable)) return wrong(`${whole}: ${JSON.stringify(variable)} is not a name of a variable`)
      const found = environment[variable]
      return found ?? wrong(`${whole}: the environment has no variable ${variable}`)
    })
  }
  return { data: walk(data, []) as Readonly<Record<string, unknown>>, faults, secrets }
}
