import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { Runtime } from "../Runtime.ts"

/**
 * Checks of the clients within one timeout: a client is dropped at most a quarter of the timeout late. Not measured: a
 * check costs a comparison for each client, so any number from 2 to 100 behaves the same.
 */
const looks = 4

/** A client that may be idle. */
interface Client {
  /** The time of the last bytes received, in milliseconds of `Runtime.now`. */
  heard: number
  readonly inFlight: number
  readonly sampled: number
  readonly outgoing: { readonly dismiss: (reason: string) => void }
}

/**
 * Disconnects clients that have sent nothing for `idleTimeout`, have no request in flight and sample no sensor. Runs
 * while there are clients, and only if the option is set.
 */
export class IdleClients {
  private readonly runtime: Runtime
  private readonly clients: ReadonlySet<Client>
  private running = false

  constructor(runtime: Runtime, clients: ReadonlySet<Client>) {
    this.runtime = runtime
    this.clients = clients
  }

  /** Starts checking, when a client has connected. */
  watch(): void {
    const { runtime } = this
    if (this.running || runtime.options.idleTimeout === Number.POSITIVE_INFINITY) return
    this.running = true
    Fiber.runIn(runtime.runOwn(this.run), runtime.uninterruptible)
  }

  private readonly run: Effect.Effect<void> = Effect.suspend(() =>
    Effect.whileLoop({
      while: () => this.running,
      body: () => Effect.sleep(this.runtime.options.idleTimeout / looks),
      step: () => this.look()
    })
  )

  private look(): void {
    const { clients } = this
    const { options } = this.runtime
    const now = this.runtime.now()
    for (const client of clients) {
      if (client.inFlight > 0 || client.sampled > 0) client.heard = now
      else if (now - client.heard >= options.idleTimeout)
        client.outgoing.dismiss(`Nothing came from this client for ${options.idleTimeout / 1000} seconds.`)
    }
    this.running = clients.size > 0
  }
}
