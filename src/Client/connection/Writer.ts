import type * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { type Encoder, Outbox, type Sink, type Turn } from "../../Codec/index.ts"
import { type ArgumentValue, type Kind, type Message, make, plainArgument } from "../../Message/index.ts"
import type { MessageHook } from "./MessageHook.ts"

/**
 * The outgoing half of a connection: all messages of one turn of the event loop are sent in one write. It has no limit:
 * code that writes much checks {@link congested}.
 */
export class Writer {
  private readonly outbox: Outbox
  private readonly maxBacklog: number
  private readonly hook: MessageHook | undefined
  /** `true` while a write waits for the device. */
  private blocked = false
  /** `true` while the reader handles messages: it flushes the answers to all of them in one write. */
  private deferred = false

  constructor(options: {
    readonly sink: Sink
    readonly turn: Turn
    readonly scope: Scope.Scope
    readonly run: (effect: Effect.Effect<void, unknown>) => Fiber.Fiber<void, unknown>
    /** In bytes. */
    readonly maxBacklog: number
    /** Called with each message that is written. */
    readonly hook: MessageHook | undefined
    /** Called when the device reads again after a write had to wait. */
    readonly onDrain: () => void
    readonly onFailure: (exit: Exit.Failure<void, unknown>) => void
  }) {
    this.maxBacklog = options.maxBacklog
    this.hook = options.hook
    this.outbox = new Outbox({
      sink: options.sink,
      turn: options.turn,
      scope: options.scope,
      run: options.run,
      onFailure: options.onFailure,
      onWait: () => {
        this.blocked = true
      },
      onDrain: () => {
        this.blocked = false
        options.onDrain()
      }
    })
  }

  /** `true` if the device does not read, and more than `maxBacklog` bytes wait for it. */
  get congested(): boolean {
    return this.blocked && this.outbox.backlog > this.maxBacklog
  }

  /** Waits until the device has taken all written bytes, or the connection is over. */
  get drained(): Effect.Effect<void> {
    return this.outbox.drained
  }

  /** Writes a message. */
  message(message: Message): void {
    const write = () => {
      this.outbox.encoder.message(message)
      this.schedule()
    }
    if (this.hook === undefined) write()
    else this.hook.pass(message, "sent", write)
  }

  /** Writes a message that is given by its parts. */
  line(kind: Kind, name: string, id: number | undefined, values: ReadonlyArray<string | Uint8Array>): void {
    if (this.hook === undefined) this.encode(kind, name, id, values)
    else this.hook.pass(make(kind, name, values, { id }), "sent", () => this.encode(kind, name, id, values))
  }

  /** Defers all writes until {@link release}. */
  defer(): void {
    this.deferred = true
  }

  /** Passes all written bytes to the socket, and ends {@link defer}. */
  release(): void {
    this.deferred = false
    this.outbox.flush()
  }

  private encode(kind: Kind, name: string, id: number | undefined, values: ReadonlyArray<string | Uint8Array>): void {
    const { encoder } = this.outbox
    encoder.begin(kind, name, id)
    writeValues(encoder, values)
    encoder.end()
    this.schedule()
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

/**
 * Returns plain values in the form of {@link Writer.line}. Returns the fault if a value is not a plain value, as can
 * happen without types.
 */
export const toArguments = (values: ReadonlyArray<ArgumentValue>): ReadonlyArray<string | Uint8Array> | string => {
  for (let at = 0; at < values.length; at++) {
    if (typeof values[at] !== "string") return converted(values)
  }
  return values as ReadonlyArray<string>
}

const converted = (values: ReadonlyArray<ArgumentValue>): ReadonlyArray<string | Uint8Array> | string => {
  const all: Array<string | Uint8Array> = []
  for (const [at, value] of values.entries()) {
    const argument = plainArgument(value)
    if (argument === undefined) return `argument ${at + 1} is neither text, number, boolean nor bytes`
    all.push(argument)
  }
  return all
}
