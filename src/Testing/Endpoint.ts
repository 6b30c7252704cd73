/**
 * One end of a connection in memory: a state machine without Effects of its own, which `SocketPair` and
 * `MemoryNetwork` wrap as Sockets. Its rules are those that a TCP connection shows through Effect's `NodeSocket`;
 * the tests of this room run the same table over both.
 */

import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { SchedulerDispatcher } from "effect/Scheduler"
import * as Socket from "effect/socket/Socket"
import { joinBytes } from "../Codec/index.ts"

/** What one pull gives. */
export type Batch = readonly [Uint8Array, ...Array<Uint8Array>]

interface Waiting<A> {
  readonly resume: (exit: Exit.Exit<A, Socket.SocketError>) => void
  readonly dispatcher: SchedulerDispatcher
}

/** How a connection in memory holds and cuts what passes through it. */
export interface Limits {
  readonly limit: number
  readonly segments: ReadonlyArray<number> | undefined
}

/** What one end tells the other. */
export type Delivery =
  | { readonly _tag: "Bytes"; readonly chunks: ReadonlyArray<Uint8Array> }
  /** FIN: nothing more is sent. */
  | { readonly _tag: "End" }
  /** It is gone: nothing more is sent, nor read. */
  | { readonly _tag: "Gone" }
  /** RST. */
  | { readonly _tag: "Reset" }

/** What stands before an end: it lets pass what arrives, when and as far as it likes, by {@link Endpoint.accept}. */
export interface Inbound {
  readonly pass: (delivery: Delivery) => void
  /** How many bytes it holds. */
  readonly held: number
  /** Forgets what it holds beyond so many bytes. */
  readonly truncate: (size: number) => void
  /** The end has read all that was let pass. */
  readonly read: () => void
}

/** An error as the operating system reports it. */
export const systemError = (call: string, code: string, about = ""): Error =>
  Object.assign(new Error(`${call} ${code}${about}`), { code })

const closeError = (code: number) => new Socket.SocketError({ reason: new Socket.SocketCloseError({ code }) })

const readError = (cause: Error) => new Socket.SocketError({ reason: new Socket.SocketReadError({ cause }) })

const writeError = (cause: Error) =>
  Exit.fail(new Socket.SocketError({ reason: new Socket.SocketWriteError({ cause }) }))

const openError = (cause: Error): Socket.SocketError =>
  new Socket.SocketError({ reason: new Socket.SocketOpenError({ kind: "Unknown", cause }) })

/** The failure of dialling an address where nobody listens. */
export const refused = (address: string): Socket.SocketError =>
  openError(systemError("connect", "ECONNREFUSED", ` ${address}`))

/** The bytes of chunks; of one chunk the chunk itself, since small pieces may be taken of a large one. */
const whole = (chunks: ReadonlyArray<Uint8Array>): Uint8Array => (chunks.length === 1 ? chunks[0]! : joinBytes(chunks))

export class Endpoint {
  /** What stands before this end; nothing by default. */
  inbound: Inbound | undefined = undefined
  /** Called once, when this end is gone. */
  onDestroyed: () => void = () => {}
  /** The other end; set once by `connect`. */
  private peer!: Endpoint
  private readonly limits: Limits
  private nextSegment = 0

  private inbox: Array<Uint8Array> = []
  private inboxSize = 0
  private reader: Waiting<Batch> | undefined
  private delivering = false
  /** The other end has sent its last byte. */
  private finReceived = false
  /** What pulls fail with once the inbox is empty; the first cause stays. */
  private ended: Socket.SocketError | undefined

  /** Writes of this end that wait until the other end has read. */
  private writers = new Set<Waiting<void>>()
  private finSent = false
  /** This end is gone, as a closed file descriptor is. */
  private destroyed = false
  /** This end knows that the other one is gone. */
  private peerGone = false
  /** One write after the other end was gone has been swallowed: the next one learns of it. */
  private swallowed = false
  private broken: Error | undefined

  private constructor(limits: Limits) {
    this.limits = limits
  }

  static connect(limits: Limits): readonly [Endpoint, Endpoint] {
    const left = new Endpoint(limits)
    const right = new Endpoint(limits)
    left.peer = right
    right.peer = left
    return [left, right]
  }

  /** Whether this end is gone. */
  get isDestroyed(): boolean {
    return this.destroyed
  }

  /** Whether nothing waits to be read. */
  get isRead(): boolean {
    return this.inbox.length === 0
  }

  /** Whether a write of this end waits. */
  get isWriting(): boolean {
    return this.writers.size > 0
  }

  /** Why this end cannot be opened (any more), if so. */
  get openFailure(): Socket.SocketError | undefined {
    if (!this.destroyed) return undefined
    return this.broken === undefined ? closeError(1000) : openError(this.broken)
  }

  readonly pull: Effect.Effect<Batch, Socket.SocketError> = Effect.withFiber((fiber) => {
    const available = this.available()
    if (available !== undefined) return available
    return Effect.callback<Batch, Socket.SocketError>((resume) => {
      const waiting = { resume, dispatcher: fiber.currentDispatcher }
      this.reader = waiting
      return Effect.sync(() => {
        if (this.reader === waiting) this.reader = undefined
      })
    })
  })

  /** Sends chunks; waits if the other end has more to read than the limit. */
  send(chunks: ReadonlyArray<Uint8Array>): Effect.Effect<void, Socket.SocketError> {
    // As on a real connection, where the event that would end this wait has passed already.
    if (this.destroyed) return Effect.never
    if (this.finSent) {
      const cause = systemError("write after end", "ERR_STREAM_WRITE_AFTER_END")
      this.fail(cause)
      return writeError(cause)
    }
    if (this.peerGone) {
      if (!this.swallowed) {
        this.swallowed = true
        return Exit.void
      }
      const cause = systemError("write", "EPIPE")
      this.fail(cause)
      return writeError(cause)
    }
    const { peer } = this
    peer.deliver({ _tag: "Bytes", chunks })
    // what stands between the ends may have cut the connection at this very write
    return this.peerGone || peer.unread <= this.limits.limit ? Exit.void : this.drained
  }

  private readonly drained: Effect.Effect<void, Socket.SocketError> = Effect.withFiber((fiber) =>
    Effect.callback<void, Socket.SocketError>((resume) => {
      const waiting = { resume, dispatcher: fiber.currentDispatcher }
      this.writers.add(waiting)
      return Effect.sync(() => {
        this.writers.delete(waiting)
      })
    })
  )

  /** FIN: the other end reads what was sent and then sees the end; it may still send. */
  finish(): void {
    if (this.finSent || this.destroyed) return
    this.finSent = true
    this.peer.deliver({ _tag: "End" })
    this.closeIfDone()
  }

  /** The reader was released: everything sent is still delivered, nothing is read any more. */
  release(): void {
    this.end(closeError(1006), true)
    if (this.destroyed) return
    this.die()
    this.sendClose()
  }

  /** A close event. What does not fit into the buffers any more is lost; the other end sees an end. */
  destroy(code: number): void {
    if (this.destroyed) return
    this.die()
    if (code > 1000) this.end(readError(new Error(`closed with code ${code}`)), true)
    else this.end(closeError(1000), false)
    this.peer.truncate(this.limits.limit)
    this.settleWriters(writeError(new Error("socket closed")))
    this.sendClose()
  }

  /** RST: the other end loses what it has not read. */
  reset(): void {
    if (this.destroyed) return
    this.die()
    this.end(closeError(1000), false)
    this.settleWriters(writeError(new Error("socket closed")))
    this.peer.deliver({ _tag: "Reset" })
  }

  private deliver(delivery: Delivery): void {
    if (this.inbound === undefined) this.accept(delivery)
    else this.inbound.pass(delivery)
  }

  /** Takes what has arrived. */
  accept(delivery: Delivery): void {
    switch (delivery._tag) {
      case "Bytes":
        return this.receive(delivery.chunks)
      case "End":
        return this.receiveFin()
      case "Gone":
        return this.receiveClose()
      case "Reset":
        return this.receiveReset()
    }
  }

  private receive(chunks: ReadonlyArray<Uint8Array>): void {
    // They were under way while this end went: the other one learns of it by its next write.
    if (this.destroyed) {
      this.peer.swallowed = true
      return
    }
    for (const chunk of chunks) {
      if (chunk.length === 0) continue
      this.inbox.push(chunk)
      this.inboxSize += chunk.length
    }
    this.notify()
  }

  private receiveFin(): void {
    this.finReceived = true
    if (this.inbox.length === 0) this.end(closeError(1000), false)
    this.closeIfDone()
  }

  private receiveClose(): void {
    this.peerGone = true
    if (!this.finReceived) this.receiveFin()
    if (!this.destroyed && this.writers.size > 0) this.fail(systemError("write", "EPIPE"))
  }

  private receiveReset(): void {
    this.peerGone = true
    const cause = systemError("read", "ECONNRESET")
    // Past the end of its input an end does not look any more: only a write finds out.
    if (!this.finReceived || this.writers.size > 0) this.fail(cause)
    else this.swallowed = true
  }

  /** Tells the other end that this one is gone. */
  private sendClose(): void {
    this.finSent = true
    this.peer.deliver({ _tag: "Gone" })
  }

  private die(): void {
    this.destroyed = true
    this.onDestroyed()
  }

  /** An error on the connection: what was not read is lost, on both sides nothing goes on. */
  private fail(cause: Error): void {
    if (this.destroyed) return
    this.die()
    this.broken = cause
    this.end(readError(cause), true)
    this.settleWriters(writeError(cause))
    this.sendClose()
  }

  private end(error: Socket.SocketError, discard: boolean): void {
    this.ended ??= error
    if (discard && this.inbox.length > 0) {
      this.inbox = []
      this.inboxSize = 0
    }
    this.notify()
  }

  /** Both directions have ended and everything was read: the connection closes by itself. */
  private closeIfDone(): void {
    if (!this.destroyed && this.finSent && this.finReceived && this.inbox.length === 0) this.die()
  }

  private available(): Exit.Exit<Batch, Socket.SocketError> | undefined {
    if (this.inbox.length > 0) return Exit.succeed(this.take())
    return this.ended === undefined ? undefined : Exit.fail(this.ended)
  }

  private take(): Batch {
    const batch = this.limits.segments === undefined ? this.inbox : this.cut(this.limits.segments)
    this.inbox = []
    this.inboxSize = 0
    if (this.finReceived) {
      this.ended ??= closeError(1000)
      this.closeIfDone()
    }
    const { peer } = this
    // A released end flushes: those who wait to write to it learn that it has closed meanwhile.
    if (peer.destroyed) peer.settleWriters(writeError(new Error("socket closed")))
    else if (this.unread <= this.limits.limit) peer.settleWriters(Exit.void)
    this.inbound?.read()
    return batch as ReadonlyArray<Uint8Array> as Batch
  }

  private cut(segments: ReadonlyArray<number>): Array<Uint8Array> {
    const all = whole(this.inbox)
    const pieces: Array<Uint8Array> = []
    for (let at = 0; at < all.length; ) {
      const to = at + Math.max(1, segments[this.nextSegment++ % segments.length] ?? all.length)
      pieces.push(all.subarray(at, to))
      at = to
    }
    return pieces
  }

  /** How many bytes the other end has sent that this one has not read. */
  private get unread(): number {
    return this.inboxSize + (this.inbound?.held ?? 0)
  }

  private truncate(size: number): void {
    this.inbound?.truncate(Math.max(0, size - this.inboxSize))
    if (this.inboxSize <= size) return
    this.inbox = [whole(this.inbox).slice(0, size)]
    this.inboxSize = size
  }

  /**
   * Delivery is a task of its own in the reader's scheduler, as a readable event is: writes made in one go arrive in
   * one batch, and the reader never runs inside the writer. What is pulled is taken only at the hand-over, so that an
   * interrupted pull loses nothing.
   */
  private notify(): void {
    if (this.reader === undefined || this.delivering) return
    this.delivering = true
    this.reader.dispatcher.scheduleTask(() => {
      this.delivering = false
      const reader = this.reader
      if (reader === undefined) return
      const result = this.available()
      if (result === undefined) return
      this.reader = undefined
      reader.resume(result)
    }, 0)
  }

  private settleWriters(exit: Exit.Exit<void, Socket.SocketError>): void {
    if (this.writers.size === 0) return
    const writers = this.writers
    this.writers = new Set()
    for (const { resume, dispatcher } of writers) dispatcher.scheduleTask(() => resume(exit), 0)
  }
}
