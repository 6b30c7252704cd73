/**
 * The fields of a request's form: of its contract, whose arguments have types, or of the usage that its help text has
 * (`?track az el [name]`).
 */

/** An argument's type in a contract's description: see `Arg.TypeDescription`. */
interface ArgumentType {
  readonly kind: string
  readonly minimum?: number | string
  readonly maximum?: number | string
  readonly options?: ReadonlyArray<unknown>
  readonly source?: string
}

/** A request as the gateway describes it: see `Interface.RequestDescription`. */
export interface RequestDescription {
  readonly kind: string
  readonly name: string
  readonly doc: unknown
  readonly usage?: unknown
  readonly timeoutHint?: number
  readonly args?: ReadonlyArray<{
    readonly name: string
    readonly type: ArgumentType
    readonly presence?: string
    readonly default?: unknown
  }>
}

/** What a field takes. */
export type FieldInput =
  | { readonly _tag: "text" }
  | { readonly _tag: "number"; readonly isWhole: boolean; readonly least?: number; readonly largest?: number }
  | { readonly _tag: "choice"; readonly options: ReadonlyArray<string> }

/** A field of a form. */
export interface Field {
  readonly name: string
  readonly input: FieldInput
  readonly presence: "required" | "optional" | "rest"
  /** What an optional one is when it is left out. */
  readonly usual: string
  /** The type in words. */
  readonly hint: string
}

const textIn = (value: unknown): string => (typeof value === "string" ? value : "")

const boundOf = (value: number | string | undefined): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined

const inputOf = (type: ArgumentType): FieldInput => {
  const options = (type.options ?? []).filter((option): option is string => typeof option === "string")
  switch (type.kind) {
    case "boolean":
      return { _tag: "choice", options: ["1", "0"] }
    case "lru":
      return { _tag: "choice", options: ["nominal", "error"] }
    case "discrete":
    case "discrete-any-case":
      return options.length === 0 ? { _tag: "text" } : { _tag: "choice", options }
    case "integer":
    case "safe-integer":
    case "float": {
      const [least, largest] = [boundOf(type.minimum), boundOf(type.maximum)]
      return {
        _tag: "number",
        isWhole: type.kind !== "float",
        ...(least === undefined ? {} : { least }),
        ...(largest === undefined ? {} : { largest })
      }
    }
    default:
      return { _tag: "text" }
  }
}

const hints: Readonly<Record<string, string>> = {
  boolean: "1 is true, 0 is false",
  "big-integer": "a whole number",
  timestamp: "seconds since 1970",
  "strict-timestamp": "seconds since 1970",
  "timestamp-or-now": "seconds since 1970, or now",
  address: "host:port",
  bytes: "text",
  string: "text",
  "strict-string": "text",
  lru: "nominal or error"
}

const hintOf = (type: ArgumentType, input: FieldInput): string => {
  if (input._tag !== "number") return hints[type.kind] ?? (type.kind === "pattern" ? `like /${type.source ?? ""}/` : "")
  const kind = input.isWhole ? "a whole number" : "a number"
  if (input.least !== undefined && input.largest !== undefined) return `${kind} from ${input.least} to ${input.largest}`
  if (input.least !== undefined) return `${kind} from ${input.least}`
  return input.largest === undefined ? kind : `${kind} up to ${input.largest}`
}

/** Returns the fields of a request's form. */
export const fieldsOf = (request: RequestDescription): ReadonlyArray<Field> => {
  if (request.args === undefined) return fieldsOfUsage(textIn(request.usage))
  return request.args.map(({ default: usual, name, presence, type }) => {
    const input = inputOf(type)
    return {
      name,
      input,
      presence:
        presence === "optional" || presence === "rest" ? presence : usual === undefined ? "required" : "optional",
      usual: textIn(usual),
      hint: hintOf(type, input)
    }
  })
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
      usual: "",
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
      else if (at < last) {
        if (field.usual === "") faults.set(at, `${field.name} is needed, since a later argument is given`)
        else args.push(field.usual)
      }
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
  if (input.least !== undefined && number < input.least) return `at least ${input.least} is wanted`
  if (input.largest !== undefined && number > input.largest) return `at most ${input.largest} is wanted`
  return undefined
}

/** Returns a request as KATCP writes it, for people to confirm. */
export const lineOfRequest = (name: string, args: ReadonlyArray<string>): string =>
  [`?${name}`, ...args.map((arg) => (arg === "" ? "\\@" : arg.replace(/\\/g, "\\\\").replace(/ /g, "\\_")))].join(" ")
