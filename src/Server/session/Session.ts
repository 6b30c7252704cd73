import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as NetAddress from "effect/net/NetAddress"
import type * as Socket from "effect/socket/Socket"
import type { Dialect } from "../../Codec/index.ts"
import { type Certificate, type ConnectedClient, printable, type Role } from "../../Interface/index.ts"
import type { ArgumentValue, Protocol } from "../../Message/index.ts"
import { Spent } from "../audit/LogBudget.ts"
import type { Runtime } from "../Runtime.ts"
import type { Dispatch } from "../requests/Dispatch.ts"
import type { Caller } from "../requests/RequestInFlight.ts"
import { ClientSampling } from "../sampling/ClientSampling.ts"
import { Incoming } from "./Incoming.ts"
import { InFlight } from "./InFlight.ts"
import { Outgoing } from "./Outgoing.ts"
import { runOnDisconnect } from "./runOnDisconnect.ts"

/** The parts of a server that a session needs. */
export interface SessionParts {
  readonly runtime: Runtime
  readonly dispatch: Dispatch
  readonly clients: {
    readonly all: ReadonlySet<ConnectedClient>
    /** Removes a client. Returns `false` if it was never accepted. */
    readonly leave: (session: Session) => boolean
  }
  /** Watches for clients that take none of their waiting bytes. */
  readonly stalls: { readonly watch: () => void }
  /** Bounds the bytes of all clients together. */
  readonly totalBytes: { readonly add: (bytes: number) => void }
}

/** One connection, and the role of its client. */
export interface SessionConnection extends Pick<Session, "address" | "listener" | "certificate" | "role"> {
  /** The client's fiber. Interrupting it closes the connection. */
  readonly fiber: Fiber.Fiber<unknown, unknown>
  readonly writer: Socket.Writer
}

/**
 * One client of a server. It connects three parts: {@link Incoming} starts a request for each message, {@link InFlight}
 * holds the requests until they are answered, {@link Outgoing} holds the bytes that wait for the client.
 */
export class Session implements Caller {
  readonly address: string
  readonly listener: NetAddress.SocketAddress
  readonly certificate: Certificate | undefined
  readonly role: Role
  readonly runtime: Runtime
  readonly outgoing: Outgoing
  readonly requests: InFlight
  readonly incoming: Incoming
  private readonly parts: SessionParts
  /** Its number among all clients since the start, from 1. */
  number = 0
  /** The time of the last bytes received, in milliseconds of `Runtime.now`; updated if there is an `idleTimeout`. */
  heard = 0
  private ownSampling: ClientSampling | undefined = undefined
  private spent: Spent | undefined = undefined

  constructor(parts: SessionParts, { address, certificate, fiber, listener, role, writer }: SessionConnection) {
    const { dispatch, runtime } = parts
    this.address = address
    this.listener = listener
    this.certificate = certificate
    this.role = role
    this.runtime = runtime
    this.parts = parts
    this.outgoing = new Outgoing(this, fiber, writer)
    this.requests = new InFlight(this)
    this.incoming = new Incoming(this, this.requests, dispatch)
    if (runtime.options.idleTimeout !== Number.POSITIVE_INFINITY) this.heard = runtime.now()
  }

  /** Called when there may be places for requests again. */
  wake(): void {
    this.incoming.wake()
  }

  /** Called when a write has to wait. */
  waits(): void {
    this.parts.stalls.watch()
  }

  /** Called with the number of additional bytes that wait for the client. */
  holds(bytes: number): void {
    this.parts.totalBytes.add(bytes)
  }

  get peers(): ReadonlySet<ConnectedClient> {
    return this.parts.clients.all
  }

  get protocol(): Protocol {
    return this.runtime.protocol
  }

  get dialect(): Dialect.Dialect {
    return this.runtime.dialect
  }

  get inform(): ConnectedClient["inform"] {
    return (name: string, values: ReadonlyArray<ArgumentValue> = []) =>
      this.outgoing.inform(this.parts.dispatch.lines(name, values))
  }

  get disconnect(): ConnectedClient["disconnect"] {
    return (reason) => Effect.sync(() => this.outgoing.dismiss(reason))
  }

  get clearSampling(): Effect.Effect<void> {
    return Effect.sync(() => this.ownSampling?.clear())
  }

  get sampling(): ClientSampling {
    this.ownSampling ??= new ClientSampling(this.outgoing)
    return this.ownSampling
  }

  get logged(): Spent {
    this.spent ??= new Spent()
    return this.spent
  }

  complain(text: string): void {
    const { runtime } = this
    this.outgoing.write("inform", "log", undefined, ["error", runtime.time(), "katcp", printable(text, "ascii")])
  }

  /** Counts bytes that were read. */
  read(bytes: number): void {
    this.parts.totalBytes.add(bytes)
    if (this.runtime.options.idleTimeout !== Number.POSITIVE_INFINITY) this.heard = this.runtime.now()
  }

  /** The bytes held for the client: unanswered input, and waiting output. */
  get held(): number {
    return this.incoming.held + this.requests.argumentBytes + this.outgoing.backlog
  }

  /** The number of requests that run. */
  get inFlight(): number {
    return this.requests.size
  }

  /** The number of sampled sensors. */
  get sampled(): number {
    return this.ownSampling?.size ?? 0
  }

  /**
   * Ends the session before the connection is released: interrupts handlers, and sends the written bytes if the client
   * reads them within a second. Otherwise the client is cut off. Returns `undefined` if there is nothing to wait for.
   */
  leave(): Effect.Effect<void> | undefined {
    const { outgoing } = this
    outgoing.alive = false
    this.incoming.release()
    const joined = this.parts.clients.leave(this)
    this.ownSampling?.clear()
    this.requests.interrupt()
    const { onDisconnect } = this.runtime.options
    if (onDisconnect !== undefined && joined)
      return Effect.andThen(runOnDisconnect(this, outgoing, onDisconnect), outgoing.finish)
    return outgoing.reads ? undefined : outgoing.finish
  }
}
