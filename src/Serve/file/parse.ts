/** Parses the text of a site file into plain data. */
import * as Toml from "effect/encoding/Toml"
import * as Yaml from "effect/encoding/Yaml"
import * as Result from "effect/Result"
import { errorText } from "../../Message/index.ts"
import { duplicateKeyIn } from "./duplicateKey.ts"
import type { Fault } from "./Fault.ts"

/** The largest file, in bytes: 4 MiB. Not measured: a thousand devices take some 100 KB. */
export const largestFile = 4_194_304
/**
 * The largest number of values in a file; aliases of YAML can turn a few lines into any number of values. Not measured:
 * a thousand devices with twenty rules each have 40,000.
 */
const maxValues = 200_000
/** The largest depth of a file. Not measured: the deepest section has six levels. */
const deepest = 32

/** The formats of site files, by extension. */
type Form = "YAML" | "TOML" | "JSON"

const formOf = (file: string): Form | undefined => {
  const [, ending = ""] = /\.([a-z]+)$/i.exec(file) ?? []
  switch (ending.toLowerCase()) {
    case "yaml":
    case "yml":
      return "YAML"
    case "toml":
      return "TOML"
    case "json":
      return "JSON"
    default:
      return undefined
  }
}

const fault = (message: string): Result.Result<never, Fault> => Result.fail({ path: "", message })

/** Parses the text, in the format of the file's extension. The result is an object of bounded size. */
export const parse = (file: string, text: string): Result.Result<Readonly<Record<string, unknown>>, Fault> => {
  const form = formOf(file)
  if (form === undefined) return fault("the name of a site file ends in .yaml, .yml, .toml or .json")
  // editors of some systems start a file with a byte order mark
  const body = text.replace(/^\ufeff/, "")
  if (body.trim() === "")
    return fault("the file is empty; it needs devices, like\ndevices:\n  m000: 10.0.0.1:7147".split("\n").join(" "))
  const parsed = dataOf(form, body)
  if (Result.isFailure(parsed)) return fault(`this is not ${form}: ${parsed.failure}`)
  const data = parsed.success
  if (typeof data !== "object" || data === null || Array.isArray(data))
    return fault(`expected keys and values at the top, devices among them; got ${kindOf(data)}`)
  return isSmall(data)
    ? Result.succeed(data as Readonly<Record<string, unknown>>)
    : fault(`it has more than ${maxValues} values, or more than ${deepest} levels`)
}

const dataOf = (form: Form, text: string): Result.Result<unknown, string> => {
  switch (form) {
    case "TOML":
      return Result.mapError(Toml.parse(text), ({ message }) => message)
    case "YAML":
      return Result.try({ try: () => Yaml.parse(text), catch: errorText })
    case "JSON": {
      const twice = duplicateKeyIn(text)
      return twice === undefined
        ? Result.try({ try: (): unknown => JSON.parse(text), catch: errorText })
        : Result.fail(`Duplicate key '${twice.key}' at line ${twice.line}`)
    }
  }
}

/** Describes the type of a value in words. */
export const kindOf = (value: unknown): string => {
  if (value === null || value === undefined) return "nothing"
  if (Array.isArray(value)) return "a list"
  if (typeof value === "object") return "keys and values"
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

/** `true` if data has few enough values, counting the repetitions of aliases. */
const isSmall = (data: unknown): boolean => {
  let left = maxValues
  const walk = (value: unknown, depth: number): boolean => {
    if (--left < 0 || depth > deepest) return false
    if (typeof value !== "object" || value === null) return true
    return (Array.isArray(value) ? value : Object.values(value)).every((item) => walk(item, depth + 1))
  }
  return walk(data, 0)
}
