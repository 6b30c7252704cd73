import type { Hub } from "./Hub.ts"
import type { Session } from "./Session.ts"

/** Clients are summed up when so many parts of the limit have come since the last time: it costs 10 µs for 1000 clients. */
const parts = 64

/**
 * Bounds what is held for all clients together, by `maxTotalBytes`: input that is not handled yet and output that waits.
 * When there is more, the client that holds most is dropped, until there is not.
 *
 * Bytes are only added up as they come, whatever becomes of them: what is really held is never more. Only when that sum
 * is over the limit, the clients are asked. So the limit is exact to one 64th of it, and costs an addition for each chunk.
 */
export class TotalBytes {
  private readonly hub: Hub
  /** What was held when clients were asked last, and what has come since. */
  private held = 0
  private more = 0

  constructor(hub: Hub) {
    this.hub = hub
  }

  /** So many bytes were read, or wait now. */
  add(bytes: number): void {
    this.more += bytes
    const { maxTotalBytes } = this.hub.options
    if (this.held + this.more > maxTotalBytes && this.more > maxTotalBytes / parts) this.look()
  }

  private look(): void {
    const { maxTotalBytes } = this.hub.options
    const alive = [...this.hub.clients].filter((client) => client.alive)
    this.held = alive.reduce((sum, client) => sum + client.held, 0)
    this.more = 0
    while (this.held > maxTotalBytes && alive.length > 0) {
      const most = alive.reduce((one: Session, other) => (other.held > one.held ? other : one))
      this.held -= most.held
      alive.splice(alive.indexOf(most), 1)
      most.dropLargest(`All clients together hold more than ${maxTotalBytes} bytes, and this one most: ${most.held}.`)
    }
  }
}
