import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { Runtime } from "../Runtime.ts"

/**
 * Checks of the clients within one timeout: a client is dropped at most a quarter of the timeout late. Not measured: a
 * check costs a comparison for each client, so any number from 2 to 100 behaves the same.
 */
const looks = 4

/** The bytes that a client had taken, and the time when that was first seen, in milliseconds. */
interface Progress {
  readonly taken: number
  readonly since: number
}

/** A client that may stall. */
interface Client {
  readonly outgoing: Stalling
}
interface Stalling {
  readonly blocked: boolean
  readonly taken: number
  readonly stalled: () => void
}

/**
 * Disconnects clients that take none of their waiting bytes: a stopped process, a host that is gone. Checks all clients
 * periodically while a write to one of them waits, and otherwise costs nothing.
 */
export class Stalls {
  private readonly runtime: Runtime
  private readonly clients: ReadonlySet<Client>
  private seen = new Map<Stalling, Progress>()
  private looking = false

  constructor(runtime: Runtime, clients: ReadonlySet<Client>) {
    this.runtime = runtime
    this.clients = clients
  }

  /** Starts checking, when a write has to wait. */
  readonly watch = (): void => {
    const { runtime } = this
    if (this.looking || runtime.options.stallTimeout === Number.POSITIVE_INFINITY) return
    this.looking = true
    Fiber.runIn(runtime.runOwn(this.run), runtime.uninterruptible)
  }

  private readonly run: Effect.Effect<void> = Effect.suspend(() =>
    Effect.whileLoop({
      while: () => this.looking,
      body: () => Effect.sleep(this.runtime.options.stallTimeout / looks),
      step: () => this.look()
    })
  )

  private look(): void {
    const { clients, runtime, seen } = this
    const now = runtime.now()
    const waiting = new Map<Stalling, Progress>()
    for (const { outgoing } of clients) {
      if (!outgoing.blocked) continue
      const { taken } = outgoing
      const before = seen.get(outgoing)
      if (before === undefined || before.taken !== taken) waiting.set(outgoing, { taken, since: now })
      else if (now - before.since < runtime.options.stallTimeout) waiting.set(outgoing, before)
      else outgoing.stalled()
    }
    this.seen = waiting
    this.looking = waiting.size > 0
  }
}
