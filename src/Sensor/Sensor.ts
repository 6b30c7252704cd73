import { Arg, Dialect } from "../Codec/index.ts"
import { expectOptions } from "../Message/index.ts"
import { faultOfRanges, type Numeric, type Range, type Ranges, statusInRanges, within } from "./ranges.ts"
import { isValid, type Status } from "./Status.ts"

/**
 * The definition of a sensor: its description in `#sensor-list`, and its initial reading. Immutable. A `LiveSensor` has
 * the readings.
 *
 * @category models
 * @since 0.1.0
 */
export interface Sensor<out Name extends string, in out A> {
  readonly _tag: "Sensor"
  /** The name, unique in its device. Dots separate groups. */
  readonly name: Name
  /** A description for people. */
  readonly doc: string
  /** The units of the values, short enough to stand beside a value. Empty if there are no units. */
  readonly units: string
  /** The type of its values. */
  readonly type: Arg.Arg<A>
  /** The value before the first reading. */
  readonly initial: A
  /** The status before the first reading. */
  readonly status: Status
  /** The range of nominal values. */
  readonly nominal: Range<A> | undefined
  /** The range of values that are at worst `warn`. */
  readonly warn: Range<A> | undefined
  /**
   * The parameters in `#sensor-list`: two or four limits, or the options of a discrete sensor. Empty for other sensors.
   */
  readonly parameters: ReadonlyArray<string>
  /** The meaning of the sampling strategy `auto` for this sensor. `undefined` means every reading. */
  readonly autoStrategy: AutoStrategy | undefined
  /** Returns the status of a value that is set without one. */
  statusOf(value: A): Status
  /** Returns `true` if the `event` strategies treat two values as equal (Rev 5.1 §7.1, Table 9; Q-08). */
  equals(one: A, other: A): boolean
  /** @internal `true` if `equals` is that of the type: values that equal a third one equal each other. */
  readonly exact?: boolean | undefined
}

/**
 * The strategies that {@link AutoStrategy} can name: the keys of this interface. `Sampling` adds them from its table.
 *
 * @category models
 * @since 0.1.0
 */
// biome-ignore lint/suspicious/noEmptyInterface: Sampling, which this room does not know, adds the members
export interface AutoStrategies {}

/**
 * The meaning of the sampling strategy `auto` for a sensor, in the words of `?sensor-sampling` (Rev 5.1 §7.1, Table 9).
 *
 * @category models
 * @since 0.1.0
 */
export interface AutoStrategy {
  /** The name of the strategy. Any text in programs that import neither `katcp` nor `katcp/Sampling`. */
  readonly name: [keyof AutoStrategies] extends [never] ? string : keyof AutoStrategies
  /** Its parameters in the form of version 5, with times in seconds: `["0.1", "10"]`. None by default. */
  readonly parameters?: ReadonlyArray<string> | undefined
}

/**
 * A sensor of any name and type.
 *
 * @category models
 * @since 0.1.0
 */
// biome-ignore lint/suspicious/noExplicitAny: the one type that all sensors are assignable to
export type Any = Sensor<string, any>

/**
 * The type of a sensor's values.
 *
 * @category models
 * @since 0.1.0
 */
export type Value<S extends Any> = S extends Sensor<string, infer A> ? A : never

/**
 * The options of a sensor's definition.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options<A> {
  /** The type of the values (Rev 5.1 §3), one that sensors can have: `Arg.Float`, `Arg.Int`, `Arg.Discrete(…)`, … */
  readonly type: Arg.Arg<A>
  /** A description for people. By default built from type, name and units. */
  readonly doc?: string | undefined
  /**
   * The units of the values: short text that can stand beside a value. None by default. Timestamps cannot have units.
   */
  readonly units?: string | undefined
  /**
   * The value before the first reading. By default the type's initial value, or the lower limit if that value is not
   * nominal.
   */
  readonly initial?: NoInfer<A> | undefined
  /** The status before the first reading. By default the status of `initial` if that is given, otherwise `unknown`. */
  readonly status?: Status | undefined
  /**
   * The range of nominal values, for integers and floats (Rev 5.1 §7.2). Clients see it in `#sensor-list`. None by
   * default.
   */
  readonly nominal?: RangeOf<NoInfer<A>> | undefined
  /** The range of values that are not errors. It must contain `nominal`, which is required with it. None by default. */
  readonly warn?: RangeOf<NoInfer<A>> | undefined
  /**
   * The status of values that are set without one: `"ranges"` derives it from the ranges (see `statusInRanges`), a
   * function from the value. By default `nominal`: the code that sets a value outside the ranges then chooses the
   * status.
   */
  readonly statusFrom?: ([A] extends [Numeric] ? "ranges" : never) | ((value: NoInfer<A>) => Status) | undefined
  /** The meaning of `auto` for this sensor. Clients still see `auto`. By default `auto` sends every reading. */
  readonly autoStrategy?: AutoStrategy | undefined
  /**
   * Returns `true` if two values are equal, so a change from one to the other is not an event (Rev 5.1 §7.1, Table 9).
   * Use it for a tolerance. By default the type compares exactly, but NaN equals NaN and −0 equals 0.
   */
  readonly equals?: ((one: NoInfer<A>, other: NoInfer<A>) => boolean) | undefined
}

type RangeOf<A> = [A] extends [Numeric] ? Range<A> : never

const namePattern = /^[A-Za-z0-9._-]+$/

/**
 * Returns `true` if text is a valid name for a new sensor: letters, digits, `.`, `-` and `_`. Lower case and `-` are
 * preferred. The name of the device is not part of it (Rev 5.1 §7).
 *
 * @category guards
 * @since 0.1.0
 */
export const isName = (text: string): boolean => namePattern.test(text)

/** Properties that few sensors have, in a separate object: other sensors need one field for all of them. */
interface Rules<A> {
  readonly statusFrom: "ranges" | ((value: A) => Status) | undefined
  readonly autoStrategy: AutoStrategy | undefined
  readonly equals: ((one: A, other: A) => boolean) | undefined
}

/** Types whose initial value is known to be valid, so each type is checked once and not for each sensor. */
const sound = new WeakSet<object>()

class Definition<Name extends string, A> implements Sensor<Name, A> {
  readonly name: Name
  readonly units: string
  readonly type: Arg.Arg<A>
  readonly initial: A
  readonly status: Status
  readonly nominal: Range<A> | undefined
  readonly warn: Range<A> | undefined
  readonly parameters: ReadonlyArray<string>
  readonly text: string | undefined
  readonly rules: Rules<A> | undefined

  constructor(name: Name, options: Options<A>) {
    if (options?.type === undefined) expectOptions(`Sensor.make(${JSON.stringify(name)})`, options, ["type"])
    const { autoStrategy, equals, nominal, statusFrom, type, warn } = options
    this.name = name
    this.type = type
    this.text = options.doc
    this.units = options.units ?? ""
    this.nominal = nominal
    this.warn = warn
    this.rules =
      statusFrom === undefined && autoStrategy === undefined && equals === undefined
        ? undefined
        : { statusFrom, autoStrategy, equals }
    if (!Arg.isArg(type)) throw this.fault(`type: expected a type like Arg.Float, got ${typeof type}`)
    if (!(isRange(nominal) && isRange(warn))) throw this.fault("a range is a list of its lower and its upper limit")
    if (type.sensorType === undefined) throw this.fault(`sensors cannot have the type ${type.name}`)
    if (statusFrom === "ranges" && nominal === undefined) throw this.fault(noNominal)
    const parameters = parametersOf(type, nominal, warn)
    if (parameters instanceof Arg.Invalid) throw this.fault(parameters.message)
    this.parameters = parameters
    this.initial = options.initial === undefined ? defaultOf(type, nominal) : options.initial
    if (this.initial !== type.initial || !sound.has(type)) {
      const encoded = type.encode(this.initial, Dialect.v5)
      if (encoded instanceof Arg.Invalid) throw this.fault(`initial: ${encoded.message}`)
      if (this.initial === type.initial) sound.add(type)
    }
    this.status = options.status ?? (options.initial === undefined ? "unknown" : this.statusOf(options.initial))
  }

  // on the prototype, so a sensor needs no field for it
  get _tag(): "Sensor" {
    return "Sensor"
  }

  get doc(): string {
    return this.text ?? describe(this)
  }

  get autoStrategy(): AutoStrategy | undefined {
    return this.rules?.autoStrategy
  }

  get exact(): boolean {
    return this.rules?.equals === undefined
  }

  statusOf(value: A): Status {
    const { nominal, rules, warn } = this
    if (rules?.statusFrom === undefined) return "nominal"
    if (rules.statusFrom !== "ranges") return rules.statusFrom(value)
    return statusInRanges(value as Numeric, nominal as Range<Numeric>, warn as Range<Numeric> | undefined)
  }

  equals(one: A, other: A): boolean {
    const { rules, type } = this
    return rules?.equals === undefined ? type.equals(one, other) : rules.equals(one, other)
  }

  fault(what: string): TypeError {
    return new TypeError(`sensor ${JSON.stringify(this.name)}: ${what}`)
  }
}

const isRange = (range: unknown): boolean => range === undefined || (Array.isArray(range) && range.length === 2)

const noNominal = "a status from ranges needs a nominal range"

const parametersOf = <A>(
  type: Arg.Arg<A>,
  nominal: Range<A> | undefined,
  warn: Range<A> | undefined
): ReadonlyArray<string> | Arg.Invalid => {
  if (nominal === undefined) return type.parameters
  if (type.sensorType !== "integer" && type.sensorType !== "float")
    return new Arg.Invalid("only integers and floats have ranges")
  const parameters: Array<string> = []
  for (const value of [...nominal, ...(warn ?? [])]) {
    const limit = type.encode(value, Dialect.v5)
    if (typeof limit !== "string")
      return new Arg.Invalid(
        limit instanceof Arg.Invalid ? `range: ${limit.message}` : `type ${type.name} cannot have ranges`
      )
    parameters.push(limit)
  }
  return parameters
}

const defaultOf = <A>(type: Arg.Arg<A>, nominal: Range<A> | undefined): A =>
  nominal === undefined || within(type.initial as Numeric, nominal as Range<Numeric>) ? type.initial : nominal[0]

const describe = ({ name, type, units }: Any): string => {
  const kind = type.sensorType ?? type.name
  const unit = units === "" ? "with no unit" : `in unit ${units}`
  return `${kind.charAt(0).toUpperCase()}${kind.slice(1)} sensor '${name}' ${unit}`
}

/**
 * Defines a sensor (Rev 5.1 §7). Throws a `TypeError` if the name has other characters than `a-z A-Z 0-9 . - _`, or if
 * sensors cannot have the type. The same holds if `initial` or a limit is not of the type, a range is upside down, the
 * warn range does not contain the nominal one, or a timestamp has units. Mention in `doc` if an integer exceeds 32 bits
 * (Rev 5.1 §7.2).
 *
 * @example
 * ```ts
 * import { Arg, Sensor } from "katcp"
 *
 * export const azimuth = Sensor.make("azimuth", {
 *   doc: "Where the dish points",
 *   type: Arg.Float,
 *   units: "deg",
 *   nominal: [-180, 180],
 *   warn: [-270, 270],
 *   statusFrom: "ranges"
 * })
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <const Name extends string, A>(name: Name, options: Options<A>): Sensor<Name, A> => {
  const sensor = new Definition(name, options)
  if (typeof name !== "string" || !isName(name))
    throw sensor.fault('a name has letters, digits, ".", "-" and "_" only (Rev 5.1 §7)')
  const fault = faultOfRanges(options.nominal as Range<Numeric> | undefined, options.warn as Range<Numeric> | undefined)
  if (fault !== undefined) throw sensor.fault(fault)
  if (options.type.sensorType === "timestamp" && sensor.units !== "")
    throw sensor.fault("the units of a timestamp are fixed by the protocol")
  return sensor
}

/**
 * Defines a sensor of another device. Any name, units and ranges are accepted, because that device chose them. Throws a
 * `TypeError` only if sensors cannot have the type, or if `initial` or a limit is not of the type.
 *
 * @category constructors
 * @since 0.1.0
 */
export const remote = <const Name extends string, A>(name: Name, options: Options<A>): Sensor<Name, A> =>
  new Definition(name, options)

/** Returns the sensor with other ranges, or `Invalid` if {@link make} would throw. */
export const withRanges = <Name extends string, A>(
  sensor: Sensor<Name, A>,
  { nominal, warn }: Ranges<A>
): Sensor<Name, A> | Arg.Invalid => {
  const { initial, name, rules, status, text, type, units } = sensor as Definition<Name, A>
  if (rules?.statusFrom === "ranges" && nominal === undefined) return new Arg.Invalid(noNominal)
  const parameters = parametersOf(type, nominal, warn)
  if (parameters instanceof Arg.Invalid) return parameters
  const fault = faultOfRanges(nominal as Range<Numeric> | undefined, warn as Range<Numeric> | undefined)
  if (fault !== undefined) return new Arg.Invalid(fault)
  const options = { type, doc: text, units, initial, status, nominal, warn, ...rules }
  return new Definition(name, options as Options<A>)
}

/**
 * Returns the status of a reading by its sensor's ranges. Returns its own status if the ranges do not decide, or if it
 * has no valid value.
 */
export const statusAnew = <A>(sensor: Sensor<string, A>, status: Status, value: A): Status =>
  (sensor as Definition<string, A>).rules?.statusFrom === "ranges" && isValid(status) ? sensor.statusOf(value) : status
