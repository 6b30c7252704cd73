/** Decides if one type reads everything that another sends. */
import * as Equal from "effect/Equal"
import { Arg } from "../../Codec/index.ts"

type Type = Arg.TypeDescription
type Numeric = Extract<Type, { readonly minimum?: Arg.Limit }>

/** Returns all arguments of the type if there are few, otherwise `undefined`. */
const words = (type: Type): ReadonlyArray<string> | undefined => {
  switch (type.kind) {
    case "boolean":
      return ["0", "1"]
    case "lru":
      return ["nominal", "error"]
    case "discrete":
      return type.options
    default:
      return undefined
  }
}

/** Returns `true` if the type reads each of the arguments; for an opaque type this is unknown. */
const readsAll = (type: Type, texts: ReadonlyArray<string>): boolean => {
  if (type.kind === "opaque") return false
  const arg = Arg.fromDescription(type)
  return texts.every((text) => !(Arg.fromWireValue(arg, text) instanceof Arg.Invalid))
}

/** The kinds that may send bytes that are not UTF-8. */
const ofAnyBytes: ReadonlySet<Type["kind"]> = new Set(["bytes", "string", "pattern", "struct", "discrete-list"])

/** Returns `true` if no argument of one type is an argument of the other, as far as this can be decided. */
const areDisjoint = (type: Type, other: Type): boolean =>
  words(other)?.every((word) => !readsAll(type, [word])) === true && type.kind !== "opaque"

/** For each numeric kind, the kinds that read all its arguments. */
const readers: Readonly<Record<Numeric["kind"], ReadonlyArray<string>>> = {
  integer: ["integer", "big-integer", "safe-integer", "float"],
  "big-integer": ["integer", "big-integer", "safe-integer", "float"],
  "safe-integer": ["integer", "big-integer", "safe-integer", "float"],
  float: ["float"],
  timestamp: ["timestamp", "strict-timestamp", "timestamp-or-now"],
  "strict-timestamp": ["timestamp", "strict-timestamp", "timestamp-or-now"]
}

const isNumeric = (type: Type): type is Numeric => Object.hasOwn(readers, type.kind)

/** Returns the bounds of the kind itself. */
const ownBounds = ({ kind }: Numeric): { readonly minimum?: number; readonly maximum?: number } => {
  if (kind === "safe-integer") return { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }
  return kind === "strict-timestamp" ? { minimum: 0 } : {}
}

const boundsOf = (type: Numeric) => {
  const own = ownBounds(type)
  const minimum = type.minimum === undefined ? undefined : Arg.fromLimit(type.minimum)
  const maximum = type.maximum === undefined ? undefined : Arg.fromLimit(type.maximum)
  return {
    minimum: minimum === undefined || (own.minimum !== undefined && own.minimum > minimum) ? own.minimum : minimum,
    maximum: maximum === undefined || (own.maximum !== undefined && own.maximum < maximum) ? own.maximum : maximum
  }
}

const numberFits = (sent: Numeric, read: Type): boolean => {
  if (!readers[sent.kind].includes(read.kind)) return false
  if (!isNumeric(read)) return true
  const [from, to] = [boundsOf(sent), boundsOf(read)]
  // a float without bounds may be NaN, which bounds exclude
  if (sent.kind === "float" && from.minimum === undefined && from.maximum === undefined)
    return to.minimum === undefined && to.maximum === undefined
  return (
    (to.minimum === undefined || (from.minimum !== undefined && from.minimum >= to.minimum)) &&
    (to.maximum === undefined || (from.maximum !== undefined && from.maximum <= to.maximum))
  )
}

/**
 * Returns `true` if `read` reads every argument that `sent` writes. Returns `false` if this cannot be decided. A custom
 * type fits itself and bytes.
 */
export const fits = (sent: Type, read: Type): boolean => {
  if (Equal.equals(sent, read)) return true
  if (read.kind === "bytes" || read.kind === "string") return true
  if (sent.kind === "opaque" || read.kind === "opaque") return false
  if (sent.kind === "union") return sent.members.every((member) => fits(member, read))
  const texts = words(sent)
  if (texts !== undefined) return readsAll(read, texts)
  if (read.kind === "union") {
    const reader = read.members.find((member) => fits(sent, member))
    return reader !== undefined && read.members.every((member) => member === reader || areDisjoint(sent, member))
  }
  if (read.kind === "strict-string") return !ofAnyBytes.has(sent.kind)
  if (isNumeric(sent)) return numberFits(sent, read)
  if (sent.kind === "discrete-any-case" && read.kind === "discrete-any-case") return readsAll(read, sent.options)
  if (sent.kind === "discrete-list" && read.kind === "discrete-list")
    return (
      sent.separator === read.separator && (sent.all === "" || sent.all === read.all) && readsAll(read, sent.options)
    )
  if (sent.kind === "struct" && read.kind === "struct")
    return Equal.equals(
      sent.fields.map(({ packed }) => packed),
      read.fields.map(({ packed }) => packed)
    )
  return false
}

/** Returns a short text for a type. */
export const typeText = (type: Type): string => {
  switch (type.kind) {
    case "discrete":
    case "discrete-any-case":
    case "discrete-list":
      return `${type.kind} (${type.options.join(", ")})`
    case "pattern":
      return `text like /${type.source}/${type.flags ?? ""}`
    case "struct":
      return `struct (${type.fields.map(({ name, packed }) => `${name} ${packed}`).join(", ")})`
    case "union":
      return type.members.map(typeText).join(" or ")
    case "opaque":
      return type.parameters === undefined ? type.name : `${type.name} (${type.parameters.join(", ")})`
    default:
      return isNumeric(type) ? `${type.kind}${boundsText(type)}` : type.kind
  }
}

const boundsText = ({ maximum, minimum }: Numeric): string =>
  `${minimum === undefined ? "" : ` from ${minimum}`}${maximum === undefined ? "" : ` to ${maximum}`}`
