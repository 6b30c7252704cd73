/**
 * The output of one page: writes to its WebSocket, with a limit on waiting data. Effect's writer takes everything at
 * once and has no back-pressure of its own, so the connection under it reports how much the page has not read.
 */
import * as Effect from "effect/Effect"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as Socket from "effect/socket/Socket"
import type { GatewayCounts } from "../counts.ts"
import type { Bye } from "./frames.ts"
import { Underlying } from "./Underlying.ts"

/** The reason why a page ends. */
export type Ending = (typeof Bye.Type)["bye"]

/**
 * The bytes that may wait for a page before it gets more than the frame that it has acknowledged. Not measured: some
 * hundred informs; the system itself holds more for each connection.
 */
const mostWaiting = 262_144
/**
 * The bytes that may wait at all: the WebSocket itself sends pongs. Not measured: more than the largest frame of data.
 */
const mostEver = 16_777_216
/**
 * The longest time that a page may read nothing while more than that waits. Not measured: that of the server's
 * `stallTimeout`.
 */
const stallTimeout = "60 seconds"

/** The close codes: policy violation, going away, and policy violation again. */
const closeCodes: Readonly<Record<Ending, number>> = { revoked: 1008, expired: 1008, stopping: 1001, "too slow": 1008 }

/** See the top of the file. */
export class Outlet {
  private readonly writer: Socket.Writer
  private readonly under: Underlying
  private readonly counts: GatewayCounts
  private readonly tooSlow: () => void

  constructor(options: {
    readonly request: HttpServerRequest.HttpServerRequest
    readonly writer: Socket.Writer
    readonly counts: GatewayCounts
    /** Called when the page has read nothing for too long. */
    readonly tooSlow: () => void
  }) {
    this.under = new Underlying(options.request)
    this.writer = options.writer
    this.counts = options.counts
    this.tooSlow = options.tooSlow
  }

  /** `true` if so much waits that more must wait, too. */
  get isFull(): boolean {
    return this.under.waiting >= mostWaiting
  }

  /** Writes at once. The reader notices the end of the connection. */
  write(frame: string): Effect.Effect<void> {
    this.counts.framesSent++
    return Effect.ignore(this.writer.write(frame))
  }

  /** Waits until the page has read enough. */
  readonly room: Effect.Effect<void> = Effect.suspend(() =>
    this.isFull
      ? Effect.timeoutOrElse(this.under.drained, { duration: stallTimeout, orElse: () => Effect.sync(this.tooSlow) })
      : Effect.void
  )

  /** Writes when the page has read enough. */
  readonly send = (frame: string): Effect.Effect<void> =>
    Effect.suspend(() => (this.isFull ? Effect.andThen(this.room, this.write(frame)) : this.write(frame)))

  /** Closes the connection if more waits than is ever allowed. */
  check(): void {
    if (this.under.waiting > mostEver) this.under.destroy()
  }

  /** Sends the page the reason of its end, and closes the WebSocket. */
  end(why: Ending): Effect.Effect<void> {
    return Effect.andThen(
      this.write(JSON.stringify({ bye: why } satisfies typeof Bye.Type)),
      Effect.ignore(this.writer.write(new Socket.CloseEvent(closeCodes[why], why)))
    )
  }

  /** Destroys the connection. */
  destroy(): void {
    this.under.destroy()
  }
}
