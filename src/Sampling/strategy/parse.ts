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

/** Digits with nothing but zeros behind the point. */
const wholeDecimal = /^([+-]?\d+)\.0*$/
/**
 * Digits of the longest number that is read as an integer. Given by double precision: numbers of more than 309
 * digits are infinite.
 */
const longestWhole = 400

/** The whole number that `2`, `2.0` and `2e0` are. */
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
/** Without a sensor to tell: the same number, exactly. */
const either: Difference = (argument) => {
  const whole = integer(argument)
  return whole instanceof Arg.Invalid ? float(argument) : whole
}

/** The strategy of arguments whose number is right. */
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

/** Those without parameters, one of each. */
const bare: { readonly [Tag in Strategy["_tag"]]?: Strategy } = { None: none, Auto: auto, Event: event }

/** The row of the name, if the version has such a strategy and the number of its parameters is right. */
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
 * Reads the arguments of `?sensor-sampling` behind the names: the strategy and its parameters, without escapes (Rev 5.1
 * §7.2, Table 9). Gives what makes the strategy for each sensor, or says what is wrong with it; sensors of one type share
 * one strategy, so that many names in one request cost little. Refused are unknown names and those that the version does
 * not have, a wrong number of parameters, times and differences that are none or out of bounds (see `Strategy`), a
 * shortest period above the longest, differential strategies for sensors that are neither integer nor float,
 * and for integer sensors a difference that is not whole: `2` and `2.0` are, `2.5` is not.
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
 * Reads the arguments of `?sensor-sampling` behind the name for one sensor; see {@link parser}.
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
 * Reads a strategy as people write it: `event-rate 1 5`, parted by blanks, times in seconds. Where the sensor is given, it
 * is checked that the strategy fits it.
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
 * The same as a Schema codec: {@link fromText} one way, {@link toText} the other. For command lines and configuration.
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
