/**
 * One connection to a device. This comment explains how the parts of this folder work together to keep a client
 * connected.
 *
 * ```text
 *   Sleeping ──────dial──────┐
 *      ^ schedule            v
 * Disconnected ──dial──> Connecting ──open──> Negotiating ──protocol──> Connected ──wants──> Syncing <──> Synced
 *      ^                     │                     │                        │                   │           │
 *      └───────failed────────┴───────failed────────┴──────────lost──────────┴───────lost────────┴───lost────┘
 *
 * Each state leads to Closed, when the client is closed or the schedule of `Options.reconnect` ends. Without wants,
 * Connected leads to Synced.
 *
 * Link ──── one at a time ──> Connection ──┬── InFlight ──┬── RequestTable   requests without reply
 *   ├── State, Progress                    │              └── Writer         bytes out
 *   └── Followers:                         ├── Reader                        bytes in
 *       hints, mirror, contract check      └── Negotiation, KeepAlive, DeviceRequests
 * ```
 *
 * - `State` is the pure machine above, and `Progress` publishes its changes in one order. `Link` drives it: it dials,
 *   waits by the schedule, and dials again. The schedule restarts after a connection that lasted.
 * - `Core` outlives connections: options, deadlines, subscribers of informs, the anomalies. A connection owns
 *   everything else, and a new one starts empty: no ids, no table, no bytes.
 * - A request passes through `InFlight`, which gives it an id, adds it to the table, and writes it. The reader brings
 *   the reply, and `InFlight` settles the request. It is settled once: by its reply, its deadline, its caller or the
 *   loss.
 * - When a connection is lost, it first stops taking requests. Then the link has no current connection, and the
 *   followers are notified. Last, each open request fails with `Disconnected`, which states if it was sent. No request
 *   is sent twice. A caller may call again at once, and never gets the lost connection.
 * - Memory is bounded: requests wait unsent behind `maxBacklog` bytes, a slow reader of a streamed answer causes
 *   back-pressure (`Backpressure`), and a long line ends at `maxLine`.
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import type * as Socket from "effect/socket/Socket"
import type { Dialect } from "../../Codec/index.ts"
import { ConnectFailed, Disconnected, type KatcpError, type Protocol, TimedOut } from "../../Message/index.ts"
import type { Core } from "../Core.ts"
import { Alarm } from "./Deadlines.ts"
import { DeviceRequests } from "./DeviceRequests.ts"
import type { ConnectedReader, Ends } from "./Ends.ts"
import { InFlight } from "./InFlight.ts"
import { KeepAlive } from "./KeepAlive.ts"
import { failureText, lossText } from "./lossText.ts"
import { Negotiation } from "./Negotiation.ts"
import { Reader } from "./Reader.ts"
import { VersionQuery } from "./VersionQuery.ts"
import { Writer } from "./Writer.ts"

/**
 * The share of `negotiationTimeout` after which a silent device is queried for its versions. Not measured: 1 second of
 * 5, many round trips, and the other 4 are left for the answer.
 */
const queryAfter = 0.2
/** The reason if the client itself closes a connection. */
export const closedHere = "closed by this client"

/** One connection to a device, from its first byte to its last. */
export class Connection {
  readonly negotiation: Negotiation
  /** The requests of this connection. */
  readonly requests: InFlight
  /** Set to the reason when the connection is over. */
  readonly closed = Deferred.makeUnsafe<KatcpError>()
  /** The addresses of both ends, if the Socket provides them. */
  readonly ends: Ends | undefined
  private readonly core: Core
  private readonly scope: Scope.Closeable
  private readonly reader: Reader
  /** Detects a dead device; `undefined` if the option `alive` is off. */
  private readonly keepAlive: KeepAlive | undefined
  /** Ends the wait for the device's protocol; `undefined` while nobody waits. */
  private onReady: ((exit: Exit.Exit<void, KatcpError>) => void) | undefined = undefined
  /** The reason why the connection is over; `undefined` while it is open. */
  private ending: KatcpError | undefined = undefined
  private readonly onEnd: (error: KatcpError) => void

  private constructor(
    core: Core,
    scope: Scope.Closeable,
    socket: { readonly reader: ConnectedReader; readonly sink: Socket.Writer },
    onEnd: (error: KatcpError) => void
  ) {
    const { hook, anomalies, options, run, turn } = core
    const { reader, sink } = socket
    this.ends = reader.ends
    this.core = core
    this.onEnd = onEnd
    this.scope = scope
    this.negotiation = new Negotiation(options)
    const writer = new Writer({
      sink,
      turn,
      scope,
      run,
      maxBacklog: options.maxBacklog,
      hook,
      onDrain: () => this.requests.release(),
      onFailure: (exit) => {
        // closing the socket also ends the reader, in any state
        if (this.alive) run(this.shut(`writing failed: ${failureText(exit.cause)}`))
      }
    })
    this.requests = new InFlight(core, writer, this.negotiation)
    this.keepAlive =
      options.alive === Number.POSITIVE_INFINITY
        ? undefined
        : new KeepAlive(core, this.requests, (reason) => void run(this.shut(reason)))
    this.reader = new Reader(core, {
      requests: this.requests,
      answers: new DeviceRequests({
        handlers: options.requests,
        writer,
        anomalies,
        run,
        scope,
        onUnread: () => this.end("the device sends requests and does not read the answers")
      }),
      negotiation: this.negotiation,
      keepAlive: this.keepAlive,
      writer,
      onNegotiated: () => this.onReady?.(Exit.void),
      onEnd: (reason, error) => this.end(reason, error)
    })
  }

  /**
   * Connects, and waits until the device's protocol is known. The connection lives until the scope closes, or until it
   * is lost.
   */
  static open(
    core: Core,
    socket: Socket.Socket,
    listener: {
      /** Called when the connection is open, before the device has announced its protocol. */
      readonly onOpen: (connection: Connection) => void
      /** Called when a connection that was open is over, before its open requests fail. */
      readonly onEnd: (error: KatcpError) => void
    }
  ): Effect.Effect<Connection, KatcpError, Scope.Scope> {
    return Effect.contextWith((context: Context.Context<Scope.Scope>) => {
      const outer = Context.get(context, Scope.Scope)
      const scope = Scope.forkUnsafe(outer)
      // the reader first: a write without it waits for ever
      const acquired = Effect.zip(socket.reader, socket.writer)
      const opening = Scope.provide(acquired, scope).pipe(
        Effect.mapError((cause) => core.error(new ConnectFailed({ cause }))),
        Effect.flatMap(([reader, sink]) => {
          const connection = new Connection(core, scope, { reader, sink }, listener.onEnd)
          listener.onOpen(connection)
          Fiber.runIn(core.run(connection.reading(reader)), outer)
          connection.keepAlive?.start()
          return Scope.addFinalizer(outer, connection.close).pipe(
            Effect.andThen(connection.negotiated),
            Effect.as(connection)
          )
        })
      )
      return Effect.onError(opening, () => Scope.close(scope, Exit.void))
    })
  }

  /** `false` once the connection is over. */
  get alive(): boolean {
    return this.requests.alive
  }

  /** The device's protocol. Known once the connection is negotiated. */
  get protocol(): Protocol {
    return this.requests.protocol
  }

  /** The dialect of the device's protocol. */
  get dialect(): Dialect.Dialect {
    return this.requests.dialect
  }

  private get negotiated(): Effect.Effect<void, KatcpError> {
    const { core } = this
    const { options } = core
    if (options.protocol !== undefined) return Effect.void
    const timeout = options.negotiationTimeout
    return Effect.callback((resume) => {
      if (this.ending !== undefined) return resume(Effect.fail(this.ending))
      if (this.negotiation.protocol !== undefined) return resume(Effect.void)
      // deadlines, because races need four fibers for each connection
      const ask = new Alarm(timeout * queryAfter, () => this.requests.ask(new VersionQuery(this.reader.listed)))
      const end = new Alarm(timeout, () =>
        this.onReady?.(Exit.fail(core.error(new TimedOut({ which: "negotiation", timeout }))))
      )
      const stop = () => {
        this.onReady = undefined
        core.deadlines.remove(ask)
        core.deadlines.remove(end)
      }
      this.onReady = (exit) => {
        stop()
        resume(exit)
      }
      const now = core.deadlines.now()
      core.deadlines.add(ask, now)
      core.deadlines.add(end, now)
      return Effect.sync(stop)
    })
  }

  private reading(incoming: ConnectedReader): Effect.Effect<void> {
    return this.reader.run(incoming).pipe(
      Effect.onExit((exit) => this.shut(exit._tag === "Failure" ? lossText(exit.cause) : "the connection is over")),
      Effect.ignoreCause
    )
  }

  /** Closes the connection gracefully: written bytes are sent, and open requests fail. */
  get close(): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.alive) this.requests.release()
      return this.shut(closedHere)
    })
  }

  /** Ends the connection for a reason: open requests fail, and the socket is closed. */
  shut(reason: string): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.end(reason)
      return Scope.close(this.scope, Exit.void)
    })
  }

  /** Ends all activity at once. The socket is closed by the reader, or by {@link shut}. */
  private end(reason: string, error?: KatcpError): void {
    if (!this.alive) return
    const { core, requests } = this
    requests.close(reason)
    this.keepAlive?.stop()
    const bytes = this.reader.release()
    if (bytes > 0) core.anomalies.add({ _tag: "CutLine", bytes })
    const ending = error ?? core.error(new Disconnected({ sent: false, detail: reason }))
    // before the requests fail: their callers may call again at once, and must not get this connection
    this.onEnd(ending)
    this.ending = ending
    this.onReady?.(Exit.fail(ending))
    requests.failAll()
    Deferred.doneUnsafe(this.closed, Exit.succeed(ending))
  }
}
