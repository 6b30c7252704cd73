/** The clients of a fake board, and what waits to be written to them. */
import type * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import { encode } from "../../Codec/index.ts"
import { type ArgumentValue, type Message, make, reply } from "../../Message/index.ts"

/** So many bytes may wait for a client that does not read: past it no more requests are read, and informs are dropped. */
const maxBacklog = 1048576

const levels = ["off", "fatal", "error", "warn", "info", "debug", "trace", "all"] as const
export type Level = (typeof levels)[number]
export const isLevel = (text: string): text is Level => (levels as ReadonlyArray<string>).includes(text)

export class BoardClient {
  readonly address: string
  level: Level = "info"
  /** Informs that were dropped, since the client does not read. */
  dropped = 0
  private pending: Array<Uint8Array> = []
  private size = 0
  private readonly something = Latch.makeUnsafe(false)
  private readonly idle = Latch.makeUnsafe(true)
  private readonly room = Latch.makeUnsafe(true)

  constructor(address: string) {
    this.address = address
  }

  reply(name: string, values: ReadonlyArray<ArgumentValue>): void {
    this.push(reply(name, values))
  }

  inform(name: string, ...values: ReadonlyArray<ArgumentValue>): void {
    if (this.size > maxBacklog * 8) this.dropped++
    else this.push(make("inform", name, values))
  }

  private push(message: Message): void {
    const bytes = encode(message)
    this.pending.push(bytes)
    this.size += bytes.length
    if (this.size > maxBacklog) this.room.closeUnsafe()
    this.idle.closeUnsafe()
    this.something.openUnsafe()
  }

  /** What is to be written, waited for; whatever was taken before is written by then. */
  readonly next: Effect.Effect<Arr.NonEmptyReadonlyArray<Uint8Array>> = Effect.suspend(() => {
    if (this.pending.length === 0) this.idle.openUnsafe()
    return Effect.map(this.something.await, () => {
      const taken = this.pending as unknown as Arr.NonEmptyReadonlyArray<Uint8Array>
      this.pending = []
      this.size = 0
      this.something.closeUnsafe()
      this.room.openUnsafe()
      return taken
    })
  })

  /** Waits until all is written. */
  get written(): Effect.Effect<void> {
    return this.idle.await
  }

  /** `true` while there is room for what it is to read. */
  get reads(): boolean {
    return this.room.isOpen()
  }

  /** Waits while the client does not read. */
  readonly ready: Effect.Effect<void> = Effect.suspend(() => this.room.await)

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

  /** Lets a client in: the others are told. */
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

  /** A log line, which goes to all clients. */
  log(level: Level, module: string, text: string): void {
    const time = `${Math.round(this.time)}`
    for (const client of this.all) if (client.sees(level)) client.inform("log", level, time, module, text)
  }
}
