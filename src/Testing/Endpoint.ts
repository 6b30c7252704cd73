/**
 * One end of a connection in memory: a state machine without Effects, which `SocketPair` and `MemoryNetwork` wrap as
 * Sockets. It follows the rules of a TCP connection through Effect's `NodeSocket`; the tests of this room run the same
 * table over both.
 */

import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { SchedulerDispatcher } from "effect/Scheduler"
import * as Socket from "effect/socket/Socket"
import { joinBytes } from "../Codec/index.ts"

/** The result of one pull. */
export type Batch = readonly [Uint8Array, ...Array<Uint8Array>]

interface Waiting<A> {
  readonly resume: (exit: Exit.Exit<A, Socket.SocketError>) => void
  readonly dispatcher: SchedulerDispatcher
}

/** The buffer limits and segmentation of a connection in memory. */
export interface Limits {
  readonly limit: number
  readonly segments: ReadonlyArray<number> | undefined
}

/** A signal from one end to the other. */
export type Delivery =
  | { readonly _tag: "Bytes"; readonly chunks: ReadonlyArray<Uint8Array> }
  /** FIN: nothing more is sent. */
  | { readonly _tag: "End" }
  /** It is gone: nothing more is sent, nor read. */
  | { readonly _tag: "Gone" }
  /** RST. */
  | { readonly _tag: "Reset" }

/** A filter in front of an end. It passes arriving data on by {@link Endpoint.accept}, when and as far as it likes. */
export interface Inbound {
  readonly pass: (delivery: Delivery) => void
  /** The number of bytes it holds. */
  readonly held: number
  /** Drops the held bytes beyond this size. */
  readonly truncate: (size: number) => void
  /** Called when the end has read everything that was passed on. */
  readonly read: () => void
}

/** Returns an error like those of the operating system. */
export const systemError = (call: string, code: string, about = ""): Error =>
  Object.assign(new Error(`${call} ${code}${about}`), { code })

const closeError = (code: number) => new Socket.SocketError({ reason: new Socket.SocketCloseError({ code }) })

const readError = (cause: Error) => new Socket.SocketError({ reason: new Socket.SocketReadError({ cause }) })

const writeError = (cause: Error) =>
  Exit.fail(new Socket.SocketError({ reason: new Socket.SocketWriteError({ cause }) }))

const openError = (cause: Error): Socket.SocketError =>
  new Socket.SocketError({ reason: new Socket.SocketOpenError({ kind: "Unknown", cause }) })

/** Returns the failure of dialling an address without a listener. */
export const refused = (address: string): Socket.SocketError =>
  openError(systemError("connect", "ECONNREFUSED", ` ${address}`))

/** Joins the bytes of chunks; returns a single chunk itself, because small pieces may be views of a large one. */
const whole = (chunks: ReadonlyArray<Uint8Array>): Uint8Array => (chunks.length === 1 ? chunks[0]! : joinBytes(chunks))

export class Endpoint {
  /** The filter in front of this end. None by default. */
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
  /** The failure of pulls once the inbox is empty; the first cause stays. */
  private ended: Socket.SocketError | undefined

  /** Writes of this end that wait until the other end has read. */
  private writers = new Set<Waiting<void>>()
  private finSent = false
  /** This end is gone, as a closed file descriptor is. */
  private destroyed = false
  /** The other end is gone, and this end knows it. */
  private peerGone = false
  /** One write after the other end's departure was swallowed: the next one fails. */
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

  /** `true` once this end is gone. */
  get isDestroyed(): boolean {
    return this.destroyed
  }

  /** `true` if nothing waits to be read. */
  get isRead(): boolean {
    return this.inbox.length === 0
  }

  /** `true` if a write of this end waits. */
  get isWriting(): boolean {
    return this.writers.size > 0
  }

  /** The reason why this end cannot be opened (any more), if any. */
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
    // As on a real connection, whose event for the end of this wait has already passed.
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
    // a fault may have cut the connection at this very write
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

  /** FIN: the other end reads the sent bytes and then sees the end; it may still send. */
  finish(): void {
    if (this.finSent || this.destroyed) return
    this.finSent = true
    this.peer.deliver({ _tag: "End" })
    this.closeIfDone()
  }

  /** The reader was released: everything sent is still delivered, and nothing is read any more. */
  release(): void {
    this.end(closeError(1006), true)
    if (this.destroyed) return
    this.die()
    this.sendClose()
  }

  /** A close event. Bytes beyond the buffers are lost; the other end sees an end. */
  destroy(code: number): void {
    if (this.destroyed) return
    this.die()
    if (code > 1000) this.end(readError(new Error(`closed with code ${code}`)), true)
    else this.end(closeError(1000), false)
    this.peer.truncate(this.limits.limit)
    this.settleWriters(writeError(new Error("socket closed")))
    this.sendClose()
  }

  /** RST: the other end loses its unread bytes. */
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

  /** Accepts an arriving delivery. */
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
    // They were sent before this end was gone: the other end notices at its next write.
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
    // After the end of its input an end no longer looks: only a write notices.
    if (!this.finReceived || this.writers.size > 0) this.fail(cause)
    else this.swallowed = true
  }

  /** Informs the other end that this one is gone. */
  private sendClose(): void {
    this.finSent = true
    this.peer.deliver({ _tag: "Gone" })
  }

  private die(): void {
    this.destroyed = true
    this.onDestroyed()
  }

  /** An error on the connection: unread bytes are lost, and both directions end. */
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

  /** Both directions have ended and everything was read: the connection closes. */
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
    // A released end flushes: writers of the other end then learn that it has closed.
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

  /** The number of bytes from the other end that this one has not read. */
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
   * Delivery is a separate task in the reader's scheduler, like a readable event: consecutive writes arrive in one
   * batch, and the reader never runs inside the writer. Bytes are removed only at the hand-over, so an interrupted pull
   * loses nothing.
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
