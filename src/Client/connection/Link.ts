import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type * as SubscriptionRef from "effect/SubscriptionRef"
import type * as Socket from "effect/socket/Socket"
import { Dialect } from "../../Codec/index.ts"
import { ConnectFailed, Disconnected, type KatcpError, type Message, Protocol } from "../../Message/index.ts"
import type { Core } from "../Core.ts"
import type { Broadcast } from "./Broadcast.ts"
import { Connection, closedHere } from "./Connection.ts"
import { delayOf } from "./delayOf.ts"
import type { Version } from "./Negotiation.ts"
import { Progress } from "./Progress.ts"
import type { ClientEvent, ClientState } from "./State.ts"

const unknown = Protocol.make(0, 0)

/** Who must do something when a connection comes or goes. Both are called at once, and must not throw. */
export interface Follower {
  /** Before anybody else can use the connection; it can be used when the effect is done, however it ends. */
  readonly prepare: (connection: Connection) => Effect.Effect<void>
  /** Requests can be made. */
  readonly connected: (connection: Connection) => void
  /** The connection of which `connected` has told is over. The requests that are open fail after this. */
  readonly lost: () => void
}

/**
 * Keeps a client connected: dials, waits as the schedule says, and dials again. It knows which connection is there now,
 * and tells of every change of state; what is sent over the connection is the affair of others.
 */
export class Link {
  readonly state: SubscriptionRef.SubscriptionRef<ClientState>
  readonly events: Broadcast<ClientEvent>
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
  private readonly progress: Progress
  /** The connection that is open, though it may not be there for all yet. */
  private connection: Connection | undefined = undefined
  /** Whether the followers were told of it. */
  private followed = false
  private loop: Fiber.Fiber<void> | undefined = undefined
  /** Set when to dial at once, whatever the schedule says. */
  private hurry = Deferred.makeUnsafe<void>()
  private attempt = 0
  /** When the newest connection was made, by a clock that never jumps. */
  private since = 0
  /** Why the attempts since the last connection have failed, or that is over. */
  private reason: KatcpError | undefined = undefined
  private ended = false
  private outcome: { readonly error: KatcpError | undefined } | undefined = undefined

  private constructor(core: Core, socket: Socket.Socket, progress: Progress) {
    this.core = core
    this.socket = socket
    this.progress = progress
    this.state = progress.state
    this.events = progress.events
    this.protocol = core.options.protocol ?? unknown
    this.dialect = Dialect.of(this.protocol)
  }

  static make(core: Core, socket: Socket.Socket): Effect.Effect<Link> {
    return Effect.map(Progress.make(core.options.host, core.run), (progress): Link => new Link(core, socket, progress))
  }

  /** Starts to connect. It goes on until the scope closes. */
  start(followers: ReadonlyArray<Follower>): Effect.Effect<void, never, Scope.Scope> {
    return Effect.gen({ self: this }, function* () {
      this.followers = followers
      const guarded = Effect.catchDefect(this.run(), (defect) => Effect.sync(() => this.broken(defect)))
      // in a turn to come: who has the client at once can look at its events from the first on
      this.loop = yield* Effect.forkScoped(guarded)
      yield* Effect.addFinalizer(() => this.close)
    })
  }

  /** Waits until requests can be made; fails where they never will be. */
  get connected(): Effect.Effect<void, KatcpError> {
    return Effect.callback((resume) => {
      if (this.current !== undefined) return resume(Effect.void)
      if (this.ended) return resume(Effect.flatMap(Deferred.await(this.closed), Effect.fail))
      const forget = this.whenConnected(() =>
        resume(this.ended ? Effect.flatMap(Deferred.await(this.closed), Effect.fail) : Effect.void)
      )
      return Effect.sync(forget)
    })
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
    const { now } = this.progress
    const why = detailOf("reason" in now ? now.reason : this.reason)
    if ("reason" in now) return new Disconnected({ sent: false, detail: why })
    const detail = this.reason === undefined ? "it is being connected" : `it is being connected again: ${why}`
    return new Disconnected({ sent: false, detail })
  }

  /** Whether no connection will come any more. */
  get isClosed(): boolean {
    return this.ended
  }

  /** What is wanted is being asked for; `dataSynced` says whether only subscriptions are open. */
  syncing(dataSynced: boolean): void {
    this.note({ _tag: "Syncing", dataSynced })
  }

  /** What is wanted could not be had; it is tried again after so many milliseconds. */
  syncFailed(reason: KatcpError, delay: number): void {
    this.note({ _tag: "SyncFailed", reason, delay })
  }

  /** All that was wanted over this connection is there; says nothing where the connection is over by now. */
  synced(connection: Connection): void {
    if (this.current === connection && connection.alive) this.note({ _tag: "Synced" })
  }

  /** Sends a message as it is over the connection that is there. */
  send(message: Message): Effect.Effect<void, KatcpError> {
    return Effect.suspend(() => this.current?.send(message) ?? Effect.fail(this.core.error(this.absence)))
  }

  /** Takes no requests any more, and closes when those in flight are over, or when it is interrupted. */
  readonly drain: Effect.Effect<void> = Effect.suspend(() => {
    const { connection, current } = this
    this.ended = true
    this.current = undefined
    const answered = connection === undefined || current === undefined ? Effect.void : connection.idle
    return Effect.ensuring(answered, this.close)
  })

  /** Gives up the connection that is there, or the wait for the next one, and dials at once. */
  readonly reconnect: Effect.Effect<void> = Effect.suspend(() => {
    if (this.ended) return Effect.void
    Deferred.doneUnsafe(this.hurry, Exit.void)
    return this.connection === undefined ? Effect.void : this.connection.shut("a new connection was asked for")
  })

  /** Closes the connection in good order, and does not connect again. */
  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    this.ended = true
    return (this.connection === undefined ? Effect.void : this.connection.close).pipe(
      Effect.andThen(
        Effect.sync(() => {
          this.end(this.core.error(new Disconnected({ sent: false, detail: closedHere })), true)
          // not waited for: it may be what the loop itself has called that closes the client
          this.loop?.interruptUnsafe()
        })
      ),
      Effect.uninterruptible
    )
  })

  private readonly run = Effect.fnUntraced({ self: this as Link }, function* () {
    const { reconnect } = this.core.options
    let step = yield* Schedule.toStep(reconnect)
    let slept = 0
    while (!this.ended) {
      this.hurry = Deferred.makeUnsafe()
      const error = yield* Effect.scoped(this.visit(++this.attempt))
      if (this.ended) return
      this.reason = error
      if (this.isFinal(error)) return this.giveUp(error)
      // it was connected for longer than was waited for that: the schedule begins anew. One that is lost at once is no
      // better than none: two clients of a device that has one at a time would evict each other as fast as they can
      if (this.attempt === 0 && this.core.deadlines.now() - this.since >= slept)
        step = yield* Schedule.toStep(reconnect)
      if (Deferred.isDoneUnsafe(this.hurry)) continue
      const delay = yield* delayOf(step, error)
      if (delay === undefined) return this.giveUp(error)
      slept = delay
      this.note({ _tag: "Sleeping", delay })
      this.core.oddities.log("Warn", () => `${error.message}; connecting again in ${Math.round(delay)} ms`)
      yield* Effect.timeoutOption(Deferred.await(this.hurry), delay)
    }
  })

  /** One connection, from dialling to its end; gives why it ended. */
  private visit(attempt: number): Effect.Effect<KatcpError, never, Scope.Scope> {
    return Effect.gen({ self: this }, function* () {
      this.note({ _tag: "Connecting", attempt })
      const opening = Connection.open(this.core, this.socket, {
        onOpen: (connection) => {
          this.connection = connection
          this.note({ _tag: "Opened" })
        },
        onEnd: (error) => this.lost(error)
      })
      const { gate } = this.core.options
      const opened = yield* Effect.result(gate === undefined ? opening : gate.withPermit(opening))
      if (opened._tag === "Failure") return this.failed(opened.failure, attempt)
      const connection = opened.success
      for (const follower of this.followers) yield* follower.prepare(connection)
      if (!connection.alive) return this.failed(yield* Deferred.await(connection.closed), attempt)
      this.present(connection, yield* Clock.currentTimeMillis)
      return yield* Deferred.await(connection.closed)
    })
  }

  private failed(error: KatcpError, attempt: number): KatcpError {
    this.connection = undefined
    if (!this.ended) this.note({ _tag: "ConnectFailed", reason: error, attempt })
    return error
  }

  /** The connection is there for all. */
  private present(connection: Connection, now: number): void {
    this.attempt = 0
    this.since = this.core.deadlines.now()
    this.hurry = Deferred.makeUnsafe()
    this.lastConnect = now
    this.protocol = connection.protocol
    this.dialect = connection.dialect
    this.versions = connection.negotiation.versions
    this.current = connection
    if (this.reason !== undefined) this.core.oddities.log("Info", () => `connected again: it speaks ${this.protocol}`)
    this.reason = undefined
    this.note({ _tag: "Connected", protocol: connection.protocol })
    // who was told may have ended it already
    if (this.current !== connection) return
    this.followed = true
    for (const follower of this.followers) follower.connected(connection)
    this.release()
  }

  /** Called by the connection within its end. */
  private lost(error: KatcpError): void {
    this.connection = undefined
    this.current = undefined
    // in the state machine this happens only to a client that was connected
    this.note({ _tag: "Disconnected", reason: error })
    if (!this.followed) return
    this.followed = false
    for (const follower of this.followers) follower.lost()
  }

  /** What was to keep it connected has failed in a way that it should not: most likely the schedule of the user. */
  private broken(defect: unknown): void {
    this.core.oddities.log("Error", () => `connecting failed: ${Cause.pretty(Cause.die(defect))}`)
    this.end(this.core.error(new ConnectFailed({ cause: defect })))
  }

  private giveUp(error: KatcpError): void {
    // where the client is not there yet, who makes it is told
    if (this.lastConnect !== undefined || this.core.options.connecting === "background")
      this.core.oddities.log("Warn", () => `${error.message}; not connecting again`)
    this.end(error)
  }

  /** There will be no connection any more. */
  private end(error: KatcpError, orderly = false): void {
    this.ended = true
    if (this.outcome !== undefined) return
    this.outcome = { error: orderly ? undefined : error }
    this.note({ _tag: "Closed", reason: error })
    Deferred.doneUnsafe(this.closed, Exit.succeed(error))
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
    return this.lastConnect === undefined && (reason._tag === "Unsupported" || this.core.options.connecting === "fail")
  }

  private note(event: ClientEvent): void {
    this.progress.note(event)
  }
}

const detailOf = (error: KatcpError | undefined): string =>
  error?.reason._tag === "Disconnected" ? error.reason.detail : (error?.reason.message ?? "")
