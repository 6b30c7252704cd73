import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type * as Socket from "effect/socket/Socket"
import { Dialect } from "../Codec/index.ts"
import { Disconnected, type KatcpError, type Message, Protocol } from "../Message/index.ts"
import { Broadcast } from "./Broadcast.ts"
import { Connection, closedHere } from "./Connection.ts"
import type { Core } from "./Core.ts"
import { delayOf } from "./delayOf.ts"
import type { Version } from "./Negotiation.ts"
import { type ClientEvent, type ClientState, initial, next } from "./State.ts"

const unknown = Protocol.make(0, 0)

/** Who must do something when a connection comes or goes. Both are called at once, and must not throw. */
export interface Follower {
  /** Before anybody else can use the connection; it can be used when the effect is done, however it ends. */
  readonly prepare: (connection: Connection) => Effect.Effect<void>
  /** Requests can be made. */
  readonly connected: (connection: Connection) => void
  /** The connection is over. */
  readonly lost: () => void
}

/**
 * Keeps a client connected: dials, waits as the schedule says, and dials again. It knows which connection is there now,
 * and tells of every change of state; what is sent over the connection is the affair of others.
 */
export class Link {
  readonly state: SubscriptionRef.SubscriptionRef<ClientState>
  readonly events = new Broadcast<ClientEvent>()
  /** The connection that requests go to; undefined while there is none. */
  current: Connection | undefined = undefined
  /** What the device speaks, as far as it was ever known. */
  protocol: Protocol
  dialect: Dialect.Dialect
  versions: ReadonlyMap<string, Version> = new Map()
  /** When the newest connection was made, in milliseconds since 1970. */
  lastConnect: number | undefined = undefined
  /** Set when the client will not connect again. */
  readonly closed = Deferred.makeUnsafe<KatcpError>()
  private readonly core: Core
  private readonly socket: Socket.Socket
  private followers: ReadonlyArray<Follower> = []
  /** Those who wait for a connection. */
  private readonly waiting = new Set<() => void>()
  private readonly closers = new Set<(error: KatcpError | undefined) => void>()
  private readonly first = Deferred.makeUnsafe<void, KatcpError>()
  private connection: Connection | undefined = undefined
  private loop: Fiber.Fiber<void> | undefined = undefined
  private wakeUp = Deferred.makeUnsafe<void>()
  private attempt = 0
  private everConnected = false
  /** Whether to dial again at once. */
  private hurry = false
  private ended = false
  private outcome: { readonly error: KatcpError | undefined } | undefined = undefined

  private constructor(core: Core, socket: Socket.Socket, state: SubscriptionRef.SubscriptionRef<ClientState>) {
    this.core = core
    this.socket = socket
    this.state = state
    this.protocol = core.options.protocol ?? unknown
    this.dialect = Dialect.of(this.protocol)
  }

  static make(core: Core, socket: Socket.Socket): Effect.Effect<Link> {
    return Effect.map(SubscriptionRef.make(initial(core.options.host)), (state): Link => new Link(core, socket, state))
  }

  /** Starts to connect. It goes on until the scope closes. */
  start(followers: ReadonlyArray<Follower>): Effect.Effect<void, never, Scope.Scope> {
    return Effect.gen({ self: this }, function* () {
      this.followers = followers
      this.loop = yield* Effect.forkScoped(this.run(), { startImmediately: true })
      yield* Effect.addFinalizer(() => this.close)
    })
  }

  /** Waits until it was connected once; fails where it gives up before that. */
  get connectedOnce(): Effect.Effect<void, KatcpError> {
    return Deferred.await(this.first)
  }

  /** Calls back when there is a connection, or there will be none any more; gives what takes that back. */
  whenConnected(resume: () => void): () => void {
    this.waiting.add(resume)
    return () => this.waiting.delete(resume)
  }

  /**
   * Calls back when there will be no connection any more, with the reason where that was not asked for; gives what takes
   * that back.
   */
  whenClosed(closer: (error: KatcpError | undefined) => void): () => void {
    if (this.outcome === undefined) this.closers.add(closer)
    else closer(this.outcome.error)
    return () => this.closers.delete(closer)
  }

  /** Why a request cannot be sent now. */
  get absence(): Disconnected {
    if (this.ended && this.outcome === undefined) return new Disconnected({ sent: false, detail: closedHere })
    const state = SubscriptionRef.getUnsafe(this.state)
    const reason = "reason" in state ? state.reason.reason : undefined
    const detail =
      reason === undefined ? "it is being connected" : reason._tag === "Disconnected" ? reason.detail : reason.message
    return new Disconnected({ sent: false, detail })
  }

  /** Whether no connection will come any more. */
  get isClosed(): boolean {
    return this.ended
  }

  syncing(): void {
    this.emit({ _tag: "Syncing" })
  }

  /** All that was wanted over this connection is there; says nothing where the connection is over by now. */
  synced(connection: Connection): void {
    if (this.current === connection && connection.alive) this.emit({ _tag: "Synced" })
  }

  /** Sends a message as it is over the connection that is there. */
  send(message: Message): Effect.Effect<void, KatcpError> {
    return Effect.suspend(() => this.current?.send(message) ?? Effect.fail(this.core.error(this.absence)))
  }

  /** Takes no requests any more, and closes when those in flight are over. */
  readonly drain: Effect.Effect<void> = Effect.suspend(() => {
    const { connection } = this
    this.ended = true
    this.current = undefined
    return Effect.andThen(connection === undefined ? Effect.void : connection.idle, this.close)
  })

  /** Gives up the connection that is there, or the wait for the next one, and dials at once. */
  readonly reconnect: Effect.Effect<void> = Effect.suspend(() => {
    if (this.ended) return Effect.void
    this.hurry = true
    Deferred.doneUnsafe(this.wakeUp, Exit.void)
    return this.connection === undefined ? Effect.void : this.connection.shut("a new connection was asked for")
  })

  /** Closes the connection in good order, and does not connect again. */
  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    this.ended = true
    const { connection, loop } = this
    return (connection === undefined ? Effect.void : connection.close).pipe(
      Effect.andThen(
        Effect.sync(() => this.end(this.core.error(new Disconnected({ sent: false, detail: closedHere })), true))
      ),
      // not waited for: it may be what the loop itself has called that closes the client
      Effect.andThen(Effect.sync(() => loop?.interruptUnsafe()))
    )
  })

  private readonly run = Effect.fnUntraced({ self: this as Link }, function* () {
    const { reconnect } = this.core.options
    let step = yield* Schedule.toStep(reconnect)
    while (!this.ended) {
      this.hurry = false
      const error = yield* Effect.scoped(this.visit(++this.attempt))
      if (this.ended) return
      // it was connected: the schedule begins anew
      if (this.attempt === 0) step = yield* Schedule.toStep(reconnect)
      const delay = this.isFinal(error) ? undefined : yield* delayOf(step, error)
      if (delay === undefined) return this.end(error)
      if (this.hurry) continue
      this.wakeUp = Deferred.makeUnsafe()
      this.emit({ _tag: "Sleeping", delay })
      this.core.oddities.log("Warn", () => `${error.message}; connecting again in ${Math.round(delay)} ms`)
      yield* Effect.timeoutOption(Deferred.await(this.wakeUp), delay)
    }
  })

  /** One connection, from dialling to its end; gives why it ended. */
  private visit(attempt: number): Effect.Effect<KatcpError, never, Scope.Scope> {
    return Effect.gen({ self: this }, function* () {
      this.emit({ _tag: "Connecting", attempt })
      const opening = Connection.open(this.core, this.socket, {
        onOpen: (connection) => {
          this.connection = connection
          this.emit({ _tag: "Opened" })
        },
        onEnd: (error) => this.lost(error)
      })
      const { gate } = this.core.options
      const opened = yield* Effect.result(gate === undefined ? opening : gate.withPermit(opening))
      if (opened._tag === "Failure") return this.failed(opened.failure, attempt)
      const connection = opened.success
      for (const follower of this.followers) yield* follower.prepare(connection)
      if (connection.alive) this.present(connection, yield* Clock.currentTimeMillis)
      const error = yield* Deferred.await(connection.closed)
      return this.current === undefined && this.attempt > 0 ? this.failed(error, attempt) : error
    })
  }

  private failed(error: KatcpError, attempt: number): KatcpError {
    this.connection = undefined
    this.emit({ _tag: "ConnectFailed", reason: error, attempt })
    return error
  }

  /** The connection is there for all. */
  private present(connection: Connection, now: number): void {
    this.attempt = 0
    this.everConnected = true
    this.lastConnect = now
    this.protocol = connection.protocol
    this.dialect = connection.dialect
    this.versions = connection.negotiation.versions
    this.current = connection
    this.emit({ _tag: "Connected", protocol: connection.protocol })
    for (const follower of this.followers) follower.connected(connection)
    Deferred.doneUnsafe(this.first, Exit.void)
    this.release()
  }

  /** Called by the connection within its end. */
  private lost(error: KatcpError): void {
    this.connection = undefined
    if (this.current === undefined) return
    this.current = undefined
    this.emit({ _tag: "Disconnected", reason: error })
    for (const follower of this.followers) follower.lost()
  }

  /** There will be no connection any more. */
  private end(error: KatcpError, orderly = false): void {
    this.ended = true
    if (this.outcome !== undefined) return
    this.outcome = { error: orderly ? undefined : error }
    this.emit({ _tag: "Closed", reason: error })
    this.events.end()
    Deferred.doneUnsafe(this.closed, Exit.succeed(error))
    Deferred.doneUnsafe(this.first, Exit.fail(error))
    this.release()
    const closers = [...this.closers]
    this.closers.clear()
    for (const closer of closers) closer(orderly ? undefined : error)
  }

  private release(): void {
    const waiting = [...this.waiting]
    this.waiting.clear()
    for (const resume of waiting) resume()
  }

  /** Whether there is no use in trying again: the device contradicts itself (P-134), or never was one for this client. */
  private isFinal({ reason }: KatcpError): boolean {
    if (reason._tag === "ProtocolConflict") return true
    return !this.everConnected && (reason._tag === "Unsupported" || this.core.options.connecting === "fail")
  }

  private emit(event: ClientEvent): void {
    const state = next(SubscriptionRef.getUnsafe(this.state), event)
    if (state === undefined) return
    this.core.run(SubscriptionRef.set(this.state, state))
    this.events.publish(event)
  }
}
