import type * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { type Encoder, Outbox, type Sink, type Turn } from "../../Codec/index.ts"
import { type Kind, type Message, make } from "../../Message/index.ts"
import type { MessageHook } from "./MessageHook.ts"
import type { OpenRequest } from "./OpenRequest.ts"

/**
 * The outgoing half of a connection: all messages of one turn of the event loop go out in one write. When the device
 * does not read and much waits for it, requests wait here in their order, not yet sent.
 */
export class Writer {
  private readonly outbox: Outbox
  private readonly maxBacklog: number
  private readonly onSend: (open: OpenRequest) => void
  private readonly hook: MessageHook | undefined
  private readonly held = new Set<OpenRequest>()
  /** While messages are read, what they cause to be written is flushed by the reader, all at once. */
  private deferred = false

  constructor(options: {
    readonly sink: Sink
    readonly turn: Turn
    readonly scope: Scope.Scope
    readonly run: (effect: Effect.Effect<void, unknown>) => Fiber.Fiber<void, unknown>
    readonly maxBacklog: number
    /** Called just before a request is written: it has no id yet. */
    readonly onSend: (open: OpenRequest) => void
    /** Stands around all that is written. */
    readonly hook: MessageHook | undefined
    readonly onFailure: (exit: Exit.Failure<void, unknown>) => void
  }) {
    this.maxBacklog = options.maxBacklog
    this.onSend = options.onSend
    this.hook = options.hook
    this.outbox = new Outbox({
      sink: options.sink,
      turn: options.turn,
      scope: options.scope,
      run: options.run,
      onFailure: options.onFailure,
      onDrain: () => this.release()
    })
  }

  /** Whether the device does not read and as much waits for it as may. */
  get congested(): boolean {
    return this.outbox.blocked && this.outbox.backlog > this.maxBacklog
  }

  /** Waits until the device has taken what was written, or the connection is over. */
  get drained(): Effect.Effect<void> {
    return this.outbox.drained
  }

  /** Sends a request, or holds it until the device reads again. */
  request(open: OpenRequest): void {
    if (this.held.size > 0 || this.congested) this.held.add(open)
    else this.write(open)
  }

  /** Forgets a request that is held. */
  drop(open: OpenRequest): void {
    if (!open.sent) this.held.delete(open)
  }

  /** All requests that are held. None remains. */
  takeHeld(): Array<OpenRequest> {
    const all = [...this.held]
    this.held.clear()
    return all
  }

  message(message: Message): void {
    const write = () => {
      this.outbox.encoder.message(message)
      this.schedule()
    }
    if (this.hook === undefined) write()
    else this.hook.pass(message, "sent", write)
  }

  line(kind: Kind, name: string, id: number | undefined, values: ReadonlyArray<string | Uint8Array>): void {
    if (this.hook === undefined) this.encode(kind, name, id, values)
    else this.hook.pass(make(kind, name, values, { id }), "sent", () => this.encode(kind, name, id, values))
  }

  private encode(kind: Kind, name: string, id: number | undefined, values: ReadonlyArray<string | Uint8Array>): void {
    const { encoder } = this.outbox
    encoder.begin(kind, name, id)
    writeValues(encoder, values)
    encoder.end()
    this.schedule()
  }

  /** Holds writes back until {@link release}: the reader has more for them. */
  hold(): void {
    this.deferred = true
  }

  /** Writes what has gathered, and what was held as far as the device takes it. */
  release(): void {
    this.deferred = false
    for (const open of this.held) {
      if (this.congested) break
      this.held.delete(open)
      this.write(open)
    }
    this.outbox.flush()
  }

  private write(open: OpenRequest): void {
    this.onSend(open)
    open.sent = true
    this.line("request", open.name, open.id, open.values)
  }

  private schedule(): void {
    if (!this.deferred) this.outbox.schedule()
  }
}

const writeValues = (encoder: Encoder, values: ReadonlyArray<string | Uint8Array>): void => {
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!
    if (typeof value === "string") encoder.text(value)
    else encoder.bytes(value)
  }
}
