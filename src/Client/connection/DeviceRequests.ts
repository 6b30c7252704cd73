import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import type { ParsedMessage } from "../../Codec/index.ts"
import {
  type ArgumentValue,
  errorText,
  type Message,
  type RequestFailed,
  type RequestInvalid
} from "../../Message/index.ts"
import type { Anomalies } from "./Anomalies.ts"
import { toArguments, type Writer } from "./Writer.ts"

/**
 * Handles a request that the device sends to the client. Its values follow `ok` in the reply. Rev 5.1 §2 allows such
 * requests, but few devices send them.
 *
 * @category models
 * @since 0.1.0
 */
export type DeviceRequestHandler = (
  message: Message
) =>
  | Effect.Effect<ReadonlyArray<ArgumentValue>, RequestFailed | RequestInvalid>
  | Effect.Effect<void, RequestFailed | RequestInvalid>

/**
 * The largest number of the device's unanswered requests; further ones are refused. Not measured: the bound of a server
 * (`maxInFlight`).
 */
const maxInFlight = 256

/** Answers the requests of the device: by a handler, or as unknown (Rev 5.1 §2, P-003). */
export class DeviceRequests {
  private readonly handlers: Readonly<Record<string, DeviceRequestHandler>>
  private readonly writer: Writer
  private readonly anomalies: Anomalies
  private readonly run: <A, E>(effect: Effect.Effect<A, E>) => Fiber.Fiber<A, E>
  private readonly scope: Scope.Scope
  private readonly onUnread: () => void
  private inFlight = 0

  constructor(options: {
    readonly handlers: Readonly<Record<string, DeviceRequestHandler>>
    readonly writer: Writer
    readonly anomalies: Anomalies
    readonly run: <A, E>(effect: Effect.Effect<A, E>) => Fiber.Fiber<A, E>
    /** The scope of the handlers. Closing it interrupts them. */
    readonly scope: Scope.Scope
    /** Called when the device sends requests and does not read the answers. */
    readonly onUnread: () => void
  }) {
    this.handlers = options.handlers
    this.writer = options.writer
    this.anomalies = options.anomalies
    this.run = options.run
    this.scope = options.scope
    this.onUnread = options.onUnread
  }

  request(message: ParsedMessage): void {
    const { id, name } = message
    const handler = Object.hasOwn(this.handlers, name) ? this.handlers[name] : undefined
    if (this.writer.congested) this.onUnread()
    else if (handler === undefined) {
      this.anomalies.message("UnknownRequest", message)
      this.writer.line("reply", name, id, ["invalid", "Unknown request."])
    } else if (this.inFlight >= maxInFlight)
      this.writer.line("reply", name, id, ["fail", `More than ${maxInFlight} requests at once.`])
    else this.handle(handler, message.own())
  }

  private handle(handler: DeviceRequestHandler, message: Message): void {
    const fiber = this.run(
      Effect.suspend((): Effect.Effect<Returned, Refusal> => handler(message) as Effect.Effect<Returned, Refusal>)
    )
    const exit = fiber.pollUnsafe()
    if (exit !== undefined) {
      this.reply(message, exit)
      return
    }
    this.inFlight++
    Fiber.runIn(fiber, this.scope)
    fiber.addObserver((exit) => {
      this.inFlight--
      this.reply(message, exit)
    })
  }

  private reply(message: Message, exit: Exit.Exit<Returned, Refusal>): void {
    const { id, name } = message
    if (exit._tag === "Success") {
      const values = toArguments(exit.value ?? [])
      if (typeof values === "string") this.defect(message, Cause.die(new TypeError(values)))
      else this.writer.line("reply", name, id, ["ok", ...values])
      return
    }
    const { cause } = exit
    // the connection has ended, so there is no receiver for an answer
    if (Cause.hasInterruptsOnly(cause)) return
    const error = cause.reasons.find(Cause.isFailReason)?.error
    if (error === undefined) this.defect(message, cause)
    else this.writer.line("reply", name, id, [error._tag === "RequestInvalid" ? "invalid" : error.code, error.message])
  }

  private defect({ id, name }: Message, cause: Cause.Cause<unknown>): void {
    this.anomalies.again("Error", `handler ?${name}`, () => `the handler of ?${name} failed: ${Cause.pretty(cause)}`)
    const defect = Cause.squash(cause)
    this.writer.line("reply", name, id, ["fail", errorText(defect)])
  }
}

type Refusal = RequestFailed | RequestInvalid
type Returned = ReadonlyArray<ArgumentValue> | undefined
