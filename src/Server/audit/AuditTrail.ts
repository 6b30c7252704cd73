import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as LogLevel from "effect/LogLevel"
import type * as Stream from "effect/Stream"
import { type AuditRecord, formatRecord } from "./AuditRecord.ts"
import { type LeftOut, LogBudget, type Spent } from "./LogBudget.ts"
import { RecordReaders } from "./RecordReaders.ts"

/**
 * The options of the audit.
 *
 * @category audit
 * @since 0.1.0
 */
export interface AuditOptions {
  /** The level of the log lines. `None` writes no lines: only the stream has the records. Default `Info`. */
  readonly logLevel?: LogLevel.LogLevel | undefined
  /**
   * The number of records of one client that are logged per second, and a tenth of that of all clients. Further records
   * are counted by name and logged as one line after the second. Default 50.
   */
  readonly perSecond?: number | undefined
  /**
   * Names of requests whose arguments are not recorded, for example passwords, or a function that returns `true` for
   * them. Nor is the reason of an outcome recorded, which can repeat them. None by default.
   */
  readonly withhold?: ReadonlyArray<string> | ((request: string) => boolean) | undefined
}

/**
 * Returns the function that decides which requests have no arguments in their records.
 *
 * @category audit
 * @since 0.1.0
 */
export const withheldBy = ({ withhold = [] }: AuditOptions): ((request: string) => boolean) => {
  if (typeof withhold === "function") return withhold
  const names = new Set(withhold)
  return (request) => names.has(request)
}

/**
 * Sends audit records to the log and to the readers of a Stream. Bounded: the log by records per second, a reader by
 * 1024 waiting records.
 *
 * A record is made in two steps. `begin` decides, when a request arrives, if its record will go anywhere; only
 * then are its arguments shortened. {@link add} takes the record when the outcome is known.
 *
 * @category audit
 * @since 0.1.0
 */
export class AuditTrail {
  readonly options: AuditOptions
  private readonly run: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
  private readonly clock: Clock.Clock
  private readonly budget: LogBudget | undefined
  private readonly readers = new RecordReaders<AuditRecord>()
  /** Returns `true` if the arguments of a request, and the reason of its outcome, must not be recorded. */
  readonly withholds: (request: string) => boolean

  constructor(
    options: AuditOptions & {
      /** Runs an effect that writes to the log. */
      readonly run: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
      readonly clock: Clock.Clock
    }
  ) {
    this.options = options
    this.run = options.run
    this.clock = options.clock
    this.withholds = withheldBy(options)
    this.budget =
      options.logLevel === "None"
        ? undefined
        : new LogBudget({
            perSecond: options.perSecond ?? 50,
            run: this.run,
            clock: this.clock,
            log: (text) => this.log(text)
          })
  }

  /** Returns the current time in milliseconds. */
  now(): number {
    return this.clock.currentTimeMillisUnsafe()
  }

  /** Returns the milliseconds of a clock that never steps: for durations. */
  elapsed(): number {
    return Number(this.clock.monotonicTimeNanosUnsafe()) / 1e6
  }

  /**
   * Returns where the record of a request will go: `both`, only to the `stream`, or nowhere (`undefined`). Counts the
   * request against the client's log budget.
   *
   * @internal
   */
  begin(request: LeftOut, client: Spent): "both" | "stream" | undefined {
    if (this.budget?.take(client, request) === true) return "both"
    return this.readers.size > 0 ? "stream" : undefined
  }

  /** Sends a record where `begin` decided. */
  add(record: AuditRecord, to: "both" | "stream"): void {
    if (to === "both") this.log(formatRecord(record))
    this.readers.add(record)
  }

  private log(text: string): void {
    const level = this.options.logLevel ?? "Info"
    // a level that stands for all or none has no records
    const logged = Effect.logWithLevel(level as LogLevel.Severity)(text)
    this.run(Effect.annotateLogs(logged, { logger: "audit" }))
  }

  /** Emits the records from now on, until the end. A reader that is too slow loses some, and receives their number. */
  readonly stream: Stream.Stream<AuditRecord> = this.readers.stream

  /** Ends the streams, and logs the number of records omitted from the log so far. */
  end(): void {
    this.budget?.end()
    this.readers.end()
  }
}
