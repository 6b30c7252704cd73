/**
 * The log of a device: what goes to its clients as `#log` (Rev 5.1 §6).
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as EffectLogLevel from "effect/LogLevel"
import * as References from "effect/References"
import { fromEffect, type LogLevel, reports, type Severity } from "./LogLevel.ts"
import { logText } from "./logText.ts"

/**
 * A record of the device's log.
 *
 * @category models
 * @since 0.1.0
 */
export interface LogRecord {
  /** How grave it is. */
  readonly severity: Severity
  /** Seconds since 1970. */
  readonly timestamp: number
  /** The logger's name, a dotted hierarchy; `root` where none is given. */
  readonly name: string
  /** What happened. */
  readonly message: string
}

interface Observer {
  readonly f: (record: LogRecord) => void
  /** Its own level; undefined: that of the log. */
  readonly level: (() => LogLevel) | undefined
}

/**
 * The log of one device. It has one level for all clients, which outlives them (Rev 5.1 §6, P-153). What handlers and
 * the device's own fibers log through Effect (`Effect.logInfo`, …) goes to it, under the name given by the log
 * annotation `logger` or `root`, without stack traces; local loggers keep their own minimum level.
 *
 * @category services
 * @since 0.1.0
 */
export class DeviceLog extends Context.Service<
  DeviceLog,
  {
    /** The present level; `warn` at the start (Rev 5.1 §6.2). */
    level: LogLevel
    /** Whether a record of that severity would be sent now: somebody observes, and the level lets it through. */
    readonly reaches: (severity: Severity) => boolean
    /** Sends a record to all clients if the level lets it through. Synchronous. */
    readonly publish: (record: LogRecord) => void
    /**
     * Calls `f` with each record that is sent, until the returned function is called. With `level`, which is asked at
     * each record, it gets those that this level lets through, whatever the level of the log.
     */
    readonly observe: (f: (record: LogRecord) => void, level?: () => LogLevel) => () => void
  }
>()("katcp/Interface/DeviceLog") {
  /** A log at the given level, `warn` by default. */
  static readonly make = (level: LogLevel = "warn"): DeviceLog["Service"] => {
    const observers = new Set<Observer>()
    const lets = (observer: Observer, severity: Severity): boolean =>
      reports(observer.level === undefined ? log.level : observer.level(), severity)
    const log: DeviceLog["Service"] = {
      level,
      reaches: (severity) => {
        for (const observer of observers) if (lets(observer, severity)) return true
        return false
      },
      publish: (record) => {
        for (const observer of observers) if (lets(observer, record.severity)) observer.f(record)
      },
      observe: (f, level) => {
        // the same function may come twice
        const observer: Observer = { f, level }
        observers.add(observer)
        return () => observers.delete(observer)
      }
    }
    return log
  }

  /**
   * Runs an effect so that what it logs goes to the device's log too. The minimum level is lowered for it; the loggers
   * that were there go on with the one they had.
   */
  static readonly capture =
    (log: DeviceLog["Service"]) =>
    <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.withFiber((fiber) =>
        Effect.provideContext(effect, DeviceLog.captured(log, fiber.context) as Context.Context<R>)
      )

  /** A context in which what is logged goes to the device's log too. */
  static readonly captured = (log: DeviceLog["Service"], context: Context.Context<never>): Context.Context<never> => {
    const minimum = Context.get(context, References.MinimumLogLevel)
    const local = Context.get(context, Logger.CurrentLoggers)
    const loggers = new Set<Logger.Logger<unknown, unknown>>([bridge(log)])
    for (const logger of local) loggers.add(limited(logger, minimum))
    return context.pipe(Context.add(References.MinimumLogLevel, "All"), Context.add(Logger.CurrentLoggers, loggers))
  }
}

/** A logger as it was, with the minimum level that it had. */
const limited = (logger: Logger.Logger<unknown, unknown>, minimum: EffectLogLevel.LogLevel) =>
  Logger.make<unknown, unknown>((options) =>
    EffectLogLevel.isGreaterThan(minimum, options.logLevel) ? undefined : logger.log(options)
  )

const bridge = (log: DeviceLog["Service"]): Logger.Logger<unknown, void> =>
  Logger.make((options) => {
    const severity = fromEffect(options.logLevel)
    // no text is made for a level that nobody listens to
    if (severity === undefined || !log.reaches(severity)) return
    const name = options.fiber.getRef(References.CurrentLogAnnotations).logger
    log.publish({
      severity,
      timestamp: options.date.getTime() / 1000,
      name: typeof name === "string" && name !== "" ? name : "root",
      message: logText(options.message, options.cause)
    })
  })
