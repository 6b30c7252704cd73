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
import type { Follower } from "./Follower.ts"
import { LinkCallbacks } from "./LinkCallbacks.ts"
import type { Version } from "./Negotiation.ts"
import { Progress } from "./Progress.ts"
import type { ClientEvent, ClientState } from "./State.ts"

const unknown = Protocol.make(0, 0)
const none: ReadonlyMap<string, Version> = new Map()

/** Keeps a client connected: dials, waits by the schedule, and dials again. */
export class Link {
  readonly events: Broadcast<ClientEvent>
  /** The connection for requests, if any. */
  current: Connection | undefined = undefined
  /** The device's protocol, or that of the last connection. */
  protocol: Protocol
  dialect: Dialect.Dialect
  versions: ReadonlyMap<string, Version> = none
  /** The time of the newest connection, in milliseconds since 1970. */
  lastConnect: number | undefined = undefined
  /** Set to the reason when the client will not connect again. */
  readonly closed = Deferred.makeUnsafe<KatcpError>()
  private readonly core: Core
  private readonly socket: Socket.Socket
  private readonly callbacks = new LinkCallbacks()
  private readonly progress: Progress
  private followers: ReadonlyArray<Follower> = []
  /** The open connection, even if requests may not use it yet. */
  private connection: Connection | undefined = undefined
  /** `true` once the followers were notified of the connection. */
  private followed = false
  private loop: Fiber.Fiber<void> | undefined = undefined
  /** Set to dial at once, whatever the schedule says. */
  private dialNow = Deferred.makeUnsafe<void>()
  private attempt = 0
  /** The time of the newest connection, by the monotonic clock. */
  private since = 0
  /** The reason why the attempts since the last connection have failed, or why that connection is over. */
  private reason: KatcpError | undefined = undefined
  /** `true` once no further connection will be made; {@link finished} when the last one is over too. */
  private ended = false
  private finished = false

  constructor(core: Core, socket: Socket.Socket) {
    this.core = core
    this.socket = socket
    this.progress = new Progress(core.options.host)
    this.events = this.progress.events
    this.protocol = core.options.protocol ?? unknown
    this.dialect = Dialect.of(this.protocol)
  }

  get state(): SubscriptionRef.SubscriptionRef<ClientState> {
    return this.progress.state
  }

  /** Waits for a state that passes the test. Fails with the reason if the client is closed instead. */
  until(test: (state: ClientState) => boolean): Effect.Effect<void, KatcpError> {
    return this.progress.until(test)
  }

  /** Starts to connect, and stays connected until the scope closes. */
  start(followers: ReadonlyArray<Follower>): Effect.Effect<void, never, Scope.Scope> {
    return Effect.gen({ self: this }, function* () {
      this.followers = followers
      const guarded = Effect.catchDefect(this.run(), (defect) => Effect.sync(() => this.broken(defect)))
      // in a later turn, so the creator of the client can watch its events from the first on
      this.loop = yield* Effect.forkScoped(guarded)
      yield* Effect.addFinalizer(() => this.close)
    })
  }

  /** Waits until requests can be made. Fails with the reason if the client is permanently closed. */
  get connected(): Effect.Effect<void, KatcpError> {
    return Effect.callback((resume) => {
      const never = () => Effect.flatMap(Deferred.await(this.closed), Effect.fail)
      if (this.current !== undefined) return resume(Effect.void)
      if (this.ended) return resume(never())
      return Effect.sync(this.whenConnected(() => resume(this.ended ? never() : Effect.void)))
    })
  }

  /** Calls back at the next connection, or when there will be no more. Returns a function that cancels the callback. */
  whenConnected(callback: () => void): () => void {
    return this.callbacks.whenConnected(callback)
  }

  /** Calls back when there will be no more connections: see `LinkCallbacks`. */
  whenClosed(callback: (error: KatcpError | undefined) => void): () => void {
    return this.callbacks.whenClosed(callback)
  }

  /** The reason why a request cannot be sent now. */
  get absence(): Disconnected {
    if (this.ended && !this.finished) return new Disconnected({ sent: false, detail: closedHere })
    const { now } = this.progress
    const why = detailOf("reason" in now ? now.reason : this.reason)
    if ("reason" in now) return new Disconnected({ sent: false, detail: why })
    const detail = this.reason === undefined ? "it is being connected" : `it is being connected again: ${why}`
    return new Disconnected({ sent: false, detail })
  }

  /** `true` if no further connection will be made. */
  get isClosed(): boolean {
    return this.ended
  }

  /** Records that the device is being queried; with `dataSynced` only subscriptions are missing. */
  syncing(dataSynced: boolean): void {
    this.note({ _tag: "Syncing", dataSynced })
  }

  /** Records that a query of the device failed; it is repeated after a delay in milliseconds. */
  syncFailed(reason: KatcpError, delay: number): void {
    this.note({ _tag: "SyncFailed", reason, delay })
  }

  /** Records that everything needed over this connection is known, unless the connection is over. */
  synced(connection: Connection): void {
    if (this.current === connection && connection.alive) this.note({ _tag: "Synced" })
  }

  /** Sends a message unchanged over the current connection. */
  send(message: Message): Effect.Effect<void, KatcpError> {
    return Effect.suspend(() => this.current?.requests.message(message) ?? Effect.fail(this.core.error(this.absence)))
  }

  /** Stops accepting requests, and closes when those in flight are settled, or when it is interrupted. */
  get drain(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const { connection, current } = this
      this.ended = true
      this.current = undefined
      const settled = connection === undefined || current === undefined ? Effect.void : connection.requests.idle
      return Effect.ensuring(settled, this.close)
    })
  }

  /** Drops the current connection, or ends the wait for the next one, and dials at once. */
  get reconnect(): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.ended) return Effect.void
      Deferred.doneUnsafe(this.dialNow, Exit.void)
      return this.connection === undefined ? Effect.void : this.connection.shut("a new connection was requested")
    })
  }

  /** Closes the connection gracefully, and does not connect again. */
  get close(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.ended = true
      return (this.connection === undefined ? Effect.void : this.connection.close).pipe(
        Effect.andThen(
          Effect.sync(() => {
            this.finish(this.core.error(new Disconnected({ sent: false, detail: closedHere })), true)
            // without waiting: a callback of the loop itself may be closing the client
            this.loop?.interruptUnsafe()
          })
        ),
        Effect.uninterruptible
      )
    })
  }

  private run(): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const { reconnect } = this.core.options
      let step = yield* Schedule.toStep(reconnect)
      let slept = 0
      while (!this.ended) {
        this.dialNow = Deferred.makeUnsafe()
        const error = yield* Effect.scoped(this.connectOnce(++this.attempt))
        if (this.ended) return
        this.reason = error
        if (this.isFinal(error)) return this.giveUp(error)
        // the schedule restarts after a connection that lasted longer than the delay before it. After a shorter one it
        // continues: otherwise two clients of a device that accepts only one would evict each other as fast as they can
        if (this.attempt === 0 && this.core.deadlines.now() - this.since >= slept)
          step = yield* Schedule.toStep(reconnect)
        if (Deferred.isDoneUnsafe(this.dialNow)) continue
        const delay = yield* delayOf(step, error)
        if (delay === undefined) return this.giveUp(error)
        slept = delay
        this.note({ _tag: "Sleeping", delay })
        this.log("Warn", () => `${error.message}; connecting again in ${Math.round(delay)} ms`)
        yield* Effect.timeoutOption(Deferred.await(this.dialNow), delay)
      }
    })
  }

  /** Makes one connection and waits until it is over. Returns the reason. */
  private connectOnce(attempt: number): Effect.Effect<KatcpError, never, Scope.Scope> {
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
      const prepared = this.followers.map((follower) => follower.prepare(connection))
      for (const wait of prepared) yield* wait
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

  /** Makes a connection the current one. */
  private present(connection: Connection, now: number): void {
    this.attempt = 0
    this.since = this.core.deadlines.now()
    this.dialNow = Deferred.makeUnsafe()
    this.lastConnect = now
    this.protocol = connection.protocol
    this.dialect = connection.dialect
    this.versions = connection.negotiation.versions
    this.current = connection
    if (this.reason !== undefined) this.log("Info", () => `connected again: it speaks ${this.protocol}`)
    this.reason = undefined
    this.note({ _tag: "Connected", protocol: connection.protocol })
    // a watcher of the state may have ended it already
    if (this.current !== connection) return
    this.followed = true
    for (const follower of this.followers) follower.connected(connection)
    this.callbacks.connect()
  }

  /** Called by the connection while it ends, before its requests fail. */
  private lost(error: KatcpError): void {
    this.connection = undefined
    this.current = undefined
    // the state machine ignores this unless the client was connected
    this.note({ _tag: "Disconnected", reason: error })
    if (!this.followed) return
    this.followed = false
    for (const follower of this.followers) follower.lost()
  }

  /** Closes after a defect of the loop: most likely, the user's schedule threw. */
  private broken(defect: unknown): void {
    this.core.anomalies.log("Error", () => `connecting failed: ${Cause.pretty(Cause.die(defect))}`)
    this.finish(this.core.error(new ConnectFailed({ cause: defect })))
  }

  /** Logs a change of the connection. */
  private log(level: "Info" | "Warn", text: () => string): void {
    if (this.core.options.connectionLog) this.core.anomalies.log(level, text)
  }

  private giveUp(error: KatcpError): void {
    // before the first connection, the caller of `make` receives the error
    if (this.lastConnect !== undefined || this.core.options.connecting === "background")
      this.log("Warn", () => `${error.message}; not connecting again`)
    this.finish(error)
  }

  private finish(error: KatcpError, onRequest = false): void {
    this.ended = true
    if (this.finished) return
    this.finished = true
    this.note({ _tag: "Closed", reason: error })
    Deferred.doneUnsafe(this.closed, Exit.succeed(error))
    this.callbacks.close(onRequest ? undefined : error)
  }

  /**
   * Returns `true` if another attempt is useless: the device contradicts itself (P-134), or is not suitable for this
   * client.
   */
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
