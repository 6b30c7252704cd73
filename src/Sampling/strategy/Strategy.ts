/** The strategies as data, and their constructors. */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { faultOf } from "./check.ts"
import { byTag, type ParameterKind } from "./table.ts"

/**
 * A rule that decides when a client receives a sensor's readings (Rev 5.1 §7.1, Table 9): plain data. Times are in
 * seconds.
 *
 * - `None`: never.
 * - `Auto`: at every reading, changed or not, or as the sensor's own `autoStrategy` defines.
 * - `Event`: when the value or status changes.
 * - `Period`: at a fixed period.
 * - `Differential`: when the value differs from the last reported one by more than `difference`, or the status changes.
 *   For integer and float sensors only.
 * - `EventRate`: like `Event`, but at the earliest `shortest` seconds after the last report, and at the latest
 *   `longest` seconds after it. Since version 5.
 * - `DifferentialRate`: like `Differential`, with the limits of `EventRate`. Since version 5.
 *
 * All but `None` report the current reading at once when they are set.
 *
 * @category models
 * @since 0.1.0
 */
export type Strategy = None | Auto | Event | Period | Differential | EventRate | DifferentialRate

/** Never. @category models @since 0.1.0 */
export interface None {
  readonly _tag: "None"
}

/** Every reading, or as the sensor's own `autoStrategy` defines. @category models @since 0.1.0 */
export interface Auto {
  readonly _tag: "Auto"
}

/** Every change of value or status. @category models @since 0.1.0 */
export interface Event {
  readonly _tag: "Event"
}

/** At a fixed rate. @category models @since 0.1.0 */
export interface Period {
  readonly _tag: "Period"
  /** In seconds, {@link shortestPeriod} to {@link longestPeriod}. */
  readonly period: number
}

/** Every change by more than a difference. @category models @since 0.1.0 */
export interface Differential {
  readonly _tag: "Differential"
  /** More than 0; a whole number for integer sensors. */
  readonly difference: number | bigint
}

/** Changes, with a shortest and a longest time between reports. @category models @since 0.1.0 */
export interface EventRate {
  readonly _tag: "EventRate"
  /** In seconds, 0 to {@link longestPeriod}; 0 sets no limit. */
  readonly shortest: number
  /** In seconds, at least {@link shortestPeriod} and `shortest`. Values above {@link longestPeriod} mean for ever. */
  readonly longest: number
}

/** Changes by more than a difference, neither too often nor too seldom. @category models @since 0.1.0 */
export interface DifferentialRate {
  readonly _tag: "DifferentialRate"
  /** More than 0; a whole number for integer sensors. */
  readonly difference: number | bigint
  /** Like that of {@link EventRate}. */
  readonly shortest: number
  /** Like that of {@link EventRate}. */
  readonly longest: number
}

/**
 * The strategies that a sensor with values of type `A` can have: the differential ones are for numbers only. Of values
 * whose type is not known (`unknown`) only run time can tell.
 *
 * @category models
 * @since 0.1.0
 */
export type StrategyFor<A> = unknown extends A
  ? Strategy
  : [A] extends [number | bigint]
    ? Strategy
    : Exclude<Strategy, Numeric>

/**
 * The strategies for numbers only: those with a difference.
 *
 * @category models
 * @since 0.1.0
 */
export type Numeric = Extract<Strategy, { readonly difference: number | bigint }>

/** The Schemas of parameters, by their kinds. */
const parameterSchemas: Readonly<Record<ParameterKind, Schema.Codec<number | bigint>>> = {
  time: Schema.Finite,
  difference: Schema.Union([Schema.Finite, Schema.BigInt])
}

/**
 * The strategies as a Schema. It refuses exactly what the constructors refuse.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Strategy: Schema.Codec<Strategy> = Schema.Union(
  Object.values(byTag).map(({ parameters, tag }) =>
    Schema.TaggedStruct(tag, Object.fromEntries(parameters.map(({ key, kind }) => [key, parameterSchemas[kind]])))
  ) as unknown as ReadonlyArray<Schema.Codec<Strategy>>
).check(Schema.makeFilter(faultOf))

const checked = <S extends Strategy>(strategy: S): S => {
  const fault = faultOf(strategy)
  if (fault !== undefined) throw new TypeError(fault)
  return strategy
}

/** Never. @category constructors @since 0.1.0 */
export const none: None = { _tag: "None" }

/** Every reading, or as the sensor's own `autoStrategy` defines. @category constructors @since 0.1.0 */
export const auto: Auto = { _tag: "Auto" }

/** Every change of value or status. @category constructors @since 0.1.0 */
export const event: Event = { _tag: "Event" }

/**
 * At a fixed rate: `period("500 millis")`, `period({ seconds: 2 })`. A bare number is in milliseconds, as everywhere in
 * Effect. Throws a `TypeError` for a period shorter than a millisecond or longer than ten years.
 *
 * @category constructors
 * @since 0.1.0
 */
export const period = (every: Duration.Input): Period => checked({ _tag: "Period", period: Duration.toSeconds(every) })

/**
 * Every change by more than a difference. Throws a `TypeError` for one that is not more than 0.
 *
 * @category constructors
 * @since 0.1.0
 */
export const differential = (difference: number | bigint): Differential => checked({ _tag: "Differential", difference })

/**
 * Changes, with a shortest time since the last report, and a report after the longest time at the latest. Throws a
 * `TypeError` if the shortest is longer than the longest, or if one of them is out of bounds (see {@link EventRate}).
 *
 * @category constructors
 * @since 0.1.0
 */
export const eventRate = (shortest: Duration.Input, longest: Duration.Input): EventRate =>
  checked({ _tag: "EventRate", shortest: Duration.toSeconds(shortest), longest: Duration.toSeconds(longest) })

/**
 * Changes by more than a difference, with the times of {@link eventRate}. Throws a `TypeError` as {@link eventRate} and
 * {@link differential} do.
 *
 * @category constructors
 * @since 0.1.0
 */
export const differentialRate = (
  difference: number | bigint,
  shortest: Duration.Input,
  longest: Duration.Input
): DifferentialRate =>
  checked({
    _tag: "DifferentialRate",
    difference,
    shortest: Duration.toSeconds(shortest),
    longest: Duration.toSeconds(longest)
  })
