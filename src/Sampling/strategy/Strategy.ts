/** The strategies as data, and what makes them. */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { faultOf } from "./check.ts"
import { byTag, type ParameterKind } from "./table.ts"

/**
 * When a client is told of a sensor's readings (Rev 5.1 §7.1, Table 9): plain data. Times are in seconds.
 *
 * - `None`: never.
 * - `Auto`: whenever the sensor gets a reading, changed or not, or as the sensor's own `autoStrategy` says.
 * - `Event`: when value or status changes.
 * - `Period`: every so many seconds.
 * - `Differential`: when the value is more than `difference` away from the one reported last, or the status changes.
 *   For integer and float sensors only.
 * - `EventRate`: like `Event`, but not before `shortest` seconds have passed since the last report, and in any case when
 *   `longest` seconds have. Since version 5.
 * - `DifferentialRate`: like `Differential`, with the limits of `EventRate`. Since version 5.
 *
 * All but `None` report the present reading at once when they are set.
 *
 * @category models
 * @since 0.1.0
 */
export type Strategy = None | Auto | Event | Period | Differential | EventRate | DifferentialRate

/** Never. @category models @since 0.1.0 */
export interface None {
  readonly _tag: "None"
}

/** Every reading, or as the sensor's own `autoStrategy` says. @category models @since 0.1.0 */
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

/** Changes, neither too often nor too seldom. @category models @since 0.1.0 */
export interface EventRate {
  readonly _tag: "EventRate"
  /** In seconds, 0 to {@link longestPeriod}; 0 sets no limit. */
  readonly shortest: number
  /** In seconds, at least {@link shortestPeriod} and `shortest`; beyond {@link longestPeriod} it stands for ever. */
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
 * The strategies as a Schema. What it refuses is the same that the constructors refuse.
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

/** Every reading, or as the sensor's own `autoStrategy` says. @category constructors @since 0.1.0 */
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
 * Changes, not before the shortest time since the last report, and a report in any case after the longest. Throws a
 * `TypeError` where the shortest is longer than the longest, or one of them is out of bounds (see {@link EventRate}).
 *
 * @category constructors
 * @since 0.1.0
 */
export const eventRate = (shortest: Duration.Input, longest: Duration.Input): EventRate =>
  checked({ _tag: "EventRate", shortest: Duration.toSeconds(shortest), longest: Duration.toSeconds(longest) })

/**
 * Changes by more than a difference, with the times of {@link eventRate}. Throws a `TypeError` like it and
 * {@link differential}.
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
