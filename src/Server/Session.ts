import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { Dialect, Outbox, ParsedMessage } from "../Codec/index.ts"
import type { ConnectedClient } from "../Interface/index.ts"
import {
  type ArgumentValue,
  formatArgument,
  isName,
  KatcpSyntaxError,
  type Kind,
  type Protocol,
  RequestInvalid
} from "../Message/index.ts"
import type { Hub } from "./Hub.ts"
import { Job } from "./Job.ts"
import type { Entry } from "./RequestTable.ts"

/** Replies that may gather behind a blocked write before no more requests are read. */
const repliesAhead = 65536

/**
 * One client of a server: the requests that it has in flight, and what goes out to it. It has no loop of its own (see
 * `serve`): it is told what was read, and says when no more may be read.
 */
export class Session implements ConnectedClient {
  readonly address: string
  readonly hub: Hub
  private readonly outbox: Outbox
  /** The client's fiber; interrupting it closes the connection. */
  readonly fiber: Fiber.Fiber<unknown, unknown>
  private readonly destroy: Effect.Effect<void, unknown>
  /** False once the connection is given up: nothing is written any more. */
  alive = true
  /** True while the client's fiber works through a chunk, behind which it flushes anyway. */
  reading = false
  /** The requests that are not answered yet and run in fibers. */
  readonly jobs = new Set<Job>()
  /** Serial requests that run now: they hold back the next ones. */
  private serial = 0
  private waiter: ((effect: Effect.Effect<void>) => void) | undefined = undefined

  constructor(options: {
    readonly address: string
    readonly hub: Hub
    readonly outbox: Outbox
    readonly fiber: Fiber.Fiber<unknown, unknown>
    /** Destroys the connection, with what is not sent yet. */
    readonly destroy: Effect.Effect<void, unknown>
  }) {
    this.address = options.address
    this.hub = options.hub
    this.outbox = options.outbox
    this.fiber = options.fiber
    this.destroy = options.destroy
  }

  get protocol(): Protocol {
    return this.hub.protocol
  }

  get dialect(): Dialect.Dialect {
    return this.hub.dialect
  }

  // ------------------------------------------------------------------ incoming

  /** Takes what the parser found. */
  receive(message: ParsedMessage | KatcpSyntaxError): void {
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
  get full(): boolean {
    return (
      this.jobs.size >= this.hub.options.maxInFlight ||
      this.serial > 0 ||
      (this.outbox.blocked && this.outbox.backlog > repliesAhead)
    )
  }

  /** Whether reading goes on after it was {@link full}. Later than that, so that it does not stop and go. */
  private get ready(): boolean {
    return this.jobs.size <= this.hub.options.maxInFlight >> 1 && this.serial === 0 && !this.outbox.blocked
  }

  /** Waits until more requests may be started. */
  get room(): Effect.Effect<void> {
    return Effect.callback((resume) => {
      if (!this.alive || this.ready) return resume(Effect.void)
      this.waiter = resume
      return Effect.sync(() => {
        this.waiter = undefined
      })
    })
  }

  /** Waits until every request is answered. */
  get idle(): Effect.Effect<void> {
    return Effect.suspend(() =>
      this.alive && this.jobs.size > 0
        ? Effect.flatMap(Fiber.awaitAll([...this.jobs].flatMap((job) => job.fiber ?? [])), () => this.idle)
        : Effect.void
    )
  }

  /** Lets reading go on, if it may. */
  wake(): void {
    if (this.waiter === undefined || !(this.ready || !this.alive)) return
    const resume = this.waiter
    this.waiter = undefined
    resume(Effect.void)
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
    // what is settled already needs no fiber
    if (Exit.isExit(effect)) return this.settle(job, effect)
    const fiber = this.hub.run(
      this.hub.traced ? Effect.withSpan(effect, entry.name, { kind: "server", captureStackTrace: false }) : effect
    )
    const exit = fiber.pollUnsafe()
    if (exit !== undefined) return this.settle(job, exit)
    job.fiber = fiber
    this.jobs.add(job)
    if (entry.serial) this.serial++
    fiber.addObserver((exit) => {
      this.jobs.delete(job)
      if (entry.serial) this.serial--
      this.settle(job, exit)
      this.wake()
    })
  }

  private settle(job: Job, exit: Exit.Exit<unknown, unknown>): void {
    if (exit._tag === "Success") {
      if (job.replied) return
      try {
        job.succeed(exit.value)
        return
      } catch (defect) {
        return this.defect(job, Cause.die(defect))
      }
    }
    const failure = exit.cause.reasons.find(Cause.isFailReason)
    if (failure === undefined) {
      if (Cause.hasInterruptsOnly(exit.cause)) return job.refuse("fail", "Request cancelled.")
      return this.defect(job, exit.cause)
    }
    const error = failure.error as { readonly message: string; readonly code?: string }
    if (job.replied) this.complain(`?${job.entry.name} failed after its reply: ${error.message}`)
    else if (error instanceof RequestInvalid) job.refuse("invalid", error.message)
    else job.refuse(error.code ?? "fail", error.message)
  }

  private defect(job: Job, cause: Cause.Cause<unknown>): void {
    const defect = Cause.squash(cause)
    const text = defect instanceof Error ? defect.message : String(defect)
    if (job.replied) this.complain(`?${job.entry.name} failed after its reply: ${text}`)
    else job.refuse("fail", text)
    this.hub.log(Effect.logError(`?${job.entry.name} of ${this.address} has a defect`, cause))
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
    if (this.alive) this.write("inform", "log", undefined, ["error", this.hub.time(), "katcp", text])
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
    if (!this.alive) return false
    if (this.outbox.backlog + lines.length > this.hub.options.maxBacklog) {
      this.hub.abandon(this, `more than ${this.hub.options.maxBacklog} bytes wait for it`)
      return false
    }
    this.outbox.encoder.lines(lines)
    this.written()
    return true
  }

  get inform(): ConnectedClient["inform"] {
    return (name: string, values: ReadonlyArray<ArgumentValue> = []) => {
      if (!isName(name)) throw new TypeError(`${JSON.stringify(name)} is no message name`)
      if (this.hub.requests.has(name))
        throw new TypeError(`#${name}: an asynchronous inform must not bear the name of a request (Rev 5.1 §2.3)`)
      if (!this.alive) return false
      this.write("inform", name, undefined, values.map(formatArgument))
      return true
    }
  }

  flush(): void {
    this.outbox.flush()
  }

  /** Closes the connection; what was written still goes out. */
  close(): void {
    this.alive = false
    this.fiber.interruptUnsafe()
  }

  /** Closes the connection at once, with what is not sent yet. */
  cut(): void {
    this.hub.run(this.destroy)
    this.close()
  }

  get disconnect(): ConnectedClient["disconnect"] {
    return (reason) => this.hub.disconnect(this, reason)
  }

  /** Answers what is in flight with a failure and stops it. */
  cancel(text: string): void {
    for (const job of this.jobs) {
      job.refuse("fail", text)
      job.fiber?.interruptUnsafe()
    }
  }
}
