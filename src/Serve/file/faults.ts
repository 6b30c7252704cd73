/** Mistakes that a Schema finds in a site file, in words. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import * as SchemaIssue from "effect/SchemaIssue"
import { nearest } from "../../Message/index.ts"
import { type Fault, pathText } from "./Fault.ts"
import { kindOf } from "./parse.ts"

type Path = ReadonlyArray<PropertyKey>

const format = SchemaIssue.makeFormatterDefault()

/** The words for expected types. */
const words: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  boolean: "true or false",
  object: "keys and values",
  array: "a list"
}

/** Returns the leaves of an issue: the mistakes, with their places. */
const leavesOf = (issue: SchemaIssue.Issue, path: Path): ReadonlyArray<readonly [Path, SchemaIssue.Issue]> => {
  switch (issue._tag) {
    case "Pointer":
      return leavesOf(issue.issue, [...path, ...issue.path])
    case "Filter":
      // the check of a value has the words for what it expects
      return issue.issue._tag === "InvalidValue" ? [[path, issue]] : leavesOf(issue.issue, path)
    case "Encoding":
      return leavesOf(issue.issue, path)
    case "Composite":
      return issue.issues.flatMap((one) => leavesOf(one, path))
    case "AnyOf":
      return issue.issues.length === 0 ? [[path, issue]] : issue.issues.flatMap((one) => leavesOf(one, path))
    default:
      return [[path, issue]]
  }
}

/**
 * Returns the mistakes in data. `data` is shown as written in the file; texts at `secrets`, which come from the
 * environment, are never shown.
 */
export const faultsIn = (issue: SchemaIssue.Issue, data: unknown, secrets: ReadonlySet<string>): ReadonlyArray<Fault> =>
  leavesOf(issue, []).map(([path, leaf]) => {
    const text = pathText(path)
    return {
      path: text,
      message: secrets.has(text) ? `the value of ${kindOf(at(data, path))} is not valid here` : textOf(leaf, path, data)
    }
  })

const textOf = (leaf: SchemaIssue.Issue, path: Path, data: unknown): string => {
  switch (leaf._tag) {
    case "UnexpectedKey":
      return unexpected(String(path.at(-1)), leaf.ast)
    case "MissingKey":
      return "this key is missing"
    default: {
      const said = format(leaf).split("\n")[0]!
      const [, expected] = /^Expected (.+?)(?:, (?:got|actual) .*)?$/.exec(said) ?? []
      if (expected === undefined) return said
      const kinds = expected.split(" | ").filter((kind) => kind !== "undefined")
      const found = at(data, path)
      const wanted = kinds.map((kind) => (Object.hasOwn(words, kind) ? words[kind]! : kind)).join(" or ")
      return `expected ${wanted}, got ${kindOf(found)}${kinds.join() === "string" ? quoted(leaf, found) : ""}`
    }
  }
}

/** Suggests quotes for a value that YAML reads as a number or a boolean, if the text of it is valid. */
const quoted = (leaf: SchemaIssue.Issue, found: unknown): string => {
  if ((typeof found !== "number" && typeof found !== "boolean") || !("ast" in leaf)) return ""
  const tried = Schema.decodeResult(Schema.make<Schema.Decoder<unknown>>(leaf.ast as SchemaAST.AST))(`${found}`)
  if (Result.isSuccess(tried)) return `; write it in quotes: "${found}"`
  const [[, fault] = []] = leavesOf(tried.failure.issue, [])
  return fault === undefined ? "" : `: ${format(fault).split("\n")[0]!}`
}

/** Reports an unknown key, with the most similar known ones. */
const unexpected = (key: string, ast: SchemaAST.AST): string => {
  const name = ast._tag === "Objects" ? ast.indexSignatures[0]?.parameter : undefined
  if (name !== undefined) return `${JSON.stringify(key)} is not allowed here: ${describe(name)}`
  const known = ast._tag === "Objects" ? ast.propertySignatures.map(({ name }) => String(name)) : []
  const [best] = nearest(key, known)
  const rest = best === undefined ? `the keys are ${known.join(", ")}` : `did you mean ${best}?`
  return `there is no key ${JSON.stringify(key)}; ${rest}`
}

/** Describes the valid keys of a record. */
const describe = ({ checks }: SchemaAST.AST): string =>
  checks?.map(({ annotations }) => String(annotations?.description ?? "")).find((text) => text !== "") ??
  "this is not a valid name"

const at = (data: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    data
  )
