/** The log of a device, sent to its clients as `#log` (Rev 5.1 §6). */
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
  /** The severity. */
  readonly severity: Severity
  /** Seconds since 1970. */
  readonly timestamp: number
  /** The logger's name, a dotted hierarchy. `root` by default. */
  readonly name: string
  /** The message. */
  readonly message: string
}

interface Observer {
  readonly f: (record: LogRecord) => void
  /** The observer's own level; `undefined` means the level of the log. */
  readonly level: (() => LogLevel) | undefined
}

/**
 * The log of one device. It has one level for all clients, which outlives them (Rev 5.1 §6, P-153). It receives
 * everything that handlers and the device's fibers log through Effect (`Effect.logInfo`, …), under the name in the log
 * annotation `logger` or `root`, without stack traces. Local loggers keep their own minimum level.
 *
 * @category services
 * @since 0.1.0
 */
export class DeviceLog extends Context.Service<
  DeviceLog,
  {
    /** The current level; `warn` initially (Rev 5.1 §6.2). */
    level: LogLevel
    /** Returns `true` if a record of that severity would be sent now: there is an observer, and the level allows it. */
    readonly reaches: (severity: Severity) => boolean
    /** Sends a record to all clients if the level allows it. Synchronous. */
    readonly publish: (record: LogRecord) => void
    /**
     * Calls `f` with each record that is sent. Returns a function that stops this. With `level`, which is called for
     * each record, `f` receives the records of this level instead of the log's.
     */
    readonly observe: (f: (record: LogRecord) => void, level?: () => LogLevel) => () => void
  }
>()("katcp/Interface/DeviceLog") {
  /** Creates a log at the given level, `warn` by default. */
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
        // the same function may be given twice
        const observer: Observer = { f, level }
        observers.add(observer)
        return () => observers.delete(observer)
      }
    }
    return log
  }

  /**
   * Runs an effect whose log output also goes to the device's log. Lowers the minimum log level for it. The existing
   * loggers keep the level they had.
   */
  static readonly capture =
    (log: DeviceLog["Service"]) =>
    <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.withFiber((fiber) =>
        Effect.provideContext(effect, DeviceLog.captured(log, fiber.context) as Context.Context<R>)
      )

  /** Returns a context in which log output also goes to the device's log. */
  static readonly captured = (log: DeviceLog["Service"], context: Context.Context<never>): Context.Context<never> => {
    const minimum = Context.get(context, References.MinimumLogLevel)
    const local = Context.get(context, Logger.CurrentLoggers)
    const loggers = new Set<Logger.Logger<unknown, unknown>>([bridge(log)])
    for (const logger of local) loggers.add(limited(logger, minimum))
    return context.pipe(Context.add(References.MinimumLogLevel, "All"), Context.add(Logger.CurrentLoggers, loggers))
  }
}

/** Returns a logger with the minimum level it had before. */
const limited = (logger: Logger.Logger<unknown, unknown>, minimum: EffectLogLevel.LogLevel) =>
  Logger.make<unknown, unknown>((options) =>
    EffectLogLevel.isGreaterThan(minimum, options.logLevel) ? undefined : logger.log(options)
  )

const bridge = (log: DeviceLog["Service"]): Logger.Logger<unknown, void> =>
  Logger.make((options) => {
    const severity = fromEffect(options.logLevel)
    // no text is built for a level without observers
    if (severity === undefined || !log.reaches(severity)) return
    const name = options.fiber.getRef(References.CurrentLogAnnotations).logger
    log.publish({
      severity,
      timestamp: options.date.getTime() / 1000,
      name: typeof name === "string" && name !== "" ? name : "root",
      message: logText(options.message, options.cause)
    })
  })
