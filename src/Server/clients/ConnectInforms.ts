import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Encoder, joinBytes } from "../../Codec/index.ts"
import type { Runtime } from "../Runtime.ts"

/**
 * Informs that are sent although clients still connect in each turn. Not measured: 64 informs are 2 KB and one write to
 * each client; any value from 16 on saves most of the writes.
 */
const limit = 64
/**
 * The pause after informs were sent, as a multiple of the time that it took. Measured with 1000 clients that connect in
 * groups of 32: without a pause they cost 20,000 writes and 800 ms of CPU time, with it 5,000 and 470 ms.
 */
const pause = 9
/** Milliseconds of the longest pause, also if the process was stopped. Not measured: people do not notice it. */
const longestPause = 1000

/** A connected client. */
interface Client {
  /** Its number among all clients since the start, from 1. */
  readonly number: number
  readonly outgoing: { readonly send: (lines: Uint8Array, count: number) => boolean }
}

/**
 * Sends `#client-connected` to every client for each one that connects after it (Rev 5.1 §8.2). When many connect at
 * once, as after a restart, each turn of the event loop has one of them. Their informs are sent together, and sending
 * takes at most a tenth of the time. So a burst of n clients does not cost n² writes.
 */
export class ConnectInforms {
  private readonly clients: ReadonlySet<Client>
  private readonly runtime: Runtime
  /** The number of clients since the start. */
  private count = 0
  /** The addresses of clients whose informs are not sent yet, in order. */
  private waiting: Array<string> = []
  private before = 0
  private looking = false
  /** The end of the pause, in milliseconds of `Runtime.now`. */
  private pausedUntil = 0

  constructor(clients: ReadonlySet<Client>, runtime: Runtime) {
    this.clients = clients
    this.runtime = runtime
  }

  /** Adds the inform of a new client, which is not in the list yet. Returns the client's number. */
  add(address: string): number {
    this.count++
    if (this.clients.size === 0) {
      // there is nobody to inform, not even of those before
      this.waiting = []
      return this.count
    }
    this.waiting.push(address)
    if (!this.looking) {
      // this turn ends with this connection: only the next turn can bring another one
      this.looking = true
      this.before = 0
      this.runtime.dispatcher.scheduleTask(this.look, 0)
    }
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
    const { before, runtime } = this
    const { length } = this.waiting
    const left = this.pausedUntil - runtime.now()
    this.before = length
    if (length === 0) this.looking = false
    else if (left > 0) {
      const later = Effect.andThen(Effect.sleep(left), Effect.sync(this.look))
      Fiber.runIn(runtime.runOwn(later), runtime.uninterruptible)
    } else if (length === before || length >= limit) this.sendAndPause()
    else runtime.dispatcher.scheduleTask(this.look, 0)
  }

  private sendAndPause(): void {
    const { runtime } = this
    const began = runtime.now()
    this.send()
    // after the writes, which take most of the time
    runtime.dispatcher.scheduleTask(() => {
      const ended = runtime.now()
      this.pausedUntil = ended + Math.min(longestPause, pause * (ended - began))
      this.look()
    }, 0)
  }
}
