import type * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as LogLevel from "effect/LogLevel"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { type AuditRecord, formatRecord } from "./AuditRecord.ts"
import { type LeftOut, LogBudget, type Spent } from "./LogBudget.ts"

/**
 * Records by which a reader of the stream may fall behind. Above that it loses the next ones, which are counted. Not
 * measured: some 500 KB, and 20 seconds of one client's log lines.
 */
const ahead = 1024

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
  /** Names of requests whose arguments are not recorded, for example passwords. None by default. */
  readonly withhold?: ReadonlyArray<string> | undefined
}

interface Reader {
  readonly queue: Queue.Queue<AuditRecord, Cause.Done>
  missed: number
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
  private readonly readers = new Set<Reader>()
  private readonly withheld: ReadonlySet<string>
  private ended = false

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
    this.withheld = new Set(options.withhold)
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

  /** Returns `true` if the arguments of a request must not be recorded. */
  withholds(request: string): boolean {
    return this.withheld.has(request)
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
    for (const reader of this.readers) {
      const own = reader.missed === 0 ? record : { ...record, missed: reader.missed }
      if (Queue.offerUnsafe(reader.queue, own)) reader.missed = 0
      else reader.missed++
    }
  }

  private log(text: string): void {
    const level = this.options.logLevel ?? "Info"
    // a level that stands for all or none has no records
    const logged = Effect.logWithLevel(level as LogLevel.Severity)(text)
    this.run(Effect.annotateLogs(logged, { logger: "audit" }))
  }

  /** Emits the records from now on, until the end. A reader that is too slow loses some, and receives their number. */
  readonly stream: Stream.Stream<AuditRecord> = Stream.unwrap(
    Effect.suspend(() => {
      if (this.ended) return Effect.succeed(Stream.empty)
      return Effect.map(
        Effect.acquireRelease(
          Effect.map(Queue.dropping<AuditRecord, Cause.Done>(ahead), (queue) => {
            const reader: Reader = { queue, missed: 0 }
            this.readers.add(reader)
            return reader
          }),
          (reader) => Effect.sync(() => this.readers.delete(reader))
        ),
        ({ queue }) => Stream.fromQueue(queue)
      )
    })
  )

  /** Ends the streams, and logs the number of records omitted from the log so far. */
  end(): void {
    this.ended = true
    this.budget?.end()
    for (const { queue } of this.readers) Queue.endUnsafe(queue)
    this.readers.clear()
  }
}
