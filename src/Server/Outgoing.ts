import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import type * as NetAddress from "effect/net/NetAddress"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { type Dialect, encode, Outbox } from "../Codec/index.ts"
import { type Certificate, type ConnectedClient, printable, type Role } from "../Interface/index.ts"
import { type ArgumentValue, inform, type Kind, type Protocol } from "../Message/index.ts"
import type { LiveSensor, Reading } from "../Sensor/index.ts"
import type { Visitor } from "./access/Access.ts"
import type { Going } from "./Farewell.ts"
import type { Hub } from "./Hub.ts"

/** How long a client may take to read its last informs before the connection is cut, in milliseconds. */
const goodbye = 1000

/**
 * The outgoing half of a client: what it is told, and how that ends. What waits for a client that does not read is
 * bounded: who sends more gives the client up (see {@link Outgoing.send}).
 */
export abstract class Outgoing implements ConnectedClient {
  readonly address: string
  readonly listener: NetAddress.SocketAddress
  readonly certificate: Certificate | undefined
  readonly role: Role
  readonly hub: Hub
  /** The client's fiber; interrupting it closes the connection. */
  private readonly fiber: Fiber.Fiber<unknown, unknown>
  private readonly writer: Socket.Writer
  protected readonly outbox: Outbox
  /** Holds the write that is under way. */
  private readonly writing = Scope.makeUnsafe()
  /** False once the client is given up or told to go: nothing is written any more. */
  alive = true
  /** How it goes, and why, as soon as that is known. */
  going: Going | undefined = undefined
  /** True while the device tells a client that goes what it has to tell it yet. */
  parting = false
  /** True while the client's fiber works through a chunk, behind which it flushes anyway. */
  protected reading = false

  constructor(
    hub: Hub,
    address: string,
    visitor: Visitor,
    fiber: Fiber.Fiber<unknown, unknown>,
    writer: Socket.Writer
  ) {
    this.hub = hub
    this.address = address
    this.listener = visitor.listener
    this.certificate = visitor.certificate
    this.role = hub.roleOf(visitor)
    this.fiber = fiber
    this.writer = writer
    this.outbox = new Outbox({
      sink: writer,
      turn: hub.turn,
      scope: this.writing,
      run: hub.runOwn,
      onFailure: () => {
        this.goes("lost", "The connection was lost: a write failed.")
        this.abandon()
      },
      onDrain: () => this.onDrain(),
      onWait: hub.stalls.watch,
      onHeld: (bytes) => hub.totalBytes.add(bytes)
    })
  }

  /** A write that had to wait is done. */
  protected abstract onDrain(): void

  get peers(): ReadonlySet<ConnectedClient> {
    return this.hub.clients
  }

  get protocol(): Protocol {
    return this.hub.protocol
  }

  get dialect(): Dialect.Dialect {
    return this.hub.dialect
  }

  /** How many bytes wait for the client. */
  get backlog(): number {
    return this.outbox.backlog
  }

  /** Whether a write waits for the client, and a number that grows whenever the client takes something of it. */
  get waits(): boolean {
    return this.outbox.blocked
  }
  get taken(): number {
    return this.outbox.taken
  }

  /** Waits until the client has taken what was written. */
  get drained(): Effect.Effect<void> {
    return this.outbox.drained
  }

  /** A message whose name is known to be good. */
  write(kind: Kind, name: string, id: number | undefined, values: ReadonlyArray<string | Uint8Array>): void {
    if (!this.alive) return
    const { encoder } = this.outbox
    encoder.begin(kind, name, id)
    for (let index = 0; index < values.length; index++) {
      const value = values[index]!
      if (typeof value === "string") encoder.text(value)
      else encoder.bytes(value)
    }
    encoder.end()
    if (kind === "inform") this.hub.counts.informs++
    this.written()
  }

  /** The encoder, for those who write long answers; {@link written} when it is done. */
  get encoder(): Outbox["encoder"] {
    return this.outbox.encoder
  }

  /** Has what was written flushed: behind the chunk that is read, or at the end of the turn. */
  written(): void {
    if (!this.reading) this.outbox.schedule()
  }

  /** Writes what has gathered, unless a write is under way. */
  flush(): void {
    this.outbox.flush()
  }

  /** Whole lines of asynchronous informs, shared by many clients. A client too slow to take them is given up. */
  send(lines: Uint8Array, count = 1): boolean {
    if (!this.alive || !this.bears(lines.length)) return false
    this.hub.counts.informs += count
    this.outbox.encoder.lines(lines)
    this.written()
    return true
  }

  /** Whether so many more bytes may wait for the client; if not, it is given up. */
  bears(more: number): boolean {
    const { maxBacklog } = this.hub.options
    if (this.outbox.backlog + more <= maxBacklog) return true
    // much may have gathered within one turn: only a write shows whether the client takes it
    this.outbox.flush()
    if (this.outbox.backlog + more <= maxBacklog) return true
    this.drop(`more than ${maxBacklog} bytes wait for it`)
    return false
  }

  /** It has taken nothing for longer than it may. */
  stalled(): void {
    const { stallTimeout } = this.hub.options
    this.drop(`it took no byte of ${this.outbox.backlog} that wait for it within ${stallTimeout / 1000} s`)
  }

  /** Gives the client up, since it does not read. */
  private drop(reason: string): void {
    this.hub.counts.slowClients++
    this.cut("slow client", reason)
  }

  /** Closes the connection of a client that does not read. */
  private cut(kind: string, reason: string): void {
    this.hub.report("Warn", kind, `disconnecting ${this.address}: ${reason}`)
    this.goes("overrun", reason)
    this.abandon()
  }

  /**
   * Whether it takes less than it is told. Half of what may wait is left to what cannot be conflated: a client may be
   * told much within one turn, behind which only a write shows whether it reads.
   */
  get behind(): boolean {
    return this.outbox.blocked || this.outbox.backlog > this.hub.options.maxBacklog >> 1
  }

  /** Writes a `#sensor-status`, which is not counted against what may wait (Rev 5.1 §7.3). */
  writeStatus(sensor: LiveSensor<unknown>, reading: Reading<unknown>): void {
    if (!this.alive) return
    sensor.writeReading(this.outbox.encoder, "sensor-status", undefined, this.dialect, reading)
    this.hub.counts.informs++
    this.written()
  }

  get inform(): ConnectedClient["inform"] {
    return (name: string, values: ReadonlyArray<ArgumentValue> = []) => {
      const lines = this.hub.lines(name, values)
      if (!this.parting) return this.send(lines)
      this.parting = this.bears(lines.length)
      if (this.parting) this.put(lines)
      return this.parting
    }
  }

  abstract readonly clearSampling: Effect.Effect<void>

  get disconnect(): ConnectedClient["disconnect"] {
    return (reason) => Effect.sync(() => this.dismiss(reason))
  }

  /** Sends `#disconnect` and closes the connection (Rev 5.1 §4.2). */
  dismiss(reason: string): void {
    if (!this.alive) return
    this.going = { how: "dismissed", reason }
    // the hook may have something to tell it before that
    if (this.hub.options.onDisconnect === undefined) this.sayGoodbye(reason)
    this.abandon()
  }

  /** Tells a client that is not let in why, and closes the connection (Rev 5.1 §4.2). */
  turnAway(reason: string): void {
    const { hub } = this
    hub.counts.refusedClients++
    hub.report("Warn", `not let in: ${reason.replace(/\d+/g, "n")}`, `${this.address} is not let in: ${reason}`)
    this.going = { how: "dismissed", reason }
    this.sayGoodbye(reason)
    this.abandon()
  }

  /** Disconnects it, since it holds most of all. It is told why, unless it does not read. */
  dropLargest(reason: string): void {
    this.hub.counts.largestClients++
    if (this.outbox.blocked) return this.cut("largest client", reason)
    this.hub.report("Warn", "largest client", `disconnecting ${this.address}: ${reason}`)
    this.dismiss(reason)
  }

  /** The last thing that a client is told. */
  sayGoodbye(reason: string): void {
    this.put(encode(inform("disconnect", [printable(reason, "unicode")])))
  }

  /** The lines of an inform, though the client goes. */
  private put(lines: Uint8Array): void {
    this.hub.counts.informs++
    this.outbox.encoder.lines(lines)
    this.written()
  }

  /** It will go, for the first reason that comes up. */
  goes(how: Going["how"], reason: string): void {
    this.going ??= { how, reason }
  }

  /** Whether there is no use in waiting until it has read what it was sent. */
  private get lost(): boolean {
    return this.going?.how === "lost" || this.going?.how === "overrun"
  }

  /** Whether it has taken what it was sent, as far as is known here. */
  get reads(): boolean {
    if (this.lost) return false
    this.outbox.flush()
    return !this.outbox.blocked
  }

  /** Closes the connection, with nothing more said. */
  private abandon(): void {
    this.alive = false
    this.fiber.interruptUnsafe()
  }

  /** What was written still goes out, if the client reads it within a second; who does not is cut off. */
  protected get finish(): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.reads) return Effect.void
      const read = this.lost ? Effect.succeedNone : Effect.timeoutOption(this.drained, goodbye)
      return Effect.flatMap(read, (drained) =>
        Effect.andThen(
          drained._tag === "Some" ? Effect.void : Effect.ignore(this.writer.write(new Socket.CloseEvent())),
          Scope.close(this.writing, Exit.void)
        )
      )
    })
  }
}
