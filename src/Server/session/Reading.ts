import * as Effect from "effect/Effect"
import type * as Socket from "effect/socket/Socket"
import { Opening } from "../gate/foreignProtocol.ts"
import type { Opened } from "../listening/OpenSocket.ts"
import type { Taken } from "./Incoming.ts"
import type { Session } from "./Session.ts"

type Chunks = ReadonlyArray<Uint8Array | string>

/**
 * Bytes read ahead of requests that cannot be started yet, so the end of a connection is noticed. Given by Node: it
 * reads this much from a socket at once.
 */
const readAhead = 65536

const encoder = new TextEncoder()

/**
 * Reads from a client: starts a request for each message, and writes the replies to a chunk at once. Stops reading
 * while the client has too many requests in flight, or does not read its replies. Chunks whose messages can all be
 * started at once need no fiber.
 */
export class Reading {
  private readonly session: Session
  private readonly opened: Opened
  /** `undefined` once the first bytes are those of KATCP. */
  private opening: Opening | undefined = new Opening()
  private taken: Taken = "all"
  /** `true` if other clients had their turn, or the client had time to take its replies. */
  private waited = false
  /** The bytes read ahead. */
  private ahead = 0

  constructor(session: Session, opened: Opened) {
    this.session = session
    this.opened = opened
  }

  /** Reads until the connection ends, which is a failure. */
  get run(): Effect.Effect<void, Socket.SocketError> {
    // this object is the loop: three functions and their memory for each connection would be 200 bytes
    return Effect.whileLoop(this)
  }

  while(): boolean {
    return true
  }

  /** Returns what to wait for. */
  body(): Effect.Effect<void, Socket.SocketError> {
    const { incoming } = this.session
    this.waited = this.taken !== "all"
    if (this.taken === "all") return this.opened.read(this.take)
    if (this.taken === "some") return Effect.yieldNow
    if (incoming.ready) return Effect.void
    return this.ahead < readAhead ? Effect.raceFirst(incoming.room, this.opened.read(this.take)) : incoming.room
  }

  /** Continues after waiting. */
  step(): void {
    const { incoming } = this.session
    if (!this.waited) return
    if (this.taken === "some") incoming.newTurn()
    else if (!incoming.ready) return
    this.start()
  }

  /**
   * Takes chunks, and starts their requests. Returns `false` if some could not be started yet. Then takes chunks ahead,
   * and returns `false` if these are enough.
   */
  private readonly take = (chunks: Chunks): boolean => {
    if (this.opening !== undefined) this.look(this.opening, chunks)
    const size = this.feed(chunks)
    if (this.taken === "full") {
      this.ahead += size
      return this.ahead < readAhead
    }
    this.ahead = 0
    this.start()
    return this.taken === "all"
  }

  private start(): void {
    const { incoming, outgoing } = this.session
    this.taken = incoming.take()
    outgoing.flush()
  }

  /** Detects peers that do not speak KATCP by their first bytes. */
  private look(opening: Opening, chunks: Chunks): void {
    for (const chunk of chunks) {
      const reason = opening.look(typeof chunk === "string" ? encoder.encode(chunk) : chunk)
      if (reason !== undefined) this.session.incoming.expel(reason)
    }
    if (opening.decided) this.opening = undefined
  }

  private feed(chunks: Chunks): number {
    let size = 0
    for (const chunk of chunks) {
      const bytes = typeof chunk === "string" ? encoder.encode(chunk) : chunk
      this.session.incoming.parser.feed(bytes)
      size += bytes.length
    }
    this.session.read(size)
    return size
  }
}
