import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Socket from "effect/socket/Socket"
import { type Flushable, ParsedMessage, Parser } from "../Codec/index.ts"
import { printable } from "../Interface/index.ts"
import { KatcpSyntaxError } from "../Message/index.ts"
import type { Visitor } from "./access/Access.ts"
import { Spent } from "./audit/LogBudget.ts"
import { ClientSampling } from "./ClientSampling.ts"
import { farewell } from "./Farewell.ts"
import type { Hub } from "./Hub.ts"
import { Job } from "./Job.ts"
import { unexpected } from "./OnMessage.ts"
import { Outgoing } from "./Outgoing.ts"
import type { Entry } from "./RequestTable.ts"
import { strangerBy, strangerByMessage } from "./Stranger.ts"

/** Bytes of unsent replies at which the session stops reading requests. It bounds what a client that does not read can hold. */
const repliesAhead = 65536
/**
 * Requests and informs after which other clients get their turn. Measured: 64 KiB of `?help` make 190,000 informs, which
 * took 60 ms in one go; 4096 take some 1.5 ms, and the turn itself 5 µs.
 */
const workPerTurn = 4096
/** The same when places have become free: some 0.2 ms by that measurement. Then the client's own fiber goes on. */
const workPerPlace = 512
/**
 * Nanoseconds of handlers after which other clients get their turn. It bounds a wait: behind n busy clients a request
 * waits n times 5 ms, and one handler more.
 */
const timePerTurn = 5_000_000n
/**
 * A message of so many bytes has a turn for being read, and one for being handled: 16 MB of escapes take 90 ms to read
 * and 140 ms to echo.
 */
const large = 1048576
/** Messages for which the clock is read once: reading it costs 80 ns (measured), so 5 ns for each. */
const timed = 16

/** What became of the requests that were read: all are started, or others come first, or there is no place for more. */
type Taken = "all" | "some" | "full"

// shared by all idle sessions: with thousands of clients, a set each would cost memory
const noJobs = new Set<Job>()

/**
 * One client of a server: the requests that it has in flight, besides what goes out to it. It has no loop of its own
 * (see `serve`): it is told what was read, and says when no more may be read.
 */
export class Session extends Outgoing {
  /** When something came from it last, by {@link Hub.now}; kept if there is an `idleTimeout`. */
  heard = 0
  /** Its number among all clients that have come, from 1. */
  arrival = 0
  /** The requests that are not answered yet and run in fibers. */
  private jobs = noJobs
  private own: ClientSampling | undefined = undefined
  private spent: Spent | undefined = undefined
  /** What was read and not started yet. */
  readonly parser: Parser
  /** A large message that is read, and handled in the next turn. */
  private parsed: ParsedMessage | undefined = undefined
  /** Requests that run now and hold back the next ones. */
  private holding = 0
  /** The memory that the arguments of running requests take, about. */
  private argumentBytes = 0
  /** Work that is left of this turn, and when the turn ends; 0 before it begins. */
  private workLeft = workPerTurn
  private turnEnd = 0n
  /** True from its first line on. */
  private spoken = false
  private waiter: ((effect: Effect.Effect<void>) => void) | undefined = undefined
  /** What uses free places when the turn ends, if that is due. */
  private refill: Flushable | undefined = undefined

  constructor(
    hub: Hub,
    address: string,
    visitor: Visitor,
    fiber: Fiber.Fiber<unknown, unknown>,
    writer: Socket.Writer
  ) {
    super(hub, address, visitor, fiber, writer)
    this.parser = new Parser(hub.options)
    if (hub.options.idleTimeout !== Number.POSITIVE_INFINITY) this.heard = hub.now()
  }

  /**
   * Starts the requests that were read, as far as one turn of the event loop and the places go. A turn lasts until
   * {@link newTurn}, over any number of calls: what waits for the client to take its replies may go on at once, again and
   * again, while others wait.
   */
  take(most = workPerTurn): Taken {
    const { clock, counts } = this.hub
    const work = Math.min(most, this.workLeft)
    const informsBefore = counts.informs
    let messages = 0
    let taken: Taken = "all"
    this.reading = true
    while (this.alive) {
      if (this.full) {
        taken = "full"
        break
      }
      if (messages + counts.informs - informsBefore >= work) {
        taken = "some"
        break
      }
      if (messages % timed === 1) {
        const now = clock.monotonicTimeNanosUnsafe()
        if (this.turnEnd === 0n) this.turnEnd = now + timePerTurn
        else if (now > this.turnEnd) {
          taken = "some"
          break
        }
      }
      let found: ParsedMessage | KatcpSyntaxError | undefined = this.parsed
      if (found !== undefined) this.parsed = undefined
      else {
        found = this.parser.next()
        if (found === undefined) break
        if (found instanceof ParsedMessage && found.size > large) {
          this.parsed = found
          taken = "some"
          break
        }
      }
      messages++
      this.receive(found)
    }
    this.reading = false
    // the next request comes by the event loop: others get their turn before it
    if (taken === "all") this.newTurn()
    else this.workLeft -= messages + counts.informs - informsBefore
    return taken
  }

  /** Others had their turn. */
  newTurn(): void {
    this.workLeft = workPerTurn
    this.turnEnd = 0n
  }

  private receive(message: ParsedMessage | KatcpSyntaxError): void {
    if (!this.alive) return
    if (message instanceof KatcpSyntaxError) {
      this.hub.counts.syntaxErrors++
      const stranger = message.head === undefined ? strangerBy(message, this.hub.options.maxLine) : undefined
      if (stranger !== undefined) return this.expel(stranger)
      this.spoken = true
      const { head, reason } = message
      if (head?.kind !== "request") return this.complain(message.message)
      return this.write("reply", head.name, head.id, ["fail", `${reason} are not taken.`])
    }
    if (message.kind === "request") {
      this.spoken = true
      const entry = this.hub.requests.get(message.name)
      if (entry === undefined) this.unhandled(message)
      else this.start(entry, message)
      return
    }
    const stranger = this.spoken ? undefined : strangerByMessage(message)
    if (stranger !== undefined) return this.expel(stranger)
    this.spoken = true
    if (this.hub.unasked !== undefined) this.start(this.hub.unasked(message), message)
    else if (message.kind === "reply") this.complain(unexpected(message.name))
  }

  /** Closes the connection of a peer that does not speak KATCP, before anything more of it is done. */
  expel(reason: string): void {
    if (!this.alive) return
    this.hub.counts.refusedClients++
    this.hub.report("Warn", reason, `disconnecting ${this.address}: ${reason}`)
    this.dismiss(reason)
  }

  /** Whether no more requests may be started now. */
  private get full(): boolean {
    return (
      this.jobs.size >= this.hub.options.maxInFlight ||
      this.holding > 0 ||
      this.argumentBytes > this.hub.options.maxLine ||
      (this.outbox.backlog > repliesAhead && this.heldBack())
    )
  }

  /** Whether the client does not take its replies. Only a write can tell. */
  private heldBack(): boolean {
    this.outbox.flush()
    return this.outbox.blocked
  }

  /** Whether reading goes on after it was {@link full}. */
  get ready(): boolean {
    const { maxInFlight, maxLine } = this.hub.options
    return (
      !this.alive ||
      (this.jobs.size < maxInFlight && this.holding === 0 && this.argumentBytes <= maxLine && !this.outbox.blocked)
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

  protected onDrain(): void {
    this.wake()
  }

  /**
   * Has places that became free used when the turn ends, behind the replies that freed them: a turn mostly frees several,
   * and to look for requests once for all of them costs less than once for each.
   */
  private wake(): void {
    if (this.waiter === undefined || this.refill !== undefined) return
    this.refill = { flush: () => this.useFree() }
    this.hub.turn.add(this.refill)
  }

  /**
   * Starts the requests that there are places for. The client's fiber, which costs more to wake than most requests, goes
   * on when there is none left that waits for a place.
   */
  private useFree(): void {
    this.refill = undefined
    if (this.waiter === undefined || !this.ready) return
    if (this.alive && this.take(workPerPlace) === "full") return this.outbox.schedule()
    const resume = this.waiter
    // what was started may have used it already
    if (resume === undefined) return
    this.waiter = undefined
    resume(Effect.void)
  }

  /** So many bytes came from it. */
  read(bytes: number): void {
    this.hub.totalBytes.add(bytes)
    if (this.hub.options.idleTimeout !== Number.POSITIVE_INFINITY) this.heard = this.hub.now()
  }

  /** How many bytes are held for it: input that is not answered yet, and output that it has not taken. */
  get held(): number {
    return this.parser.held + (this.parsed?.size ?? 0) + this.argumentBytes + this.backlog
  }

  /** How many requests run. */
  get inFlight(): number {
    return this.jobs.size
  }

  /** How many sensors it samples. */
  get sampled(): number {
    return this.own?.size ?? 0
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
    entry.count++
    const job = new Job(this, entry, message)
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
    job.suspended()
    if (this.jobs === noJobs) this.jobs = new Set()
    this.jobs.add(job)
    const holds = entry.holds === "always" || (entry.holds === "without id" && message.id === undefined)
    if (holds) this.holding++
    // the line, and what its arguments take when they are decoded
    const size = message.size + 32 * message.length
    this.argumentBytes += size
    fiber.addObserver((exit) => {
      this.jobs.delete(job)
      if (holds) this.holding--
      this.argumentBytes -= size
      job.settle(exit)
      this.wake()
    })
  }

  private unhandled(message: ParsedMessage): void {
    this.hub.counts.unknownRequests++
    this.start(this.hub.unhandled(message.name), message)
  }

  /** Tells this client alone, whatever the log level, of something wrong with what it sent (Rev 5.1 §2, Q-18). */
  complain(text: string): void {
    this.write("inform", "log", undefined, ["error", this.hub.time(), "katcp", printable(text, "ascii")])
  }

  /** Answers what is in flight with a failure and stops it. */
  cancel(text: string): void {
    for (const job of this.jobs) {
      job.cancel(text)
      job.fiber?.interruptUnsafe()
    }
  }

  /** The lines of the audit that were logged of it in this second. */
  get logged(): Spent {
    this.spent ??= new Spent()
    return this.spent
  }

  /** What it has asked to be told of. */
  get sampling(): ClientSampling {
    this.own ??= new ClientSampling(this)
    return this.own
  }

  get clearSampling(): Effect.Effect<void> {
    return Effect.sync(() => this.own?.clear())
  }

  /**
   * What the client's fiber does last, before the connection is released: handlers are interrupted, and what was
   * written still goes out, if the client reads it within a second. Who does not is cut off, with all that waits for it.
   */
  get leave(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.alive = false
      this.parser.release()
      this.parsed = undefined
      const joined = this.hub.leave(this)
      this.own?.clear()
      for (const { fiber } of this.jobs) {
        fiber?.interruptUnsafe()
        // the connection does not wait for what cannot be interrupted, but the server does
        if (fiber !== undefined && fiber.pollUnsafe() === undefined) Fiber.runIn(fiber, this.hub.strays)
      }
      const { onDisconnect } = this.hub.options
      return onDisconnect === undefined || !joined
        ? this.finish
        : Effect.andThen(farewell(this, onDisconnect), this.finish)
    })
  }
}
