import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { type Dialect, Outbox, type ParsedMessage, type Parser } from "../Codec/index.ts"
import { type ConnectedClient, printable } from "../Interface/index.ts"
import { type ArgumentValue, KatcpSyntaxError, type Kind, type Protocol } from "../Message/index.ts"
import type { Strategy } from "../Sampling/index.ts"
import type { LiveSensor, Reading } from "../Sensor/index.ts"
import { ClientSampling } from "./ClientSampling.ts"
import type { Hub } from "./Hub.ts"
import { Job } from "./Job.ts"
import type { Entry } from "./RequestTable.ts"

/** Replies that may gather behind a blocked write before no more requests are read. */
const repliesAhead = 65536

// an idle client, of which there may be thousands, needs no set of its own
const noJobs = new Set<Job>()

/** How long a client may take to read its last informs before the connection is cut, in milliseconds. */
const goodbye = 1000

/**
 * One client of a server: the requests that it has in flight, and what goes out to it. It has no loop of its own (see
 * `serve`): it is told what was read, and says when no more may be read.
 */
export class Session implements ConnectedClient {
  readonly address: string
  readonly hub: Hub
  /** The client's fiber; interrupting it closes the connection. */
  private readonly fiber: Fiber.Fiber<unknown, unknown>
  private readonly writer: Socket.Writer
  private readonly outbox: Outbox
  /** Holds the write that is under way. */
  private readonly writing = Scope.makeUnsafe()
  /** False once the client is given up or told to go: nothing is written any more. */
  alive = true
  /** Its number among all clients that have come, from 1. */
  arrival = 0
  /** Whether there is no use in waiting until it has read what it was sent. */
  private lost = false
  /** True while the client's fiber works through a chunk, behind which it flushes anyway. */
  private reading = false
  /** The requests that are not answered yet and run in fibers. */
  private jobs = noJobs
  private sampled: ClientSampling | undefined = undefined
  /** True while a strategy is set: the readings that are reported then do not count against the backlog (P-234). */
  private settingUp = false
  /** Serial requests that run now: they hold back the next ones. */
  private serial = 0
  private waiter: ((effect: Effect.Effect<void>) => void) | undefined = undefined

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
      onDrain: () => this.wake()
    })
  }

  get protocol(): Protocol {
    return this.hub.protocol
  }

  get dialect(): Dialect.Dialect {
    return this.hub.dialect
  }

  // ------------------------------------------------------------------ incoming

  /** Starts the requests that were read; false where no more may be started before there is {@link room}. */
  take(parser: Parser): boolean {
    let full = this.full
    this.reading = true
    while (!full) {
      const found = parser.next()
      if (found === undefined) break
      this.receive(found)
      full = this.full
    }
    this.reading = false
    this.outbox.flush()
    return !full
  }

  private receive(message: ParsedMessage | KatcpSyntaxError): void {
    if (!this.alive) return
    if (message instanceof KatcpSyntaxError) return this.complain(message.message)
    if (message.kind === "request") {
      const entry = this.hub.requests.get(message.name)
      if (entry === undefined) this.unhandled(message)
      else this.start(entry, message)
    } else if (message.kind === "reply")
      this.complain(`Unexpected reply !${message.name}: this device has sent no request`)
  }

  /** Whether no more requests may be started now. */
  private get full(): boolean {
    if (!this.alive) return false
    return (
      this.jobs.size >= this.hub.options.maxInFlight ||
      this.serial > 0 ||
      (this.outbox.backlog > repliesAhead && this.heldBack())
    )
  }

  /** Whether the client does not take its replies. Only a write can tell. */
  private heldBack(): boolean {
    this.outbox.flush()
    return this.outbox.blocked
  }

  /** Whether reading goes on after it was {@link full}. Later than that, so that it does not stop and go. */
  get ready(): boolean {
    return (
      !this.alive || (this.jobs.size <= this.hub.options.maxInFlight >> 1 && this.serial === 0 && !this.outbox.blocked)
    )
  }

  /** Waits until more requests may be started. */
  get room(): Effect.Effect<void> {
    return Effect.callback((resume) => {
      if (this.ready) return resume(Effect.void)
      this.waiter = resume
      return Effect.sync(() => {
        this.waiter = undefined
      })
    })
  }

  private wake(): void {
    if (this.waiter === undefined || !this.ready) return
    const resume = this.waiter
    this.waiter = undefined
    resume(Effect.void)
  }

  /** Waits until every request is answered. */
  get idle(): Effect.Effect<void> {
    return Effect.suspend(() =>
      this.alive && this.jobs.size > 0
        ? Effect.flatMap(Fiber.awaitAll([...this.jobs].flatMap((job) => job.fiber ?? [])), () => this.idle)
        : Effect.void
    )
  }

  private start(entry: Entry, message: ParsedMessage): void {
    const job = new Job(this, entry, message.id)
    let effect: Effect.Effect<unknown, unknown> | undefined
    try {
      effect = entry.handle(message, job)
    } catch (defect) {
      effect = Exit.die(defect)
    }
    if (effect === undefined) return
    if (this.hub.traced) effect = Effect.withSpan(effect, entry.name, { kind: "server", captureStackTrace: false })
    // what is settled already needs no fiber
    if (Exit.isExit(effect)) return job.settle(effect)
    const fiber = this.hub.run(effect)
    const exit = fiber.pollUnsafe()
    if (exit !== undefined) return job.settle(exit)
    job.fiber = fiber
    if (this.jobs === noJobs) this.jobs = new Set()
    this.jobs.add(job)
    if (entry.serial) this.serial++
    fiber.addObserver((exit) => {
      this.jobs.delete(job)
      if (entry.serial) this.serial--
      job.settle(exit)
      this.wake()
    })
  }

  private unhandled(message: ParsedMessage): void {
    const { unhandled } = this.hub
    if (unhandled !== undefined) return this.start(unhandled(message.name), message)
    this.write("reply", message.name, message.id, [
      "invalid",
      `Unknown request ${message.name}. ?help lists what there is.`
    ])
  }

  /** Tells this client alone, whatever the log level, of something wrong with what it sent (Rev 5.1 §2, Q-18). */
  complain(text: string): void {
    this.write("inform", "log", undefined, ["error", this.hub.time(), "katcp", printable(text, "ascii")])
  }

  /** Answers what is in flight with a failure and stops it. */
  cancel(text: string): void {
    for (const job of this.jobs) {
      job.refuse("fail", text)
      job.fiber?.interruptUnsafe()
    }
  }

  // ------------------------------------------------------------------ outgoing

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

  /** Whole lines of an asynchronous inform, shared by many clients. A client too slow to take them is given up. */
  send(lines: Uint8Array): boolean {
    if (!this.alive || !this.bears(lines.length)) return false
    this.outbox.encoder.lines(lines)
    this.written()
    return true
  }

  /** Whether so many more bytes may wait for the client; if not, it is given up. */
  private bears(more: number): boolean {
    const { maxBacklog } = this.hub.options
    if (this.outbox.backlog + more <= maxBacklog) return true
    this.hub.runOwn(Effect.logWarning(`disconnecting ${this.address}: more than ${maxBacklog} bytes wait for it`))
    this.lose()
    this.abandon()
    return false
  }

  /** What it has asked to be told of. */
  get sampling(): ClientSampling {
    this.sampled ??= new ClientSampling(this.hub.timers, (sensor, reading) => this.report(sensor, reading))
    return this.sampled
  }

  /** Sets strategies that fit their sensors; the present readings are reported at once. */
  sample(changes: ReadonlyArray<readonly [sensor: LiveSensor<unknown>, strategy: Strategy.Strategy]>): void {
    this.settingUp = true
    try {
      for (const [sensor, strategy] of changes) if (this.alive) this.sampling.set(sensor, strategy)
    } finally {
      this.settingUp = false
    }
  }

  /** Reports a reading: `#sensor-status`, formatted once for all clients of a dialect (Rev 5.1 §7.3). */
  private report(sensor: LiveSensor<unknown>, reading: Reading<unknown>): void {
    if (!this.alive) return
    const { dialect } = this
    if (reading === sensor.reading && !this.settingUp) this.send(sensor.statusLine(dialect))
    else if (this.settingUp || this.bears(0)) {
      sensor.writeReading(this.outbox.encoder, "sensor-status", undefined, dialect, reading)
      this.written()
    }
  }

  get inform(): ConnectedClient["inform"] {
    return (name: string, values: ReadonlyArray<ArgumentValue> = []) => this.send(this.hub.lines(name, values))
  }

  // -------------------------------------------------------------------- ending

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

  /**
   * What the client's fiber does last, before the connection is released: handlers are interrupted, and what was
   * written still goes out, if the client reads it within a second. Who does not is cut off, with all that waits for it.
   */
  get leave(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.alive = false
      this.hub.leave(this)
      this.sampled?.clear()
      for (const { fiber } of this.jobs) {
        fiber?.interruptUnsafe()
        // the connection does not wait for what cannot be interrupted, but the server does
        if (fiber !== undefined && fiber.pollUnsafe() === undefined) Fiber.runIn(fiber, this.hub.strays)
      }
      if (!this.lost) this.outbox.flush()
      if (!this.lost && !this.outbox.blocked) return Effect.void
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
