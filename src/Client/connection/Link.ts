import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
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

/** The next delay of a schedule. */
type Step = Parameters<typeof delayOf>[0]

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
  start(followers: ReadonlyArray<Follower>, scope: Scope.Scope): void {
    this.followers = followers
    const guarded = Effect.catchDefect(Link.keepConnected(this), (defect) => Effect.sync(() => this.broken(defect)))
    // in a later turn, so the creator of the client can watch its events from the first on
    this.loop = this.core.run(Effect.andThen(Effect.yieldNow, guarded))
    Fiber.runIn(this.loop, scope)
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

  // static: a generator function for each client would be slow, because V8 prepares each one when it is called first
  private static readonly keepConnected = Effect.fnUntraced(function* (self: Link) {
    const { reconnect } = self.core.options
    // made when it is needed, because most clients never need it
    let step: Step | undefined
    let slept = 0
    while (!self.ended) {
      self.dialNow = Deferred.makeUnsafe()
      const error = yield* Effect.scoped(Link.connectOnce(self, ++self.attempt))
      if (self.ended) return
      self.reason = error
      if (self.isFinal(error)) return self.giveUp(error)
      // the schedule restarts after a connection that lasted longer than the delay before it. After a shorter one it
      // continues: otherwise two clients of a device that accepts only one would evict each other as fast as they can
      if (self.attempt === 0 && self.core.deadlines.now() - self.since >= slept) step = undefined
      if (Deferred.isDoneUnsafe(self.dialNow)) continue
      step ??= yield* Schedule.toStep(reconnect)
      const delay = yield* delayOf(step, error)
      if (delay === undefined) return self.giveUp(error)
      slept = delay
      self.note({ _tag: "Sleeping", delay })
      self.log("Warn", () => `${error.message}; connecting again in ${Math.round(delay)} ms`)
      yield* Effect.timeoutOption(Deferred.await(self.dialNow), delay)
    }
  })

  /** Makes one connection and waits until it is over. Returns the reason. */
  private static readonly connectOnce = Effect.fnUntraced(function* (self: Link, attempt: number) {
    self.note({ _tag: "Connecting", attempt })
    const opening = Connection.open(self.core, self.socket, {
      onOpen: (connection) => {
        self.connection = connection
        self.note({ _tag: "Opened" })
      },
      onEnd: (error) => self.lost(error)
    })
    const { gate } = self.core.options
    const opened = yield* Effect.result(gate === undefined ? opening : gate.withPermit(opening))
    if (opened._tag === "Failure") return self.failed(opened.failure, attempt)
    const connection = opened.success
    const prepared = self.followers.map((follower) => follower.prepare(connection))
    for (const wait of prepared) yield* wait
    if (!connection.alive) return self.failed(yield* Deferred.await(connection.closed), attempt)
    self.present(connection, self.core.clock.currentTimeMillisUnsafe())
    return yield* Deferred.await(connection.closed)
  })

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
