import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { type Dialect, encode, Outbox, type OutboxOwner, type Turn } from "../../Codec/index.ts"
import { printable } from "../../Interface/index.ts"
import { inform, type Kind } from "../../Message/index.ts"
import type { LiveSensor, Reading } from "../../Sensor/index.ts"
import type { Runtime } from "../Runtime.ts"
import type { Ended } from "./Departure.ts"

/**
 * Milliseconds that a client has to read its last informs before the connection is cut. Not measured: many
 * round trips of any network, and the longest delay of a stop by a client that does not read.
 */
const closeGrace = 1000

/** The session of an outgoing half. */
interface OutgoingOwner {
  readonly runtime: Runtime
  /** The client's address, for the log. */
  readonly address: string
  /** Called when a write that had to wait is done. */
  readonly wake: () => void
  /** Called when a write has to wait. */
  readonly waits: () => void
  /** Called with the number of additional bytes that wait. */
  readonly holds: (bytes: number) => void
}

/**
 * The outgoing half of a session: the bytes that wait for the client, and the end of the connection. The bytes for a
 * client that does not read are bounded: exceeding the bound disconnects the client (see {@link Outgoing.send}).
 */
export class Outgoing implements OutboxOwner {
  readonly runtime: Runtime
  readonly sink: Socket.Writer
  private readonly owner: OutgoingOwner
  /** The client's fiber. Interrupting it closes the connection. */
  private readonly fiber: Fiber.Fiber<unknown, unknown>
  private readonly outbox: Outbox
  /** The scope of the pending write; `undefined` until a write has to wait. */
  private writing: Scope.Closeable | undefined = undefined
  /** `false` once the client is cut off or dismissed: nothing is written any more. */
  alive = true
  /** The end of the connection and its reason, once known. */
  ended: Ended | undefined = undefined
  /** The number of informs to this client. */
  informs = 0
  /** `true` while `onDisconnect` runs for a client that can still receive informs. */
  disconnecting = false
  /** `true` while the client's messages are handled: the bytes written meanwhile are flushed at the end. */
  private batching = false

  constructor(owner: OutgoingOwner, fiber: Fiber.Fiber<unknown, unknown>, writer: Socket.Writer) {
    this.runtime = owner.runtime
    this.owner = owner
    this.fiber = fiber
    this.sink = writer
    this.outbox = new Outbox(this)
  }

  get turn(): Turn {
    return this.runtime.turn
  }

  get run(): OutboxOwner["run"] {
    return this.runtime.runOwn
  }

  get scope(): Scope.Scope {
    this.writing ??= Scope.makeUnsafe()
    return this.writing
  }

  /** Called when a write fails. */
  onFailure(): void {
    this.closed("lost", "The connection was lost: a write failed.")
    this.abandon()
  }

  /** Called when a write that had to wait is done. */
  onDrain(): void {
    this.owner.wake()
  }

  /** Called when a write has to wait. */
  onWait(): void {
    this.owner.waits()
  }

  /** Called with the number of additional waiting bytes. */
  onHeld(bytes: number): void {
    this.owner.holds(bytes)
  }

  get dialect(): Dialect.Dialect {
    return this.runtime.dialect
  }

  /** The number of bytes that wait for the client. */
  get backlog(): number {
    return this.outbox.backlog
  }

  /** `true` while a write waits for the client. */
  get blocked(): boolean {
    return this.outbox.blocked
  }

  /** A number that grows whenever the client takes part of a waiting write. */
  get taken(): number {
    return this.outbox.taken
  }

  /** Waits until the client has taken everything written. */
  get drained(): Effect.Effect<void> {
    return this.outbox.drained
  }

  /** Writes a message. The caller ensures that the name is valid. */
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
    if (kind === "inform") this.count(1)
    this.written()
  }

  /** Counts informs that were written. */
  count(informs: number): void {
    this.informs += informs
    this.runtime.counts.informs += informs
  }

  /** The encoder, for long answers; call {@link count} and {@link written} when the answer is complete. */
  get encoder(): Outbox["encoder"] {
    return this.outbox.encoder
  }

  /** Schedules a flush of the written bytes: after the current chunk, or at the end of the turn. */
  written(): void {
    if (!this.batching) this.outbox.schedule()
  }

  /** Writes the gathered bytes, unless a write is pending. */
  flush(): void {
    this.outbox.flush()
  }

  /** Schedules a flush at the end of the turn. */
  schedule(): void {
    this.outbox.schedule()
  }

  /**
   * Sends whole lines of asynchronous informs, which many clients may share. Returns `false` if the client is gone, or
   * was too slow and is disconnected.
   */
  send(lines: Uint8Array, count = 1): boolean {
    if (!this.alive || !this.accepts(lines.length)) return false
    this.count(count)
    this.outbox.encoder.lines(lines)
    this.written()
    return true
  }

  /** Returns `true` if this many more bytes may wait for the client. Otherwise disconnects the client. */
  accepts(more: number): boolean {
    const { maxBacklog } = this.runtime.options
    if (this.outbox.backlog + more <= maxBacklog) return true
    // much may have gathered within one turn: only a write shows if the client takes it
    this.outbox.flush()
    if (this.outbox.backlog + more <= maxBacklog) return true
    this.drop(`more than ${maxBacklog} bytes wait for it`)
    return false
  }

  /** Disconnects a client that has taken nothing for `stallTimeout`. */
  stalled(): void {
    const { stallTimeout } = this.runtime.options
    this.drop(`it took no byte of ${this.outbox.backlog} that wait for it within ${stallTimeout / 1000} s`)
  }

  /** Disconnects the client because it does not read. */
  private drop(reason: string): void {
    this.runtime.counts.slowClients++
    this.cut("slow client", reason)
  }

  /** Closes the connection of a client that does not read. */
  private cut(kind: string, reason: string): void {
    this.runtime.report("Warn", kind, `disconnecting ${this.owner.address}: ${reason}`)
    this.closed("overrun", reason)
    this.abandon()
  }

  /**
   * `true` if the client takes less than it is sent. Half of `maxBacklog` is reserved for informs that cannot be
   * conflated: much may be sent to a client within one turn, and only the write at its end shows if the client reads.
   */
  get behind(): boolean {
    return this.outbox.blocked || this.outbox.backlog > this.runtime.options.maxBacklog >> 1
  }

  /** Writes a `#sensor-status` that does not count against `maxBacklog` (Rev 5.1 §7.3). */
  writeStatus(sensor: LiveSensor<unknown>, reading: Reading<unknown>): void {
    if (!this.alive) return
    sensor.writeStatus(this.outbox.encoder, this.dialect, reading)
    this.count(1)
    this.written()
  }

  /** Sends an asynchronous inform, also in `onDisconnect` while the client can still receive it. */
  inform(lines: Uint8Array): boolean {
    if (!this.disconnecting) return this.send(lines)
    this.disconnecting = this.accepts(lines.length)
    if (this.disconnecting) this.put(lines)
    return this.disconnecting
  }

  /** Sends `#disconnect` and closes the connection (Rev 5.1 §4.2). */
  dismiss(reason: string): void {
    if (!this.alive) return
    this.ended = { how: "dismissed", reason }
    // the hook may send informs before `#disconnect`
    if (this.runtime.options.onDisconnect === undefined) this.writeDisconnect(reason)
    this.abandon()
  }

  /** Refuses a client that has just connected: sends `#disconnect` with the reason, and closes (Rev 5.1 §4.2). */
  turnAway(reason: string): void {
    const { runtime } = this
    runtime.counts.refusedClients++
    runtime.report(
      "Warn",
      `not let in: ${reason.replace(/\d+/g, "n")}`,
      `${this.owner.address} is not let in: ${reason}`
    )
    this.ended = { how: "dismissed", reason }
    this.writeDisconnect(reason)
    this.abandon()
  }

  /** Disconnects the client that holds most bytes of all. Sends it the reason, unless it does not read. */
  dropLargest(reason: string): void {
    this.runtime.counts.largestClients++
    if (this.outbox.blocked) return this.cut("largest client", reason)
    this.runtime.report("Warn", "largest client", `disconnecting ${this.owner.address}: ${reason}`)
    this.dismiss(reason)
  }

  /** Writes `#disconnect`, the last inform of a client. */
  writeDisconnect(reason: string): void {
    this.put(encode(inform("disconnect", [printable(reason, "unicode")])))
  }

  /** Writes the lines of informs whatever waits for the client, and although the connection ends. */
  put(lines: Uint8Array, count = 1): void {
    this.count(count)
    this.outbox.encoder.lines(lines)
    this.written()
  }

  /** Records the end of the connection. The first reason counts. */
  closed(how: Ended["how"], reason: string): void {
    this.ended ??= { how, reason }
  }

  /** `true` if it is pointless to wait until the client has read everything. */
  private get lost(): boolean {
    return this.ended?.how === "lost" || this.ended?.how === "overrun"
  }

  /** `true` if the client has taken everything, as far as is known. */
  get reads(): boolean {
    if (this.lost) return false
    this.outbox.flush()
    return !this.outbox.blocked
  }

  /** Gathers what is written until {@link endBatch}. */
  beginBatch(): void {
    this.batching = true
  }

  /** Ends {@link beginBatch}. The caller flushes. */
  endBatch(): void {
    this.batching = false
    if (!this.alive) this.fiber.interruptUnsafe()
  }

  /** Closes the connection without further messages: now, or after the messages that are being handled. */
  private abandon(): void {
    this.alive = false
    if (!this.batching) this.fiber.interruptUnsafe()
  }

  /** Waits until the client has read everything written, for at most a second, then cuts the connection. */
  get finish(): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.reads) return Effect.void
      const read = this.lost ? Effect.succeedNone : Effect.timeoutOption(this.drained, closeGrace)
      return Effect.flatMap(read, (drained) =>
        Effect.andThen(
          drained._tag === "Some" ? Effect.void : Effect.ignore(this.sink.write(new Socket.CloseEvent())),
          // also if no write has waited yet: one that would wait later must not
          Effect.suspend(() => Scope.close((this.writing ??= Scope.makeUnsafe()), Exit.void))
        )
      )
    })
  }
}
