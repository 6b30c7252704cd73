import type * as Scheduler from "effect/Scheduler"
import { encode } from "../Codec/index.ts"
import { inform } from "../Message/index.ts"
import type { Session } from "./Session.ts"

/** At most so many new clients are told of at once. */
const most = 64

/**
 * Tells every client of each one that comes after it: `#client-connected` (Rev 5.1 §8.2). When many connect at once, as
 * after a restart, each turn of the event loop has one of them: they are told of together, so that a burst of n costs
 * not n² writes.
 */
export class Arrivals {
  private readonly clients: ReadonlySet<Session>
  private readonly dispatcher: Scheduler.SchedulerDispatcher
  /** How many clients have come. */
  private count = 0
  /** The informs of those whom nobody was told of yet, in their order. */
  private waiting: Array<Uint8Array> = []
  private before = 0

  constructor(clients: ReadonlySet<Session>, dispatcher: Scheduler.SchedulerDispatcher) {
    this.clients = clients
    this.dispatcher = dispatcher
  }

  /** A client has come. Gives its number. */
  add(address: string): number {
    this.count++
    const waiting = this.waiting.push(encode(inform("client-connected", [address])))
    if (waiting === 1) {
      // a turn ends right behind the arrival: only the one after it can bring another
      this.before = 0
      this.dispatcher.scheduleTask(this.look, 0)
    }
    if (waiting >= most) this.tell()
    return this.count
  }

  /** Tells of all who have come, before anything else is said to all. */
  tell(): void {
    const { waiting } = this
    if (waiting.length === 0) return
    this.waiting = []
    const lines = new Uint8Array(waiting.reduce((size, line) => size + line.length, 0))
    const ends: Array<number> = []
    let end = 0
    for (const line of waiting) {
      lines.set(line, end)
      ends.push((end += line.length))
    }
    const first = this.count - waiting.length + 1
    for (const client of this.clients) {
      // those who came in this burst know of the ones before them
      const from = client.arrival < first ? 0 : ends[client.arrival - first]!
      if (from < end)
        client.send(from === 0 ? lines : lines.subarray(from), Math.min(waiting.length, this.count - client.arrival))
    }
  }

  private readonly look = (): void => {
    const { length } = this.waiting
    if (length === 0) return
    if (length === this.before) return this.tell()
    this.before = length
    this.dispatcher.scheduleTask(this.look, 0)
  }
}
