import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { ParsedMessage } from "../../Codec/index.ts"
import type { Entry } from "../requests/Entry.ts"
import type { Caller } from "../requests/RequestInFlight.ts"
import { Job } from "./Job.ts"

// shared by all idle sessions: with thousands of clients, a set each would cost memory
const noJobs = new Set<Job>()

/** A session. */
interface Owner extends Caller {
  /** Called when a request is done, which may make room for the next one. */
  readonly wake: () => void
}

/** The requests of one client in flight. Decides if more may be started. */
export class InFlight {
  private readonly client: Owner
  /** The unanswered requests that run in fibers. */
  private jobs = noJobs
  /** The number of running requests that delay the next ones. */
  private holding = 0
  /** The approximate memory of the arguments of running requests. */
  argumentBytes = 0

  constructor(client: Owner) {
    this.client = client
  }

  /** The number of requests that run. */
  get size(): number {
    return this.jobs.size
  }

  /** `true` if no more requests may be started now. */
  get full(): boolean {
    const { maxInFlight, maxLine } = this.client.runtime.options
    return this.jobs.size >= maxInFlight || this.holding > 0 || this.argumentBytes > maxLine
  }

  /** Starts a request: answers it now, or follows its fiber. */
  start(entry: Entry, message: ParsedMessage): void {
    const { client } = this
    entry.count++
    const job = new Job(client, entry, message)
    let effect: Effect.Effect<unknown, unknown> | undefined
    try {
      effect = entry.handle(message, job)
    } catch (defect) {
      effect = Exit.die(defect)
    }
    if (effect === undefined) return
    if (client.runtime.traced)
      effect = Effect.withSpan(effect, entry.name, { kind: "server", captureStackTrace: false })
    // a completed effect needs no fiber
    if (Exit.isExit(effect)) return job.settle(effect)
    const fiber = client.runtime.run(effect)
    const exit = fiber.pollUnsafe()
    if (exit !== undefined) return job.settle(exit)
    this.follow(job, fiber, message)
  }

  private follow(job: Job, fiber: Fiber.Fiber<unknown, unknown>, message: ParsedMessage): void {
    job.fiber = fiber
    job.suspended()
    if (this.jobs === noJobs) this.jobs = new Set()
    this.jobs.add(job)
    const { holds } = job.entry
    const held = holds === "always" || (holds === "without id" && message.id === undefined)
    if (held) this.holding++
    // the line, and the memory of its decoded arguments
    const size = message.size + 32 * message.length
    this.argumentBytes += size
    fiber.addObserver((exit) => {
      this.jobs.delete(job)
      if (held) this.holding--
      this.argumentBytes -= size
      job.settle(exit)
      this.client.wake()
    })
  }

  /** Waits until every request is answered. */
  get idle(): Effect.Effect<void> {
    return Effect.suspend(() =>
      this.client.outgoing.alive && this.jobs.size > 0
        ? Effect.flatMap(Fiber.awaitAll([...this.jobs].flatMap((job) => job.fiber ?? [])), () => this.idle)
        : Effect.void
    )
  }

  /** Answers the requests in flight with a failure and stops them. */
  cancel(text: string): void {
    for (const job of this.jobs) {
      job.cancel(text)
      job.fiber?.interruptUnsafe()
    }
  }

  /** Interrupts all handlers. The server waits for those that cannot be interrupted; the connection does not. */
  interrupt(): void {
    for (const { fiber } of this.jobs) {
      fiber?.interruptUnsafe()
      if (fiber !== undefined && fiber.pollUnsafe() === undefined)
        Fiber.runIn(fiber, this.client.runtime.uninterruptible)
    }
  }
}
