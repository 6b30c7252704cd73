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
    /** Removes a client that has gone. Returns `false` if it was never let in. */
    readonly leave: (session: Session) => boolean
  }
  /** Watches clients that take nothing of what waits for them. */
  readonly stalls: { readonly watch: () => void }
  /** Bounds the bytes of all clients together. */
  readonly totalBytes: { readonly add: (bytes: number) => void }
}

/** One connection, and the role that its client has. */
export interface SessionConnection extends Pick<Session, "address" | "listener" | "certificate" | "role"> {
  /** The client's fiber; interrupting it closes the connection. */
  readonly fiber: Fiber.Fiber<unknown, unknown>
  readonly writer: Socket.Writer
}

/**
 * One client of a server. It ties three parts together: {@link Incoming} starts a request for each message,
 * {@link InFlight} holds the requests until they are answered, {@link Outgoing} holds the bytes that wait for the client.
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
  /** Its number among all clients that have connected, from 1. */
  number = 0
  /** Milliseconds of `Runtime.now` when the last bytes came; kept if there is an `idleTimeout`. */
  heard = 0
  private ownSampling: ClientSampling | undefined = undefined
  private spent: Spent | undefined = undefined

  constructor(parts: SessionParts, { address, certificate, fiber, listener, role, writer }: SessionConnection) {
    const { dispatch, runtime, stalls, totalBytes } = parts
    this.address = address
    this.listener = listener
    this.certificate = certificate
    this.role = role
    this.runtime = runtime
    this.parts = parts
    const wake = () => this.incoming.wake()
    this.outgoing = new Outgoing({
      runtime,
      address,
      fiber,
      writer,
      onDrain: wake,
      onWait: stalls.watch,
      onHeld: totalBytes.add
    })
    this.requests = new InFlight(this, wake)
    this.incoming = new Incoming(this, this.requests, dispatch)
    if (runtime.options.idleTimeout !== Number.POSITIVE_INFINITY) this.heard = runtime.now()
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

  /** The bytes that are held for the client: input that is not answered yet, and output that it has not taken. */
  get held(): number {
    return this.incoming.held + this.requests.argumentBytes + this.outgoing.backlog
  }

  /** The number of requests that run. */
  get inFlight(): number {
    return this.requests.size
  }

  /** The number of sensors that it samples. */
  get sampled(): number {
    return this.ownSampling?.size ?? 0
  }

  /**
   * Ends the session, before the connection is released: handlers are interrupted, and written bytes still go out if the
   * client reads them within a second. A client that does not is cut off.
   */
  get leave(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const { outgoing } = this
      outgoing.alive = false
      this.incoming.release()
      const joined = this.parts.clients.leave(this)
      this.ownSampling?.clear()
      this.requests.interrupt()
      const { onDisconnect } = this.runtime.options
      return onDisconnect === undefined || !joined
        ? outgoing.finish
        : Effect.andThen(runOnDisconnect(this, outgoing, onDisconnect), outgoing.finish)
    })
  }
}
