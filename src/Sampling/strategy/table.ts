/**
 * The table of strategies (Rev 5.1 §7.1, Table 9). Parsing, formatting, checks, the Schema, the type of a sensor's
 * `autoStrategy`, the strategies of each protocol version, joining, completion and help are derived from it.
 *
 * A new strategy needs three things in this room: an interface in the union `Strategy`, a row here, and a case in
 * `Machine`. The compiler demands the row, the case, and every parameter in the row.
 */
import type { Strategy } from "./Strategy.ts"

/**
 * The shortest period, and the shortest of the longest times between reports, in seconds: the resolution of timers.
 * Shorter ones are refused: a device would do nothing else. Given by Node, whose timers have this resolution.
 *
 * @category constants
 * @since 0.1.0
 */
export const shortestPeriod = 0.001

/**
 * The longest period in seconds: ten years. Not measured: a bound against mistakes of unit.
 *
 * @category constants
 * @since 0.1.0
 */
export const longestPeriod = 315_576_000

/** The strategy with this tag. */
type Tagged<Tag extends Strategy["_tag"]> = Extract<Strategy, { readonly _tag: Tag }>

/** The kinds of parameters: a time in the unit of the dialect, or a number of the sensor's type. */
export type ParameterKind = "time" | "difference"

/** A parameter of a strategy. */
interface Parameter {
  /** Its name in messages for people. */
  readonly label: string
  readonly kind: ParameterKind
}

/** One row: all properties of the strategy `S` except its decisions, which are in `Machine`. */
interface Row<S extends Strategy> {
  /** The name on the wire. */
  readonly name: string
  /** The parameters in their order on the wire. */
  readonly parameters: { readonly [Key in Exclude<keyof S, "_tag">]-?: Parameter }
  /** The major version of the protocol that introduced the strategy. */
  readonly since: 4 | 5
  /** `true` if the strategy can be a sensor's `autoStrategy`. */
  readonly auto: boolean
  /** An example for help texts, as in `Strategy.fromText`. */
  readonly example: string
  /** Returns the fault of the parameters, or `undefined` if they are valid. */
  fault(strategy: S): string | undefined
  /**
   * Returns one strategy that reports at least everything that two different ones of this kind need, or `undefined` if
   * only `event` does.
   */
  join(one: S, other: S): S | undefined
}

const periodFault = ({ period }: { readonly period: number }): string | undefined =>
  period >= shortestPeriod && period <= longestPeriod
    ? undefined
    : `the period must be from ${shortestPeriod} to ${longestPeriod} seconds, not ${period}`

const differenceFault = ({ difference }: { readonly difference: number | bigint }): string | undefined =>
  difference > 0 && difference !== Number.POSITIVE_INFINITY
    ? undefined
    : `the difference must be more than 0 and finite, not ${difference}`

const ratesFault = ({
  longest,
  shortest
}: {
  readonly shortest: number
  readonly longest: number
}): string | undefined => {
  if (!(shortest >= 0 && shortest <= longestPeriod))
    return `the shortest period must be from 0 to ${longestPeriod} seconds, not ${shortest}`
  if (!(longest >= shortestPeriod && longest !== Number.POSITIVE_INFINITY))
    return `the longest period must be at least ${shortestPeriod} seconds and finite, not ${longest}`
  return shortest <= longest ? undefined : `the shortest period ${shortest} is longer than the longest ${longest}`
}

const sound = (): undefined => undefined
/** Two different ones need every change. */
const everyChange = (): undefined => undefined

const period = { label: "period", kind: "time" } as const
const difference = { label: "difference", kind: "difference" } as const
const shortest = { label: "shortest period", kind: "time" } as const
const longest = { label: "longest period", kind: "time" } as const

/** The table. Its order is the order of lists of names. */
const table = {
  None: { name: "none", parameters: {}, since: 4, auto: false, example: "none", fault: sound, join: everyChange },
  Auto: { name: "auto", parameters: {}, since: 4, auto: false, example: "auto", fault: sound, join: everyChange },
  Event: { name: "event", parameters: {}, since: 4, auto: true, example: "event", fault: sound, join: everyChange },
  Period: {
    name: "period",
    parameters: { period },
    since: 4,
    auto: true,
    example: "period 1",
    fault: periodFault,
    join: (one, other) => (one.period <= other.period ? one : other)
  },
  Differential: {
    name: "differential",
    parameters: { difference },
    since: 4,
    auto: true,
    example: "differential 2",
    fault: differenceFault,
    // readings are compared with the last reported one: neither reports everything that the other does
    join: everyChange
  },
  EventRate: {
    name: "event-rate",
    parameters: { shortest, longest },
    since: 5,
    auto: true,
    example: "event-rate 1 10",
    fault: ratesFault,
    join: (one, other) => ({
      _tag: "EventRate",
      shortest: Math.min(one.shortest, other.shortest),
      longest: Math.min(one.longest, other.longest)
    })
  },
  DifferentialRate: {
    name: "differential-rate",
    parameters: { difference, shortest, longest },
    since: 5,
    auto: true,
    example: "differential-rate 2 1 10",
    fault: (strategy) => differenceFault(strategy) ?? ratesFault(strategy),
    join: everyChange
  }
} as const satisfies { readonly [Tag in Strategy["_tag"]]: Row<Tagged<Tag>> }

type Table = typeof table
type Tag = keyof Table

/**
 * The names of the strategies on the wire.
 *
 * @category models
 * @since 0.1.0
 */
export type Name = Table[Tag]["name"]

/** The names that a sensor's `autoStrategy` can have. */
type AutoName = { [T in Tag]: Table[T]["auto"] extends true ? Table[T]["name"] : never }[Tag]

declare module "../../Sensor/Sensor.ts" {
  interface AutoStrategies extends Readonly<Record<AutoName, unknown>> {}
}

/** A row without the type of its strategy. */
export interface Known {
  readonly tag: Tag
  readonly name: Name
  readonly parameters: ReadonlyArray<Parameter & { readonly key: string }>
  readonly since: 4 | 5
  readonly auto: boolean
  readonly example: string
  /** `true` if a parameter is a difference: the strategy is for numbers only. */
  readonly numeric: boolean
  fault(strategy: Strategy): string | undefined
  join(one: Strategy, other: Strategy): Strategy | undefined
}

const known = (Object.keys(table) as ReadonlyArray<Tag>).map((tag): Known => {
  const row = table[tag] as unknown as Omit<Known, "tag" | "parameters" | "numeric">
  const parameters = Object.entries<Parameter>(table[tag].parameters).map(([key, parameter]) => ({ key, ...parameter }))
  return { ...row, tag, parameters, numeric: parameters.some(({ kind }) => kind === "difference") }
})

/**
 * The names of all strategies on the wire.
 *
 * @category constants
 * @since 0.1.0
 */
export const names: ReadonlyArray<Name> = known.map(({ name }) => name)

/** The rows by tag: a plain object, because each new sampler looks up a tag. */
export const byTag = Object.fromEntries(known.map((row) => [row.tag, row])) as {
  readonly [T in Strategy["_tag"]]: Known
}

/** The rows by name on the wire. */
export const byName: ReadonlyMap<string, Known> = new Map(known.map((row) => [row.name, row]))

/**
 * Examples of all strategies, for help texts.
 *
 * @category text
 * @since 0.1.0
 */
export const examples: ReadonlyArray<string> = known.map(({ example }) => example)
