/**
 * The levels of `#log` and `?log-level` (Rev 5.1 §6).
 */
import type * as EffectLogLevel from "effect/LogLevel"

/**
 * A level of `?log-level`, from the highest: `off` reports nothing, `all` everything (Rev 5.1 §6.2).
 *
 * @category models
 * @since 0.1.0
 */
export type LogLevel = "off" | "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "all"

/**
 * A level of a record: `off` and `all` are not levels of records (Rev 5.1 §6.1). From `info` up, records are for
 * operators and must be worded for them (Table 7, appendix A.6):
 *
 * - `fatal`: the device cannot continue, and somebody must act. Say what happened, and the state of the device.
 * - `error`: an action failed. The device continues, perhaps with less. Say what was tried, and why it failed.
 * - `warn`: everything works, but may not for long. Say what is near its limit, and the consequence.
 * - `info`: the main steps of the device: a mode entered, a configuration loaded.
 * - `debug`: data for developers: arguments, intermediate values.
 * - `trace`: everything, down to single calls; it may slow the device down.
 *
 * @category models
 * @since 0.1.0
 */
export type Severity = Exclude<LogLevel, "off" | "all">

/**
 * All levels, from `off` to `all`.
 *
 * @category constants
 * @since 0.1.0
 */
export const logLevels: ReadonlyArray<LogLevel> = ["off", "fatal", "error", "warn", "info", "debug", "trace", "all"]

const ranks = new Map(logLevels.map((level, rank) => [level, rank]))

/**
 * Returns `true` if a device at `level` reports records of `severity` (Rev 5.1 §6.2).
 *
 * @category predicates
 * @since 0.1.0
 */
export const reports = (level: LogLevel, severity: Severity): boolean => ranks.get(severity)! <= ranks.get(level)!

/**
 * Returns the level of a name, or `undefined`. Case matters (Rev 5.1 §2.1).
 *
 * @category parsing
 * @since 0.1.0
 */
export const parseLogLevel = (text: string): LogLevel | undefined => logLevels.find((level) => level === text)

/** Returns the severity of one of Effect's log levels. */
export const fromEffect = (level: EffectLogLevel.LogLevel): Severity | undefined =>
  level === "All" || level === "None" ? undefined : (level.toLowerCase() as Severity)

/**
 * Returns Effect's name of a severity, for `Effect.logWithLevel`.
 *
 * @category conversions
 * @since 0.1.0
 */
export const toEffect = (severity: Severity): EffectLogLevel.Severity =>
  `${severity.charAt(0).toUpperCase()}${severity.slice(1)}` as EffectLogLevel.Severity
