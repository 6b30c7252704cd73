import { Arg, Dialect } from "../Codec/index.ts"
import { expectOptions } from "../Message/index.ts"
import { faultOfRanges, type Numeric, type Range, type Ranges, statusInRanges, within } from "./ranges.ts"
import { isValid, type Status } from "./Status.ts"

/**
 * The definition of a sensor: what `#sensor-list` tells of it, and what it begins with. Immutable; the sensor that has
 * readings is a `LiveSensor`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Sensor<out Name extends string, in out A> {
  readonly _tag: "Sensor"
  /** The name, unique in its device. Dots group. */
  readonly name: Name
  /** What it is, for people. */
  readonly doc: string
  /** The units of its values, short enough to stand beside them. Empty where there are none. */
  readonly units: string
  /** The type of its values. */
  readonly type: Arg.Arg<A>
  /** What it holds before it has a reading. */
  readonly initial: A
  /** The status that goes with {@link Sensor.initial}. */
  readonly status: Status
  /** Where its values are nominal. */
  readonly nominal: Range<A> | undefined
  /** Where its values are not worse than `warn`. */
  readonly warn: Range<A> | undefined
  /** The parameters in `#sensor-list`: two or four limits, the options of a discrete sensor, else none. */
  readonly parameters: ReadonlyArray<string>
  /** What the sampling strategy `auto` stands for with this sensor; undefined where it is every reading. */
  readonly autoStrategy: AutoStrategy | undefined
  /** The status of a value for which none is given. */
  statusOf(value: A): Status
  /** Whether two values are the same for the `event` strategies (Rev 5.1 §7.1, Table 9; Q-08). */
  equals(one: A, other: A): boolean
  /** @internal `true` if `equals` is that of the type, so that values which equal a third one equal each other. */
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
 * What the sampling strategy `auto` stands for with a sensor, in the words of `?sensor-sampling` (Rev 5.1 §7.1, Table 9).
 *
 * @category models
 * @since 0.1.0
 */
export interface AutoStrategy {
  /** The name of the strategy; any text in programs that do not import `katcp` or `katcp/Sampling`. */
  readonly name: [keyof AutoStrategies] extends [never] ? string : keyof AutoStrategies
  /** Its parameters as they stand in version 5, times in seconds: `["0.1", "10"]`. None by default. */
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
 * The values of a sensor.
 *
 * @category models
 * @since 0.1.0
 */
export type Value<S extends Any> = S extends Sensor<string, infer A> ? A : never

/**
 * What a sensor is made of.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options<A> {
  /** The type of the values (Rev 5.1 §3). One that sensors can have: `Arg.Float`, `Arg.Int`, `Arg.Discrete(…)`, … */
  readonly type: Arg.Arg<A>
  /** What the sensor is, for people. By default made of type, name and units. */
  readonly doc?: string | undefined
  /** The units of the values: short text that can stand beside one. None by default; timestamps take none. */
  readonly units?: string | undefined
  /** The value it begins with. By default what the type begins with, or the lower limit where that is not nominal. */
  readonly initial?: NoInfer<A> | undefined
  /** The status it begins with. By default the one of `initial` where that is given, else `unknown`. */
  readonly status?: Status | undefined
  /** The range of nominal values, for integers and floats (Rev 5.1 §7.2). Clients are told; none by default. */
  readonly nominal?: RangeOf<NoInfer<A>> | undefined
  /** The range of values that are no errors; holds the nominal one. Only together with it; none by default. */
  readonly warn?: RangeOf<NoInfer<A>> | undefined
  /**
   * The status of values that are set without one: `"ranges"` takes it from the ranges (see `statusInRanges`), a
   * function from the value. Always `nominal` by default: then who sets values outside the ranges says how bad that is.
   */
  readonly statusFrom?: ([A] extends [Numeric] ? "ranges" : never) | ((value: NoInfer<A>) => Status) | undefined
  /**
   * What `auto` stands for with this sensor; clients still read `auto`. By default `auto` sends every reading.
   */
  readonly autoStrategy?: AutoStrategy | undefined
  /**
   * Whether two values are the same, so that going from one to the other is no event (Rev 5.1 §7.1, Table 9): for a
   * tolerance. By default what the type says: exact, but NaN is the same as NaN and −0 as 0.
   */
  readonly equals?: ((one: NoInfer<A>, other: NoInfer<A>) => boolean) | undefined
}

type RangeOf<A> = [A] extends [Numeric] ? Range<A> : never

const namePattern = /^[A-Za-z0-9._-]+$/

/**
 * Whether text can be the name of a sensor of one's own: letters, digits, `.`, `-` and `_`. Lower case and `-` are
 * preferred; the name of the device does not belong into it (Rev 5.1 §7).
 *
 * @category guards
 * @since 0.1.0
 */
export const isName = (text: string): boolean => namePattern.test(text)

/** What few sensors have, apart, so that the others pay one field for it. */
interface Rules<A> {
  readonly statusFrom: "ranges" | ((value: A) => Status) | undefined
  readonly autoStrategy: AutoStrategy | undefined
  readonly equals: ((one: A, other: A) => boolean) | undefined
}

/** The types whose own first value is one of them: that is looked at once, and not for each sensor. */
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
    for (const range of [nominal, warn])
      if (range !== undefined && !(Array.isArray(range) && range.length === 2))
        throw this.fault("a range is a list of its lower and its upper limit")
    if (type.sensorType === undefined) throw this.fault(`no sensor can be of type ${type.name}`)
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

  // on the prototype, so that a sensor costs no field for it
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

const noNominal = "a status from ranges needs a nominal one"

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
      return new Arg.Invalid(limit instanceof Arg.Invalid ? `range: ${limit.message}` : `no ranges of ${type.name}`)
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
 * Defines a sensor (Rev 5.1 §7). Throws a `TypeError` where the name has other characters than `a-z A-Z 0-9 . - _`, the
 * type is none for sensors, `initial` or a limit is no value of it, a range is upside down, the warn range does not hold
 * the nominal one, or a timestamp is given units. Say in `doc` where an integer goes beyond 32 bits (Rev 5.1 §7.2).
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
 * Defines a sensor that another device has: any name, units and ranges are taken, since they are that device's affair.
 * Throws a `TypeError` only where the type is none for sensors, or `initial` or a limit is no value of it.
 *
 * @category constructors
 * @since 0.1.0
 */
export const remote = <const Name extends string, A>(name: Name, options: Options<A>): Sensor<Name, A> =>
  new Definition(name, options)

/** The same sensor with other ranges; `Invalid` where {@link make} would throw. */
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

/** The status that a reading has by the ranges of its sensor; its own where they do not decide, or it has no value. */
export const statusAnew = <A>(sensor: Sensor<string, A>, status: Status, value: A): Status =>
  (sensor as Definition<string, A>).rules?.statusFrom === "ranges" && isValid(status) ? sensor.statusOf(value) : status
