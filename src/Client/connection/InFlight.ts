import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { Dialect, type ParsedMessage } from "../../Codec/index.ts"
import {
  BadArgument,
  Disconnected,
  isId,
  type KatcpError,
  type Message,
  maxId,
  type Protocol,
  TimedOut,
  Unsupported
} from "../../Message/index.ts"
import type { Core } from "../Core.ts"
import { Backpressure } from "./Backpressure.ts"
import type { Negotiation } from "./Negotiation.ts"
import { type OpenRequest, RequestTable } from "./RequestTable.ts"
import type { Writer } from "./Writer.ts"

/**
 * The requests of one connection, from the call to the reply, the timeout or the end of the connection. Each is settled
 * once.
 *
 * A request is written at once. While the device does not read, and more than `maxBacklog` bytes wait for it, further
 * requests wait here in their order, unsent and without an id.
 */
export class InFlight {
  readonly backpressure: Backpressure
  /** The number of requests that are neither answered nor abandoned, except the client's own queries. */
  unanswered = 0
  private readonly core: Core
  private readonly writer: Writer
  private readonly negotiation: Negotiation
  private readonly table = new RequestTable()
  /** The requests that wait until the device reads. */
  private unsent: Set<OpenRequest> | undefined = undefined
  /** The reason why the connection is over; `undefined` while it is open. */
  private reason: string | undefined = undefined
  private whenIdle: Deferred.Deferred<void> | undefined = undefined

  constructor(core: Core, writer: Writer, negotiation: Negotiation) {
    this.core = core
    this.writer = writer
    this.negotiation = negotiation
    this.backpressure = new Backpressure(core.deadlines, this)
  }

  /** `false` once the connection is over: no further requests are taken. */
  get alive(): boolean {
    return this.reason === undefined
  }

  /** The device's protocol. Known once the connection is negotiated. */
  get protocol(): Protocol {
    return this.negotiation.protocol!
  }

  /** The device's protocol; `undefined` until it is known. */
  get spoken(): Protocol | undefined {
    return this.negotiation.protocol
  }

  /** The dialect of the device's protocol. */
  get dialect(): Dialect.Dialect {
    return Dialect.of(this.protocol)
  }

  /** The largest number of informs held for one request. */
  get maxInforms(): number {
    return this.core.options.maxInforms
  }

  /** The longest timeout of the requests that were sent and not answered, in milliseconds; 0 without such requests. */
  get longest(): number {
    return this.table.longest
  }

  /** Returns an error that names the device and the request. */
  error(reason: KatcpError["reason"], open: OpenRequest): KatcpError {
    return this.core.error(reason, open)
  }

  // ------------------------------------------------------------------ sending

  /** Sends a request, or queues it until the device reads. A request that cannot be sent at all fails at once. */
  send(open: OpenRequest): void {
    const { deadlines } = this.core
    const now = deadlines.now()
    open.madeAt = now - open.waited
    const refusal = this.refusal(open)
    if (refusal !== undefined) {
      open.settled = true
      open.fail(this.core.error(refusal, open))
      return
    }
    open.onExpire = this.expire
    this.unanswered++
    this.enqueue(open)
    // a hook on messages may have closed the client meanwhile
    if (open.settled) return
    deadlines.add(open, now)
    this.backpressure.check()
  }

  /** Sends the client's own query, if the connection is open. Its answer is only a sign of life. */
  ask(question: OpenRequest): void {
    if (this.alive) this.enqueue(question)
  }

  /** Sends a message of any kind unchanged, as soon as the device reads. */
  message(message: Message): Effect.Effect<void, KatcpError> {
    return Effect.suspend(() => {
      if (!this.alive) return Effect.fail(this.core.error(this.disconnected(false)))
      if (this.writer.congested) return Effect.andThen(this.writer.drained, this.message(message))
      if (message.kind === "request") this.table.addForgotten(message.name, message.id)
      this.writer.message(message)
      return Effect.void
    })
  }

  /** Writes the waiting requests, as far as the device takes them, and passes all bytes to the socket. */
  release(): void {
    for (const open of this.unsent ?? []) {
      if (this.writer.congested) break
      this.unsent!.delete(open)
      this.write(open)
    }
    this.writer.release()
  }

  private enqueue(open: OpenRequest): void {
    if ((this.unsent === undefined || this.unsent.size === 0) && !this.writer.congested) return this.write(open)
    this.unsent ??= new Set()
    this.unsent.add(open)
    if (open.id !== undefined) this.table.reserve(open.id)
  }

  private write(open: OpenRequest): void {
    const { table } = this
    if (open.id === undefined && open.useId !== false && this.protocol.messageIds) open.id = table.allocate()
    table.add(open)
    open.sent = true
    this.writer.line("request", open.name, open.id, open.values)
  }

  /** Returns the reason if a request cannot be sent at all. */
  private refusal({ id, useId }: OpenRequest): KatcpError["reason"] | undefined {
    if (!this.alive) return this.disconnected(false)
    if (id === undefined && useId !== true) return undefined
    if (!this.protocol.messageIds) return new Unsupported({ feature: "message ids" })
    if (id === undefined) return undefined
    if (!isId(id))
      return new BadArgument({ detail: `${id} is not a message id: use a whole number from 1 to ${maxId}` })
    if (this.table.has(id)) return new BadArgument({ detail: `id ${id} belongs to a request in flight` })
    return undefined
  }

  // ----------------------------------------------------------------- settling

  /**
   * Returns the request that a reply answers, and settles it. Returns `late` for an abandoned request, and `undefined`
   * without a request.
   */
  takeReply(message: Pick<ParsedMessage, "id" | "name">): OpenRequest | "late" | undefined {
    const open = this.table.takeReply(message)
    if (open !== undefined && open !== "late") this.settle(open)
    return open
  }

  /** Returns the request of an inform, `late` for an abandoned request, or `undefined` without a request. */
  findInform(message: Pick<ParsedMessage, "id" | "name">): OpenRequest | "late" | undefined {
    return this.table.findInform(message)
  }

  /** Abandons a request: its reply counts as late. */
  giveUp(open: OpenRequest): void {
    if (open.settled) return
    this.settle(open)
    if (open.sent) this.table.giveUp(open)
    else {
      this.unsent?.delete(open)
      if (open.id !== undefined) this.table.unreserve(open.id)
    }
  }

  private settle(open: OpenRequest): void {
    open.settled = true
    if (open.isProbe) return
    this.core.deadlines.remove(open)
    this.unanswered--
    if (this.unanswered === 0 && this.whenIdle !== undefined) Deferred.doneUnsafe(this.whenIdle, Exit.void)
    this.backpressure.settled(open)
  }

  private readonly expire = (open: OpenRequest): void => {
    if (open.settled) return
    this.giveUp(open)
    open.fail(this.core.error(new TimedOut({ which: open.which, timeout: open.limit }), open))
  }

  /** Waits until all requests are settled. */
  get idle(): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.unanswered === 0) return Effect.void
      this.whenIdle ??= Deferred.makeUnsafe()
      return Deferred.await(this.whenIdle)
    })
  }

  // ------------------------------------------------------------------- ending

  /** Stops accepting requests, which fail with this reason. */
  close(reason: string): void {
    this.reason = reason
  }

  /** Fails all requests that are open. */
  failAll(): void {
    const all = [...this.table.takeAll(), ...(this.unsent ?? [])]
    this.unsent = undefined
    for (const open of all) {
      if (open.settled) continue
      this.settle(open)
      open.fail(this.core.error(this.disconnected(open.sent), open))
    }
  }

  private disconnected(sent: boolean): Disconnected {
    return new Disconnected({ sent, detail: this.reason ?? "the connection is over" })
  }
}
