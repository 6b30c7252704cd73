import type { ParsedMessage } from "../../Codec/index.ts"
import type { KatcpError } from "../../Message/index.ts"
import { Timed } from "./Deadlines.ts"

/** Which time-out a request has. */
export type WhichTimeout = "call" | "contract" | "hint" | "default"

/** What is to be sent, and how long it may take. */
export interface Draft {
  readonly name: string
  /** The arguments: text, or bytes, both without escapes. */
  readonly values: ReadonlyArray<string | Uint8Array>
  /** In milliseconds, from the call on. */
  readonly timeout: number
  /** How much of that has passed while it waited for a connection. */
  readonly waited: number
  readonly which: WhichTimeout
  /** An id of the caller's own. */
  readonly id: number | undefined
  /** Whether it gets an id; undefined: if the device has ids. */
  readonly useId: boolean | undefined
}

/**
 * A request whose reply has not come. What is done with its answer is up to the kinds of it. Each is told exactly one of
 * {@link reply} and {@link fail}, or nothing where it was given up. None of them throws.
 */
export abstract class OpenRequest extends Timed {
  readonly name: string
  readonly values: ReadonlyArray<string | Uint8Array>
  /** What is left of its time, in milliseconds. */
  timeout: number
  /** All of it. */
  readonly limit: number
  readonly waited: number
  readonly which: WhichTimeout
  readonly useId: boolean | undefined
  /** Set when it is sent, if it is not the caller's own. */
  id: number | undefined
  /** When it was called for, by the clock of the deadlines. */
  madeAt = 0
  /** Whether it went to the device. */
  sent = false
  /** Whether it is over, one way or another. */
  settled = false
  /** What {@link expire} calls. */
  onExpire: ((open: OpenRequest) => void) | undefined = undefined

  constructor(draft: Draft) {
    super()
    this.name = draft.name
    this.values = draft.values
    this.timeout = draft.timeout - draft.waited
    this.limit = draft.timeout
    this.waited = draft.waited
    this.which = draft.which
    this.id = draft.id
    this.useId = draft.useId
  }

  /** Whether it is a question of the client's own, which nobody waits for. */
  get isProbe(): boolean {
    return false
  }

  /** An inform that belongs to it. The message must not be kept: it holds its chunk. */
  abstract inform(message: ParsedMessage): void
  /** Its reply. The message must not be kept. */
  abstract reply(message: ParsedMessage): void
  /** There will be no reply. */
  abstract fail(error: KatcpError): void

  expire(): void {
    this.onExpire?.(this)
  }
}
