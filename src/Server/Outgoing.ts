import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { type Dialect, Outbox } from "../Codec/index.ts"
import { type ConnectedClient, printable } from "../Interface/index.ts"
import type { ArgumentValue, Kind, Protocol } from "../Message/index.ts"
import type { LiveSensor, Reading } from "../Sensor/index.ts"
import type { Hub } from "./Hub.ts"

/** How long a client may take to read its last informs before the connection is cut, in milliseconds. */
const goodbye = 1000

/**
 * The outgoing half of a client: what it is told, and how that ends. What waits for a client that does not read is
 * bounded: who sends more gives the client up (see {@link Outgoing.send}).
 */
export abstract class Outgoing implements ConnectedClient {
  readonly address: string
  readonly hub: Hub
  /** The client's fiber; interrupting it closes the connection. */
  private readonly fiber: Fiber.Fiber<unknown, unknown>
  private readonly writer: Socket.Writer
  protected readonly outbox: Outbox
  /** Holds the write that is under way. */
  private readonly writing = Scope.makeUnsafe()
  /** False once the client is given up or told to go: nothing is written any more. */
  alive = true
  /** Whether there is no use in waiting until it has read what it was sent. */
  private lost = false
  /** True while the client's fiber works through a chunk, behind which it flushes anyway. */
  protected reading = false

  constructor(hub: Hub, address: string, fiber: Fiber.Fiber<unknown, unknown>, writer: Socket.Writer) {
    this.hub = hub
    this.address = address
    this.fiber = fiber
    this.writer = writer
    this.outbox = new Outbox({
      sink: writer,
      turn: hub.turn,
      scope: this.writing,
      run: hub.runOwn,
      onFailure: () => this.abandon(),
      onDrain: () => this.onDrain()
    })
  }

  /** A write that had to wait is done. */
  protected abstract onDrain(): void

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
    this.hub.counts.slowClients++
    this.hub.runOwn(Effect.logWarning(`disconnecting ${this.address}: more than ${maxBacklog} bytes wait for it`))
    this.lose()
    this.abandon()
    return false
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
    return (name: string, values: ReadonlyArray<ArgumentValue> = []) => this.send(this.hub.lines(name, values))
  }

  get disconnect(): ConnectedClient["disconnect"] {
    return (reason) => Effect.sync(() => this.dismiss(reason))
  }

  /** Sends `#disconnect` and closes the connection (Rev 5.1 §4.2). */
  dismiss(reason: string): void {
    if (!this.alive) return
    this.write("inform", "disconnect", undefined, [printable(reason, "unicode")])
    this.abandon()
  }

  /** The connection is broken: nothing is to be waited for. */
  lose(): void {
    this.lost = true
  }

  /** Closes the connection, with nothing more said. */
  private abandon(): void {
    this.alive = false
    this.fiber.interruptUnsafe()
  }

  /** What was written still goes out, if the client reads it within a second; who does not is cut off. */
  protected finish(): Effect.Effect<void> {
    if (!this.lost) this.outbox.flush()
    if (!this.lost && !this.outbox.blocked) return Effect.void
    const read = this.lost ? Effect.succeedNone : Effect.timeoutOption(this.drained, goodbye)
    return Effect.flatMap(read, (drained) =>
      Effect.andThen(
        drained._tag === "Some" ? Effect.void : Effect.ignore(this.writer.write(new Socket.CloseEvent())),
        Scope.close(this.writing, Exit.void)
      )
    )
  }
}
