import * as Effect from "effect/Effect"
import type { Deadlines } from "./Deadlines.ts"
import type { OpenRequest } from "./RequestTable.ts"

const nothing: ReadonlyArray<never> = []

/**
 * Applies back-pressure to the device while readers of streamed answers are behind: the connection is not read then, so
 * the device's own writes wait.
 *
 * The connection is still read while any other request waits for its answer, because the reader itself may have made
 * that request. The timeout of a request is suspended while its reader is behind.
 */
export class Backpressure {
  private readonly deadlines: Deadlines
  private readonly requests: { readonly unanswered: number }
  /** The requests whose readers are behind, and since when; `undefined` until there is one. */
  private behind: Map<OpenRequest, number> | undefined = undefined
  private resumeReading: ((effect: Effect.Effect<ReadonlyArray<never>>) => void) | undefined = undefined

  constructor(deadlines: Deadlines, requests: { readonly unanswered: number }) {
    this.deadlines = deadlines
    this.requests = requests
  }

  /** `true` while the connection must not be read: each unanswered request waits for its own reader. */
  get isHeld(): boolean {
    const { behind } = this
    return behind !== undefined && behind.size > 0 && behind.size === this.requests.unanswered
  }

  /** Called when the reader of a streamed answer falls behind. */
  hold(open: OpenRequest): void {
    this.behind ??= new Map()
    if (open.settled || this.behind.has(open)) return
    this.behind.set(open, this.deadlines.now())
    this.deadlines.remove(open)
  }

  /** Called when the reader of a streamed answer has caught up. */
  caughtUp(open: OpenRequest): void {
    const began = this.behind?.get(open)
    if (began === undefined) return
    this.behind!.delete(open)
    // the time left at that moment
    if (open.timeout !== Number.POSITIVE_INFINITY) open.timeout = Math.max(1, Math.ceil(open.deadline - began))
    this.deadlines.add(open, this.deadlines.now())
    this.check()
  }

  /** Called when a request is settled. */
  settled(open: OpenRequest): void {
    this.behind?.delete(open)
    this.check()
  }

  /** Resumes reading if nothing prevents it any more. */
  check(): void {
    const { resumeReading } = this
    if (resumeReading === undefined || this.isHeld) return
    this.resumeReading = undefined
    resumeReading(Effect.succeed(nothing))
  }

  /** Waits until the connection may be read. Succeeds with no chunks, like an empty read. */
  get released(): Effect.Effect<ReadonlyArray<never>> {
    return Effect.callback((resume) => {
      if (!this.isHeld) return resume(Effect.succeed(nothing))
      this.resumeReading = resume
      return Effect.sync(() => {
        this.resumeReading = undefined
      })
    })
  }
}
