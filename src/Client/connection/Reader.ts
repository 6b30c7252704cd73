import * as Effect from "effect/Effect"
import type * as Socket from "effect/socket/Socket"
import { Dialect, ParsedMessage, Parser } from "../../Codec/index.ts"
import { type KatcpError, type KatcpSyntaxError, MalformedReply } from "../../Message/index.ts"
import type { Core } from "../Core.ts"
import type { DeviceRequests } from "./DeviceRequests.ts"
import type { ConnectedReader } from "./Ends.ts"
import type { InFlight } from "./InFlight.ts"
import type { KeepAlive } from "./KeepAlive.ts"
import type { MessageHook } from "./MessageHook.ts"
import type { Fault, Negotiation } from "./Negotiation.ts"
import type { Writer } from "./Writer.ts"

const encoder = new TextEncoder()
type Chunks = ReadonlyArray<Uint8Array | string>
/**
 * Messages that one call processes. A loop over all messages of a chunk is compiled while it runs, and once more after
 * it: that took V8's TurboFan 20 ms in the first mirror of 10,000 sensors of a process (measured).
 */
const messagesAtOnce = 64

/**
 * The incoming half of a connection: parses messages from the bytes that arrive, and passes each to its part.
 *
 * - replies, and informs of requests: {@link InFlight};
 * - requests of the device: {@link DeviceRequests};
 * - asynchronous informs: {@link Negotiation}, then the subscribers.
 */
export class Reader {
  private readonly core: Core
  private readonly parser: Parser
  private readonly requests: InFlight
  private readonly answers: DeviceRequests
  private readonly negotiation: Negotiation
  private readonly keepAlive: KeepAlive | undefined
  private readonly writer: Writer
  private readonly onNegotiated: () => void
  private readonly onEnd: (reason: string, error?: KatcpError) => void

  constructor(
    core: Core,
    parts: {
      readonly requests: InFlight
      readonly answers: DeviceRequests
      readonly negotiation: Negotiation
      readonly keepAlive: KeepAlive | undefined
      readonly writer: Writer
      /** Called after each read once the device's protocol is known. */
      readonly onNegotiated: () => void
      /** Called when the device sends `#disconnect`, or contradicts itself. */
      readonly onEnd: (reason: string, error?: KatcpError) => void
    }
  ) {
    this.core = core
    this.parser = new Parser(core.options)
    this.requests = parts.requests
    this.answers = parts.answers
    this.negotiation = parts.negotiation
    this.keepAlive = parts.keepAlive
    this.writer = parts.writer
    this.onNegotiated = parts.onNegotiated
    this.onEnd = parts.onEnd
  }

  /** Reads until the connection is over. */
  run(incoming: ConnectedReader): Effect.Effect<void, Socket.SocketError> {
    const { requests } = this
    const { backpressure } = requests
    const next: Effect.Effect<Chunks | void, Socket.SocketError> = incoming.read?.(this.passed) ?? incoming.pull
    const body = () => (backpressure.isHeld ? backpressure.released : next)
    const step = (chunks: Chunks | void) => {
      if (chunks !== undefined) this.chunks(chunks)
    }
    return Effect.whileLoop({ while: () => requests.alive, body, step })
  }

  /** Processes chunks that arrive without waking the fiber. Returns `false` if the fiber has to wait for something else. */
  private readonly passed = (chunks: Chunks): boolean => {
    this.chunks(chunks)
    return this.requests.alive && !this.requests.backpressure.isHeld
  }

  /** Frees the memory of an unfinished line. Returns its size in bytes. */
  release(): number {
    const { pending } = this.parser
    this.parser.release()
    return pending
  }

  /** Processes a `#version-list` that was requested. */
  readonly listed = (message: ParsedMessage): void => {
    const fault = this.negotiation.listed(message)
    if (fault !== undefined) this.fault(fault)
  }

  private chunks(chunks: Chunks): void {
    const { requests } = this
    this.writer.defer()
    this.keepAlive?.heard()
    // messages may be left from before reading was held back
    if (chunks.length === 0) this.messages()
    for (let at = 0; at < chunks.length && requests.alive; at++) {
      const chunk = chunks[at]!
      this.parser.feed(typeof chunk === "string" ? encoder.encode(chunk) : chunk)
      this.messages()
    }
    if (!requests.alive) return
    if (this.negotiation.protocol !== undefined) this.onNegotiated()
    requests.release()
  }

  private messages(): void {
    if (this.isReading) while (this.some());
  }

  /** Processes some messages. Returns `false` if there are no more, or if the rest must wait. */
  private some(): boolean {
    for (let left = messagesAtOnce; left > 0; left--) {
      const next = this.parser.next()
      if (next === undefined) return false
      if (next instanceof ParsedMessage) this.message(next)
      else this.badLine(next)
      if (!this.isReading) return false
    }
    return true
  }

  /** `false` if the rest must wait, or the connection is over. */
  private get isReading(): boolean {
    const { requests } = this
    return requests.alive && !requests.backpressure.isHeld
  }

  private message(message: ParsedMessage): void {
    if (this.core.hook === undefined) this.handle(message)
    else this.passOn(this.core.hook, message)
  }

  // apart: a function that makes a closure allocates memory for it in each call, even if it does not make it
  private passOn(hook: MessageHook, message: ParsedMessage): void {
    hook.pass(message.own(), "received", () => this.handle(message))
  }

  private handle(message: ParsedMessage): void {
    if (message.kind === "reply") this.reply(message)
    else if (message.kind === "inform") this.inform(message)
    else this.answers.request(message)
  }

  /** Counts a malformed line, or one with too many arguments, and fails its request. */
  private badLine(error: KatcpSyntaxError): void {
    const { core, requests } = this
    core.anomalies.add({ _tag: "BadLine", error })
    const { head } = error
    if (head === undefined || head.kind === "request") return
    const open = head.kind === "reply" ? requests.takeReply(head) : requests.findInform(head)
    if (open === undefined || open === "late") return
    if (head.kind === "inform") requests.giveUp(open)
    open.fail(core.error(new MalformedReply({ detail: `${error.reason} (see the option maxArguments)` }), open))
  }

  private reply(message: ParsedMessage): void {
    const open = this.requests.takeReply(message)
    if (open === undefined) this.core.anomalies.message("UnexpectedReply", message)
    else if (open === "late") this.core.anomalies.message("LateReply", message)
    else open.reply(message)
  }

  private inform(message: ParsedMessage): void {
    const open = this.requests.findInform(message)
    if (open === undefined) {
      if (message.id === undefined) this.asynchronous(message)
      else this.core.anomalies.message("UnexpectedInform", message)
    }
    // informs of an abandoned request are dropped
    else if (open !== "late") open.inform(message)
  }

  private asynchronous(message: ParsedMessage): void {
    const fault = this.negotiation.inform(message)
    if (fault !== undefined) this.fault(fault)
    const { protocol } = this.negotiation
    this.core.informs.deliver(message, protocol === undefined ? Dialect.v5 : Dialect.of(protocol))
    if (message.name === "disconnect") this.onEnd(message.text(0) ?? "the device disconnected")
  }

  private fault(fault: Fault): void {
    if (this.core.options.protocol !== undefined) this.core.anomalies.add({ _tag: "ProtocolFault", fault })
    else this.onEnd(fault.message, this.core.error(fault))
  }
}
