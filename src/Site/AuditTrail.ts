import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import { RecordReaders } from "../Server/index.ts"
import { formatPassed, type PassedRequest } from "./PassedRequest.ts"

/**
 * The records that are logged per second; further ones are counted, and the next logged one has their number. Not
 * measured: that of a server.
 */
const perSecond = 50

/**
 * Writes the audit records of a site to the log, with a limit, and to readers of a Stream.
 *
 * @category audit
 * @since 0.1.0
 */
export class AuditTrail {
  private readonly clock: Clock.Clock
  private readonly readers = new RecordReaders<PassedRequest>()
  private second = 0
  private logged = 0
  private leftOut = 0

  constructor(clock: Clock.Clock) {
    this.clock = clock
  }

  /** Passes a record to all readers, and logs it unless the caller does. */
  add(record: Omit<PassedRequest, "missed">, logged: boolean): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.readers.add({ ...record, missed: 0 })
      return logged ? Effect.void : this.log(record)
    })
  }

  /** The records from the start of the stream on. */
  readonly stream: Stream.Stream<PassedRequest> = this.readers.stream

  /** Ends all streams. */
  end(): void {
    this.readers.end()
  }

  private log(record: Omit<PassedRequest, "missed">): Effect.Effect<void> {
    const second = Math.floor(Number(this.clock.monotonicTimeNanosUnsafe()) / 1e9)
    if (second !== this.second) {
      this.second = second
      this.logged = 0
    }
    if (this.logged >= perSecond) {
      this.leftOut++
      return Effect.void
    }
    this.logged++
    const text = formatPassed({ ...record, missed: 0 })
    const before = this.leftOut === 0 ? "" : ` (before it, ${this.leftOut} were not logged)`
    this.leftOut = 0
    return Effect.annotateLogs(Effect.logInfo(`${text}${before}`), { logger: "katcp.site.audit" })
  }
}
