/** Strategies from the arguments of `?sensor-sampling`, and from text. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { Arg, Dialect } from "../../Codec/index.ts"
import { Protocol } from "../../Message/index.ts"
import type { Any } from "../../Sensor/index.ts"
import { faultOf, onlyNumbers } from "./check.ts"
import { toText } from "./format.ts"
import { isAllowed } from "./protocol.ts"
import { auto, event, none, Strategy } from "./Strategy.ts"
import { byName, type Known, type Name, names, type ParameterKind } from "./table.ts"

type Argument = string | Uint8Array

const nameArgument = Arg.Discrete(...(names as readonly [Name, ...Array<Name>]))

const of = (what: string, { message }: Arg.Invalid): Arg.Invalid => new Arg.Invalid(`the ${what}: ${message}`)

/** Digits with only zeros after the point. */
const wholeDecimal = /^([+-]?\d+)\.0*$/
/**
 * Digits of the longest number that is parsed as an integer. Given by double precision: numbers of more than 309 digits
 * are infinite.
 */
const longestWhole = 400

/** Returns the whole number of `2`, `2.0` and `2e0`. */
const integer = (argument: Argument): number | bigint | Arg.Invalid => {
  const value = Arg.decodeArgument(Arg.Int, argument, Dialect.v5)
  if (!(value instanceof Arg.Invalid)) return value
  const float = Arg.decodeArgument(Arg.Float, argument, Dialect.v5)
  if (!Number.isInteger(float)) return value
  const text =
    argument.length > longestWhole ? "" : typeof argument === "string" ? argument : String.fromCharCode(...argument)
  const digits = wholeDecimal.exec(text)?.[1]
  return digits === undefined ? (float as number) : Arg.decodeArgument(Arg.Int, digits, Dialect.v5)
}

type Difference = (argument: Argument) => number | bigint | Arg.Invalid
const float: Difference = (argument) => Arg.decodeArgument(Arg.Float, argument, Dialect.v5)
/** Parses a difference without a sensor, exactly. */
const either: Difference = (argument) => {
  const whole = integer(argument)
  return whole instanceof Arg.Invalid ? float(argument) : whole
}

/** Builds the strategy from arguments of the right number. */
const build = (
  { parameters, tag }: Known,
  args: ReadonlyArray<Argument>,
  dialect: Dialect.Dialect,
  readDifference: Difference
): Strategy | Arg.Invalid => {
  if (parameters.length === 0) return bare[tag] ?? ({ _tag: tag } as Strategy)
  const read: Readonly<Record<ParameterKind, Difference>> = {
    time: (argument) => Arg.decodeArgument(Arg.Timestamp, argument, dialect),
    difference: readDifference
  }
  const values: Record<string, unknown> = { _tag: tag }
  for (const [at, { key, kind, label }] of parameters.entries()) {
    const value = read[kind](args[at]!)
    if (value instanceof Arg.Invalid) return of(label, value)
    values[key] = value
  }
  const strategy = values as unknown as Strategy
  const fault = faultOf(strategy)
  return fault === undefined ? strategy : new Arg.Invalid(fault)
}

/** The strategies without parameters, one object each. */
const bare: { readonly [Tag in Strategy["_tag"]]?: Strategy } = { None: none, Auto: auto, Event: event }

/** Returns the row of the name if the version has the strategy and the number of parameters is right. */
const rowOf = (args: ReadonlyArray<Argument>, protocol: Protocol): Known | Arg.Invalid => {
  const [argument] = args
  if (argument === undefined) return new Arg.Invalid("a strategy is missing")
  const name = Arg.decodeArgument(nameArgument, argument, Dialect.v5)
  if (name instanceof Arg.Invalid) return new Arg.Invalid(`unknown strategy: ${name.message}`)
  if (!isAllowed(name, protocol))
    return new Arg.Invalid(`the strategy ${name} is not in version ${protocol.major} of the protocol`)
  const row = byName.get(name)!
  const labels = row.parameters.map(({ label }) => label)
  if (args.length - 1 === labels.length) return row
  const wanted = labels.length === 0 ? "no parameters" : `${labels.length} (${labels.join(", ")})`
  return new Arg.Invalid(`the strategy ${name} takes ${wanted}, got ${args.length - 1}`)
}

/**
 * Parses the arguments of `?sensor-sampling` after the names: the strategy and its parameters, without escapes (Rev 5.1
 * §7.2, Table 9). Returns a function that builds the strategy for each sensor, or the fault. Sensors of one type share
 * one strategy: a long list of names in one request costs little.
 *
 * Refuses unknown names and those that the version does not have, a wrong number of parameters, and times and
 * differences that are malformed or out of bounds (see `Strategy`). Refuses a shortest period above the longest,
 * and differential strategies for sensors that are neither integer nor float. For integer sensors the difference
 * must be whole: `2` and `2.0` are, `2.5` is not.
 *
 * @category wire
 * @since 0.1.0
 */
export const parser = (
  args: ReadonlyArray<Argument>,
  protocol: Protocol
): ((sensor: Pick<Any, "type">) => Strategy | Arg.Invalid) => {
  const row = rowOf(args, protocol)
  if (row instanceof Arg.Invalid) return () => row
  const parameters = args.slice(1)
  const dialect = Dialect.of(protocol)
  if (!row.numeric) {
    const strategy = build(row, parameters, dialect, float)
    return () => strategy
  }
  let ofIntegers: Strategy | Arg.Invalid | undefined
  let ofFloats: Strategy | Arg.Invalid | undefined
  return ({ type }) => {
    if (type.sensorType === "integer") return (ofIntegers ??= build(row, parameters, dialect, integer))
    if (type.sensorType === "float") return (ofFloats ??= build(row, parameters, dialect, float))
    return new Arg.Invalid(onlyNumbers(type.sensorType ?? type.name))
  }
}

/**
 * Parses the arguments of `?sensor-sampling` after the name for one sensor; see {@link parser}.
 *
 * @category wire
 * @since 0.1.0
 */
export const parse = (
  args: ReadonlyArray<Argument>,
  sensor: Pick<Any, "type">,
  protocol: Protocol
): Strategy | Arg.Invalid => parser(args, protocol)(sensor)

const v5 = Protocol.make(5, 1)

/**
 * Parses a strategy in its text form, separated by blanks, with times in seconds: `event-rate 1 5`. If the sensor is
 * given, checks that the strategy fits it.
 *
 * @category text
 * @since 0.1.0
 */
export const fromText = (text: string, sensor?: Pick<Any, "type">): Strategy | Arg.Invalid => {
  const args = text.split(/\s+/).filter((word) => word !== "")
  if (sensor !== undefined) return parse(args, sensor, v5)
  const row = rowOf(args, v5)
  return row instanceof Arg.Invalid ? row : build(row, args.slice(1), Dialect.v5, either)
}

/**
 * The text form as a Schema codec: {@link fromText} to decode, {@link toText} to encode. For command lines and
 * configuration.
 *
 * @category schemas
 * @since 0.1.0
 */
export const FromText: Schema.Codec<Strategy, string> = Schema.String.pipe(
  Schema.decodeTo(
    Strategy,
    SchemaTransformation.transformEffect({
      decode: (text: string) => {
        const strategy = fromText(text)
        return strategy instanceof Arg.Invalid
          ? Effect.fail(new SchemaIssue.InvalidValue({ message: strategy.message }))
          : Effect.succeed(strategy)
      },
      encode: (strategy: Strategy) => Effect.succeed(toText(strategy))
    })
  )
)
