import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { Dialect, ParsedMessage, Parser } from "../../Codec/index.ts"
import {
  BadArgument,
  ConnectFailed,
  Disconnected,
  errorText,
  isId,
  type KatcpError,
  type KatcpSyntaxError,
  MalformedReply,
  type Message,
  maxId,
  type Protocol,
  TimedOut,
  Unsupported
} from "../../Message/index.ts"
import type { Core } from "../Core.ts"
import { Answers } from "./Answers.ts"
import type { ConnectedReader, Ends } from "./Ends.ts"
import { type Fault, Negotiation } from "./Negotiation.ts"
import type { OpenRequest } from "./OpenRequest.ts"
import { RequestTable } from "./RequestTable.ts"
import { VersionQuery } from "./VersionQuery.ts"
import { type Probe, Vigil } from "./Vigil.ts"
import { Writer } from "./Writer.ts"

const encoder = new TextEncoder()
const nothing: ReadonlyArray<never> = []
/** The share of its time that a device has to say by itself which protocol it speaks; then it is asked. */
const unaskedShare = 0.2
/** What is said of a connection that the client itself has closed. */
export const closedHere = "closed by this client"

/** One connection to a device, from its first byte to its last. */
export class Connection {
  readonly negotiation: Negotiation
  /** Set when the connection is over: with the reason why. */
  readonly closed = Deferred.makeUnsafe<KatcpError>()
  /** The addresses of both ends, if the Socket tells them. */
  readonly ends: Ends | undefined
  alive = true
  private readonly core: Core
  private readonly ready = Deferred.makeUnsafe<void, KatcpError>()
  private readonly parser: Parser
  private readonly table = new RequestTable()
  private readonly writer: Writer
  private readonly answers: Answers
  /** Notices when the device is dead; undefined where it is not asked for. */
  private readonly vigil: Vigil | undefined
  private readonly scope: Scope.Closeable
  private farewell: string | undefined = undefined
  /** How many requests are neither answered nor given up, and who waits until there are none. */
  private unanswered = 0
  private whenIdle: Deferred.Deferred<void> | undefined = undefined
  /** The streamed requests whose readers are behind, with when that began, and what goes on reading. */
  private readonly behind = new Map<OpenRequest, number>()
  private goOn: ((effect: Effect.Effect<ReadonlyArray<never>>) => void) | undefined = undefined

  private readonly onEnd: (error: KatcpError) => void

  private constructor(
    core: Core,
    scope: Scope.Closeable,
    socket: { readonly reader: ConnectedReader; readonly sink: Socket.Writer },
    onEnd: (error: KatcpError) => void
  ) {
    const { options, oddities, run } = core
    const { reader, sink } = socket
    this.ends = reader.ends
    this.core = core
    this.onEnd = onEnd
    this.scope = scope
    this.negotiation = new Negotiation(options)
    this.parser = new Parser(options)
    this.writer = new Writer({
      sink,
      turn: core.turn,
      scope,
      run,
      maxBacklog: options.maxBacklog,
      onSend: this.mark,
      hook: core.hook,
      onFailure: (exit) => {
        // closing the socket ends the reader too, whatever state it is in
        if (this.alive) this.run(this.shut(`writing failed: ${failure(exit.cause)}`))
      }
    })
    this.answers = new Answers({
      handlers: options.requests,
      writer: this.writer,
      oddities,
      run,
      scope,
      onDeaf: () => this.end("the device sends requests and does not read the answers")
    })
    this.vigil = options.alive === Number.POSITIVE_INFINITY ? undefined : new Vigil(options, core.deadlines, this)
  }

  /**
   * Connects, and waits until it is known which protocol the device speaks. The connection lives until the scope
   * closes, or it is lost.
   */
  static open(
    core: Core,
    socket: Socket.Socket,
    listener: {
      /** The connection is there, and the device has not said what it speaks. */
      readonly onOpen: (connection: Connection) => void
      /** It was open and is over. Its open requests fail after this. */
      readonly onEnd: (error: KatcpError) => void
    }
  ): Effect.Effect<Connection, KatcpError, Scope.Scope> {
    return Effect.gen(function* () {
      const outer = yield* Effect.scope
      const scope = yield* Scope.fork(outer)
      const opening = Effect.gen(function* () {
        // the reader first: what is written before it exists waits for ever
        const reader = yield* Scope.provide(socket.reader, scope).pipe(
          Effect.mapError((cause) => core.error(new ConnectFailed({ cause })))
        )
        const sink = yield* Scope.provide(socket.writer, scope)
        const connection = new Connection(core, scope, { reader, sink }, listener.onEnd)
        listener.onOpen(connection)
        yield* Effect.forkIn(connection.reading(reader.pull), outer, { startImmediately: true })
        yield* Effect.forkIn(connection.watching, scope)
        yield* Scope.addFinalizer(outer, connection.close)
        yield* connection.negotiated
        return connection
      })
      return yield* Effect.onError(opening, () => Scope.close(scope, Exit.void))
    })
  }

  private get negotiated(): Effect.Effect<void, KatcpError> {
    const { options } = this.core
    if (options.protocol !== undefined) return Effect.void
    const timeout = options.negotiationTimeout
    const told = Deferred.await(this.ready)
    const query = Effect.sync(() => {
      if (this.alive && this.spoken === undefined) this.writer.request(new VersionQuery(this.listed))
    })
    const asked = Effect.andThen(Effect.sleep(timeout * unaskedShare), Effect.andThen(query, told))
    return Effect.timeoutOrElse(Effect.raceFirst(told, asked), {
      duration: timeout,
      orElse: () => Effect.fail(this.core.error(new TimedOut({ which: "negotiation", timeout })))
    })
  }

  /** What the device speaks. Known as soon as the connection is open. */
  get protocol(): Protocol {
    return this.negotiation.protocol!
  }

  /** The dialect of what it speaks. */
  get dialect(): Dialect.Dialect {
    return Dialect.of(this.protocol)
  }

  /** How many informs of one request are held. */
  get maxInforms(): number {
    return this.core.options.maxInforms
  }

  /** An error that names what is known of the device and the request. */
  error(reason: KatcpError["reason"], open: OpenRequest): KatcpError {
    return this.core.error(reason, open)
  }

  /** Sends a request, or notes it to be sent as soon as the device reads. */
  request(open: OpenRequest): void {
    const now = this.core.deadlines.now()
    open.madeAt = now - open.waited
    const refusal = this.refusal(open)
    if (refusal !== undefined) {
      open.settled = true
      open.fail(this.core.error(refusal, open))
      return
    }
    open.onExpire = this.expire
    // an id of the caller's own is taken from now on, even if the request is sent later
    if (open.id !== undefined) this.table.add(open)
    this.unanswered++
    this.writer.request(open)
    this.core.deadlines.add(open, now)
    this.read()
  }

  /**
   * The reader of a streamed answer is behind: unless another request waits for its answer, which may be what the reader
   * itself waits for, nothing more is read before it has taken what there is. Its time-out does not run meanwhile.
   */
  hold(open: OpenRequest): void {
    if (open.settled || this.behind.has(open)) return
    const { deadlines } = this.core
    this.behind.set(open, deadlines.now())
    deadlines.remove(open)
  }

  /** The reader of a streamed answer has caught up. */
  resume(open: OpenRequest): void {
    const began = this.behind.get(open)
    if (began === undefined) return
    this.behind.delete(open)
    const { deadlines } = this.core
    // of its time what was left of it when it was held
    if (open.timeout !== Number.POSITIVE_INFINITY) open.timeout = Math.max(1, Math.ceil(open.deadline - began))
    deadlines.add(open, deadlines.now())
    this.read()
  }

  /** Asks whether the device is there. */
  ask(probe: Probe): void {
    if (this.alive) this.writer.request(probe)
  }

  /** What the device speaks, as far as that is known. */
  get spoken(): Protocol | undefined {
    return this.negotiation.protocol
  }

  /** The longest time-out of the requests in flight, in milliseconds. */
  get longest(): number {
    return this.table.longest
  }

  private get watching(): Effect.Effect<void> {
    const { vigil } = this
    if (vigil === undefined) return Effect.void
    // in a fiber of its own: closing the connection ends this one
    return Effect.map(vigil.lost, (reason) => void this.run(this.shut(reason)))
  }

  /** Whether nothing is read: all that wait for an answer wait for their own readers. */
  get held(): boolean {
    return this.behind.size > 0 && this.behind.size === this.unanswered
  }

  /** Why a request cannot be sent at all. */
  private refusal({ id, useId }: OpenRequest): KatcpError["reason"] | undefined {
    if (!this.alive) return new Disconnected({ sent: false, detail: this.detail })
    if (id === undefined && useId !== true) return undefined
    if (!this.protocol.messageIds) return new Unsupported({ feature: "message ids" })
    if (id === undefined) return undefined
    if (!isId(id)) return new BadArgument({ detail: `${id} is no message id: whole numbers from 1 to ${maxId} are` })
    if (this.table.has(id)) return new BadArgument({ detail: `id ${id} is that of a request without reply` })
    return undefined
  }

  /** Gives a request up: its late reply will reach nobody. */
  giveUp(open: OpenRequest): void {
    if (open.settled) return
    this.settle(open)
    if (open.sent) this.table.giveUp(open)
    else {
      this.writer.drop(open)
      this.table.drop(open)
    }
  }

  private settle(open: OpenRequest): void {
    open.settled = true
    if (open.isProbe) return
    this.core.deadlines.remove(open)
    if (this.behind.size > 0) this.behind.delete(open)
    if (--this.unanswered === 0 && this.whenIdle !== undefined) Deferred.doneUnsafe(this.whenIdle, Exit.void)
    this.read()
  }

  /** Waits until no request is open. */
  get idle(): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.unanswered === 0) return Effect.void
      this.whenIdle ??= Deferred.makeUnsafe()
      return Deferred.await(this.whenIdle)
    })
  }

  /** Sends a message of any kind as it is, as soon as the device reads. */
  send(message: Message): Effect.Effect<void, KatcpError> {
    return Effect.suspend(() => {
      if (!this.alive) return Effect.fail(this.core.error(new Disconnected({ sent: false, detail: this.detail })))
      if (this.writer.congested) return Effect.andThen(this.writer.drained, this.send(message))
      if (message.kind === "request") this.table.addForgotten(message.name, message.id)
      this.writer.message(message)
      return Effect.void
    })
  }

  /** Ends the connection in good order: what was written goes out, what is open fails. */
  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    if (this.alive) this.writer.release()
    return this.shut(closedHere)
  })

  /** Ends it for a reason: what is open fails, and the socket is closed. */
  readonly shut = (reason: string): Effect.Effect<void> =>
    Effect.suspend(() => {
      this.end(reason)
      return Scope.close(this.scope, Exit.void)
    })

  private get detail(): string {
    return this.farewell ?? "the connection is over"
  }

  /** Just before a request is written. */
  private readonly mark = (open: OpenRequest): void => {
    if (open.id !== undefined) return
    if (open.useId !== false && this.protocol.messageIds) open.id = this.table.allocate()
    this.table.add(open)
  }

  private readonly expire = (open: OpenRequest): void => {
    if (open.settled) return
    this.giveUp(open)
    open.fail(this.core.error(new TimedOut({ which: open.which, timeout: open.limit }), open))
  }

  private reading(pull: Socket.Reader["pull"]): Effect.Effect<void> {
    const body = () => (this.held ? this.released : pull)
    return Effect.whileLoop({ while: () => this.alive, body, step: this.chunks }).pipe(
      Effect.onExit((exit) => this.shut(exit._tag === "Failure" ? lost(exit.cause) : this.detail)),
      Effect.ignoreCause
    )
  }

  /** Waits until there is a reason to read on. */
  private readonly released = Effect.callback<ReadonlyArray<never>>((resume) => {
    if (!this.held) return resume(Effect.succeed(nothing))
    this.goOn = resume
    return Effect.sync(() => {
      this.goOn = undefined
    })
  })

  /** Goes on reading, if it was held back and is not any more. */
  private read(): void {
    const { goOn } = this
    if (goOn === undefined || this.held) return
    this.goOn = undefined
    goOn(Effect.succeed(nothing))
  }

  private readonly chunks = (chunks: ReadonlyArray<Uint8Array | string>): void => {
    this.writer.hold()
    this.vigil?.heard()
    // what was left when reading was held back
    if (chunks.length === 0) this.messages()
    for (let at = 0; at < chunks.length && this.alive; at++) {
      const chunk = chunks[at]!
      this.parser.feed(typeof chunk === "string" ? encoder.encode(chunk) : chunk)
      if (!this.held) this.messages()
    }
    if (!this.alive) return
    if (this.negotiation.protocol !== undefined) Deferred.doneUnsafe(this.ready, Exit.void)
    this.writer.release()
  }

  private messages(): void {
    for (let next = this.parser.next(); next !== undefined; next = this.parser.next()) {
      if (next instanceof ParsedMessage) this.message(next)
      else this.badLine(next)
      if (!this.alive || this.held) return
    }
  }

  private message(message: ParsedMessage): void {
    const { hook } = this.core
    if (hook === undefined) this.handle(message)
    else hook.pass(message.own(), "received", () => this.handle(message))
  }

  private handle(message: ParsedMessage): void {
    if (message.kind === "reply") this.reply(message)
    else if (message.kind === "inform") this.inform(message)
    else this.answers.request(message)
  }

  /** A line that is no message, or one with too many arguments: the request that it belongs to then has no answer. */
  private badLine(error: KatcpSyntaxError): void {
    this.core.oddities.add({ _tag: "BadLine", error })
    const { head } = error
    if (head === undefined || head.kind === "request") return
    const open = head.kind === "reply" ? this.table.takeReply(head) : this.table.findInform(head)
    if (open === undefined || open === "late") return
    if (head.kind === "reply") this.settle(open)
    else this.giveUp(open)
    open.fail(this.core.error(new MalformedReply({ detail: `${error.reason} (see the option maxArguments)` }), open))
  }

  private reply(message: ParsedMessage): void {
    const open = this.table.takeReply(message)
    if (open === undefined) this.core.oddities.message("UnexpectedReply", message)
    else if (open === "late") this.core.oddities.message("LateReply", message)
    else {
      this.settle(open)
      open.reply(message)
    }
  }

  private inform(message: ParsedMessage): void {
    const open = this.table.findInform(message)
    if (open === undefined) {
      if (message.id === undefined) this.asynchronous(message)
      else this.core.oddities.message("UnexpectedInform", message)
    }
    // what still comes of a request that was given up is of no interest to anybody
    else if (open !== "late") open.inform(message)
  }

  private asynchronous(message: ParsedMessage): void {
    const fault = this.negotiation.inform(message)
    if (fault !== undefined) this.fault(fault)
    const { protocol } = this.negotiation
    this.core.informs.deliver(message, protocol === undefined ? Dialect.v5 : Dialect.of(protocol))
    if (message.name === "disconnect") this.end(message.text(0) ?? "the device said goodbye")
  }

  private readonly listed = (message: ParsedMessage): void => {
    const fault = this.negotiation.listed(message)
    if (fault !== undefined) this.fault(fault)
  }

  private fault(fault: Fault): void {
    if (this.core.options.protocol !== undefined) this.core.oddities.add({ _tag: "ProtocolFault", fault })
    else this.end(fault.message, this.core.error(fault))
  }

  /** Ends all that goes on, at once. The socket is closed by the reader, or by {@link shut}. */
  private end(detail: string, error?: KatcpError): void {
    if (!this.alive) return
    this.alive = false
    this.farewell = detail
    const { core, parser, table, writer } = this
    if (parser.pending > 0) core.oddities.add({ _tag: "CutLine", bytes: parser.pending })
    parser.release()
    const ending = error ?? core.error(new Disconnected({ sent: false, detail }))
    // first of all: what fails now may be made anew at once, and must not find this connection any more
    this.onEnd(ending)
    Deferred.doneUnsafe(this.ready, Exit.fail(ending))
    for (const open of [...table.takeAll(), ...writer.takeHeld()]) {
      if (open.settled) continue
      this.settle(open)
      open.fail(core.error(new Disconnected({ sent: open.sent, detail }), open))
    }
    Deferred.doneUnsafe(this.closed, Exit.succeed(ending))
  }

  private get run() {
    return this.core.run
  }
}

/** What the network says of the end of a connection. */
const lost = (cause: Cause.Cause<Socket.SocketError>): string => {
  const error = Cause.squash(cause)
  return Socket.isSocketError(error) && error.reason._tag === "SocketCloseError" && error.reason.code === 1000
    ? "the device closed the connection"
    : failure(cause)
}

const failure = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  if (!Socket.isSocketError(error)) return errorText(error)
  const { reason } = error
  if (!("cause" in reason)) return reason.message
  const { cause: why } = reason
  if (!(why instanceof Error)) return String(why)
  const { code } = why as { readonly code?: unknown }
  const text = typeof code === "string" && Object.hasOwn(losses, code) ? losses[code] : undefined
  return text === undefined ? why.message : `${text} (${why.message})`
}

/** How a connection that was there is lost. */
const losses: Readonly<Record<string, string>> = {
  ECONNRESET: "the connection was cut by the device or the network",
  EPIPE: "the device has closed the connection",
  ETIMEDOUT: "the host does not answer any more",
  EHOSTUNREACH: "the host cannot be reached any more",
  ENETUNREACH: "the network of the host cannot be reached any more",
  ENETDOWN: "the network is down"
}
