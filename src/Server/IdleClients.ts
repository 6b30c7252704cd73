import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { Hub } from "./Hub.ts"

/** How often in a time-out clients are looked at: a client is dropped at most a quarter of it later. */
const looks = 4

/**
 * Drops clients that have sent nothing for `idleTimeout`, have no request in flight and sample no sensor. It runs while
 * there are clients, and only if the option is set.
 */
export class IdleClients {
  private readonly hub: Hub
  private running = false

  constructor(hub: Hub) {
    this.hub = hub
  }

  /** A client has come. */
  watch(): void {
    const { hub } = this
    if (this.running || hub.options.idleTimeout === Number.POSITIVE_INFINITY) return
    this.running = true
    Fiber.runIn(hub.runOwn(this.run), hub.strays)
  }

  private readonly run: Effect.Effect<void> = Effect.suspend(() =>
    Effect.whileLoop({
      while: () => this.running,
      body: () => Effect.sleep(this.hub.options.idleTimeout / looks),
      step: () => this.look()
    })
  )

  private look(): void {
    const { clients, options } = this.hub
    const now = this.hub.now()
    for (const client of clients) {
      if (client.inFlight > 0 || client.sampled > 0) client.heard = now
      else if (now - client.heard >= options.idleTimeout)
        client.dismiss(`Nothing came from this client for ${options.idleTimeout / 1000} seconds.`)
    }
    this.running = clients.size > 0
  }
}
