/** The clients of a fake board, and their unsent bytes. */
import type * as Effect from "effect/Effect"
import type { Outbox } from "../../Codec/index.ts"
import { type ArgumentValue, make, reply } from "../../Message/index.ts"

/**
 * Unsent bytes of a client at which the fake board stops reading its requests. Not measured: a bound for memory in
 * tests.
 */
const maxBacklog = 1048576
/** Unsent bytes of a client at which informs are dropped. Not measured: room for informs above the bound of replies. */
const maxInforms = 8 * maxBacklog

const levels = ["off", "fatal", "error", "warn", "info", "debug", "trace", "all"] as const
export type Level = (typeof levels)[number]
export const isLevel = (text: string): text is Level => (levels as ReadonlyArray<string>).includes(text)

/** One client: its address, the level of its log, and its half of the connection. */
export class BoardClient {
  readonly address: string
  level: Level = "info"
  /** The number of informs dropped because the client does not read. */
  dropped = 0
  private readonly outbox: Outbox

  constructor(address: string, outbox: Outbox) {
    this.address = address
    this.outbox = outbox
  }

  /** Writes a reply, which is sent at the next `flush`. */
  reply(name: string, values: ReadonlyArray<ArgumentValue>): void {
    this.outbox.encoder.message(reply(name, values))
  }

  /** Writes an inform, which is sent at the end of the turn at the latest. */
  inform(name: string, ...values: ReadonlyArray<ArgumentValue>): void {
    if (this.outbox.backlog > maxInforms) {
      this.dropped++
      return
    }
    this.outbox.encoder.message(make("inform", name, values))
    this.outbox.schedule()
  }

  /** Passes all written bytes to the network. */
  flush(): void {
    this.outbox.flush()
  }

  /** Returns `true` if too much is unsent for this client, after passing it to the network. */
  isBehind(): boolean {
    if (this.outbox.backlog > maxBacklog) this.outbox.flush()
    return this.outbox.backlog > maxBacklog
  }

  /** Waits until the network has taken all written bytes. */
  get drained(): Effect.Effect<void> {
    return this.outbox.drained
  }

  sees(level: Level): boolean {
    return levels.indexOf(level) <= levels.indexOf(this.level)
  }
}

export class Clients {
  private readonly all = new Set<BoardClient>()
  /** The time of the clock in milliseconds, set before each request and each event. */
  time = 0

  get size(): number {
    return this.all.size
  }

  /** Adds a client and informs the others. */
  enter(client: BoardClient): void {
    this.log("info", "raw", `new client connection ${client.address}`)
    this.broadcast("client-connected", client.address)
    this.all.add(client)
  }

  leave(client: BoardClient): void {
    if (!this.all.delete(client)) return
    this.log("info", "raw", `received end of file from ${client.address}`)
    this.broadcast("client-disconnected", client.address)
  }

  broadcast(name: string, ...values: ReadonlyArray<ArgumentValue>): void {
    for (const client of this.all) client.inform(name, ...values)
  }

  /** Logs a line to all clients. */
  log(level: Level, module: string, text: string): void {
    const time = `${Math.round(this.time)}`
    for (const client of this.all) if (client.sees(level)) client.inform("log", level, time, module, text)
  }
}
