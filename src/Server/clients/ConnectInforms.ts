import type * as Scheduler from "effect/Scheduler"
import { Encoder, joinBytes } from "../../Codec/index.ts"

/**
 * Informs of new clients that are sent together. Not measured: 64 informs are 2 KB and one write to each client; any
 * value from 16 on saves most of the writes.
 */
const limit = 64

/** A connected client. */
interface Client {
  /** Its number among all clients since the start, from 1. */
  readonly number: number
  readonly outgoing: { readonly send: (lines: Uint8Array, count: number) => boolean }
}

/**
 * Sends `#client-connected` to every client for each one that connects after it (Rev 5.1 §8.2). When many connect at
 * once, as after a restart, each turn of the event loop has one of them. Their informs are sent together, so a burst of
 * n clients does not cost n² writes.
 */
export class ConnectInforms {
  private readonly clients: ReadonlySet<Client>
  private readonly dispatcher: Scheduler.SchedulerDispatcher
  /** The number of clients since the start. */
  private count = 0
  /** The addresses of clients whose informs are not sent yet, in order. */
  private waiting: Array<string> = []
  private before = 0

  constructor(clients: ReadonlySet<Client>, dispatcher: Scheduler.SchedulerDispatcher) {
    this.clients = clients
    this.dispatcher = dispatcher
  }

  /** Adds the inform of a new client, which is not in the list yet. Returns the client's number. */
  add(address: string): number {
    this.count++
    if (this.clients.size === 0) {
      // there is nobody to inform, not even of those before
      this.waiting = []
      return this.count
    }
    const waiting = this.waiting.push(address)
    if (waiting === 1) {
      // this turn ends with this connection: only the next turn can bring another one
      this.before = 0
      this.dispatcher.scheduleTask(this.look, 0)
    }
    if (waiting >= limit) this.send()
    return this.count
  }

  /** Sends the waiting informs. Called before any other inform is sent to all clients. */
  send(): void {
    const { waiting } = this
    if (waiting.length === 0) return
    this.waiting = []
    const encoder = new Encoder()
    const ends: Array<number> = []
    for (const address of waiting) {
      encoder.begin("inform", "client-connected", undefined)
      encoder.text(address)
      encoder.end()
      ends.push(encoder.size)
    }
    const lines = joinBytes(encoder.take())
    const end = lines.length
    const first = this.count - waiting.length + 1
    for (const { number, outgoing } of this.clients) {
      // the clients of this burst know of the ones before them
      const from = number < first ? 0 : ends[number - first]!
      if (from < end)
        outgoing.send(from === 0 ? lines : lines.subarray(from), Math.min(waiting.length, this.count - number))
    }
  }

  private readonly look = (): void => {
    const { length } = this.waiting
    if (length === 0) return
    if (length === this.before) return this.send()
    this.before = length
    this.dispatcher.scheduleTask(this.look, 0)
  }
}
