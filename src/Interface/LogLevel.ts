/**
 * The levels of `#log` and `?log-level` (Rev 5.1 §6).
 */
import type * as EffectLogLevel from "effect/LogLevel"

/**
 * What `?log-level` can be set to, from the highest: `off` reports nothing, `all` everything (Rev 5.1 §6.2).
 *
 * @category models
 * @since 0.1.0
 */
export type LogLevel = "off" | "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "all"

/**
 * A level that a record can have: nothing is logged at `off` or `all` (Rev 5.1 §6.1). From `info` up, records are for
 * operators, and to be worded for them (Table 7, appendix A.6):
 *
 * - `fatal`: the device cannot go on, and somebody has to see to it. What happened, and in which state it was.
 * - `error`: something was not done. The device goes on, perhaps with less. What was tried, and why it failed.
 * - `warn`: all still works, but may not for long. What is near its limit, and what would follow.
 * - `info`: what the device is about, step by step: a mode entered, a configuration taken.
 * - `debug`: what its developers need to find a fault: arguments, values between.
 * - `trace`: everything, down to single calls; it may slow the device down.
 *
 * @category models
 * @since 0.1.0
 */
export type Severity = Exclude<LogLevel, "off" | "all">

/**
 * All levels, from the one that reports nothing to the one that reports everything.
 *
 * @category constants
 * @since 0.1.0
 */
export const logLevels: ReadonlyArray<LogLevel> = ["off", "fatal", "error", "warn", "info", "debug", "trace", "all"]

const ranks = new Map(logLevels.map((level, rank) => [level, rank]))

/**
 * Whether a device set to `level` reports records of `severity` (Rev 5.1 §6.2).
 *
 * @category predicates
 * @since 0.1.0
 */
export const reports = (level: LogLevel, severity: Severity): boolean => ranks.get(severity)! <= ranks.get(level)!

/**
 * The level that text names; undefined where it names none. Case counts (Rev 5.1 §2.1).
 *
 * @category parsing
 * @since 0.1.0
 */
export const parseLogLevel = (text: string): LogLevel | undefined => logLevels.find((level) => level === text)

/** The severity of a record of Effect's. */
export const fromEffect = (level: EffectLogLevel.LogLevel): Severity | undefined =>
  level === "All" || level === "None" ? undefined : (level.toLowerCase() as Severity)

/**
 * Effect's name of a severity, for `Effect.logWithLevel`.
 *
 * @category conversions
 * @since 0.1.0
 */
export const toEffect = (severity: Severity): EffectLogLevel.Severity =>
  `${severity.charAt(0).toUpperCase()}${severity.slice(1)}` as EffectLogLevel.Severity
