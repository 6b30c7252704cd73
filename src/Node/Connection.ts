import { Buffer } from "node:buffer"
import type * as Net from "node:net"
import type { Duplex } from "node:stream"
import { clearTimeout, setImmediate, setTimeout } from "node:timers"
import * as Effect from "effect/Effect"
import * as Socket from "effect/socket/Socket"
import type { Sink } from "../Codec/index.ts"
import type { Opened, OpenSocket } from "../Server/index.ts"
import { keepAlive } from "./keepAlive.ts"

type Chunks = readonly [Uint8Array, ...Array<Uint8Array>]
type Take = Parameters<Opened["read"]>[0]
type Writer = Socket.Writer & Required<Pick<Sink, "writeNow" | "untaken">>
type Resume<A> = (effect: Effect.Effect<A, Socket.SocketError>) => void

/** The key under which a socket of Node holds its connection: its shared listeners find it there. */
const owner: unique symbol = Symbol("katcp/Node/Connection")
/** A socket, or another stream with two directions. */
type Stream = Duplex & Partial<Pick<Net.Socket, "destroySoon">>
type Owned = Stream & { [owner]: Connection }
const encoder = new TextEncoder()
/**
 * A chunk of this size is as much as Node reads at once: the kernel has more. Node would continue with the same
 * connection up to 32 times. With 60 flooding clients, all others waited for 120 MB (measured: 1 s); with this limit
 * they wait for 8 MB.
 */
const fullChunk = 65536
/** Milliseconds that a closed connection has to send its remaining bytes. Not measured: that of a server. */
const closeGrace = 1000

/**
 * Returns the number of bytes of the pending write that the kernel has not taken, or `undefined` if Node does not
 * provide it. Node has no public name for this number, which distinguishes a slow peer from a dead one in its own
 * timeouts.
 */
export const untaken = (socket: Stream): number | undefined => {
  const { _handle } = socket as { readonly _handle?: { readonly writeQueueSize?: number } | null }
  return _handle?.writeQueueSize
}

const closed = (code: number) => new Socket.SocketError({ reason: new Socket.SocketCloseError({ code }) })
// every connection ends with one of these: creating an error costs more than closing a connection
const closedInOrder = closed(1000)
const closedAbruptly = closed(1006)
const notWritable = new Socket.SocketError({
  reason: new Socket.SocketWriteError({ cause: new Error("the connection is closed") })
})
const broken = (cause: unknown) => new Socket.SocketError({ reason: new Socket.SocketReadError({ cause }) })
const unwritable = (cause: unknown) => new Socket.SocketError({ reason: new Socket.SocketWriteError({ cause }) })

/** Bytes up to which the last chunk is remembered. Not measured: a page of the encoder. */
const rememberedChunk = 65536
let lastChunk: Uint8Array | undefined
let lastBuffer: Buffer | undefined

/** Returns the chunk as Node's Buffer. Node makes one for each write otherwise; clients that sample one sensor share it. */
const bufferOf = (chunk: Uint8Array | string): Buffer | string => {
  if (typeof chunk === "string" || Buffer.isBuffer(chunk)) return chunk
  if (chunk === lastChunk && lastBuffer !== undefined) return lastBuffer
  const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
  if (chunk.length <= rememberedChunk) {
    lastChunk = chunk
    lastBuffer = buffer
  }
  return buffer
}

/** An open connection as Effect's Socket. */
class ConnectionSocket implements OpenSocket {
  readonly [Socket.TypeId] = Socket.TypeId
  readonly reader: Socket.Socket["reader"]
  readonly writer: Socket.Socket["writer"]
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
    this.reader = Effect.suspend(() => connection.acquireReader)
    this.writer = Effect.suspend(() => connection.acquireWriter)
  }

  // not a property of its own: a copy of this Socket with another reader must not have it
  open(): Opened | Socket.SocketError {
    return this.#connection.open()
  }
}

/**
 * An open connection, as a `Socket` or as the base of one. It does the same as the one of platform-node with some 4.6
 * KB of heap less, which matters for a server of thousands of idle clients. On a closed connection its writes fail
 * instead of waiting for ever. TCP keep-alive is on. It also works with other duplex streams. Chunks are passed on as
 * they arrive; without a reader the socket is paused.
 */
export class Connection implements Opened, Writer {
  private readonly socket: Stream
  private chunks: Array<Uint8Array> = []
  private failure: Socket.SocketError | undefined = undefined
  /** Resumes the fiber that reads, with a chunk or when the function below returns `false`. */
  private waiter: Resume<unknown> | undefined = undefined
  /** The function that takes chunks without waking the fiber. */
  private passing: Take | undefined = undefined
  private drains: Array<Resume<void>> | undefined = undefined
  /** `true` if other connections must be read before the rest of this one. */
  private othersFirst = false
  private opened = false
  private released = false

  constructor(socket: Stream) {
    this.socket = socket
    ;(socket as Owned)[owner] = this
    keepAlive(socket)
    socket.pause()
    socket.on("data", onData)
    socket.on("end", onEnd)
    socket.on("error", onError)
    socket.on("close", onClose)
    socket.on("drain", onDrain)
  }

  /** Returns the connection as Effect's Socket. It has one reader in its life, whose end closes it. */
  toSocket(): OpenSocket {
    return new ConnectionSocket(this)
  }

  get acquireReader(): Socket.Socket["reader"] {
    return Effect.acquireRelease(
      Effect.suspend(() => {
        const failure = this.begin()
        return failure === undefined ? Effect.succeed(this.reader) : Effect.fail(failure)
      }),
      () => Effect.sync(() => this.release())
    )
  }

  get acquireWriter(): Socket.Socket["writer"] {
    const writer = {
      untaken: () => this.untaken(),
      write: (chunk) => this.write(chunk),
      writeAll: (chunks) => this.writeAll(chunks),
      writeNow: (chunks) => this.writeNow(chunks)
    } satisfies Writer
    return Effect.acquireRelease(Effect.succeed(writer), () => Effect.sync(() => this.finish()))
  }

  /** Acquires both directions. Returns the reason if it cannot. */
  open(): Opened | Socket.SocketError {
    return this.begin() ?? this
  }

  /** Becomes the reader's. Returns the reason if the connection is over, or has a reader. */
  private begin(): Socket.SocketError | undefined {
    if (this.opened || this.socket.destroyed) return this.error()
    this.opened = true
    return undefined
  }

  get reader(): Socket.Reader {
    const pull = Effect.callback<Chunks, Socket.SocketError>((resume) => this.take(resume))
    return { pull, upgrade: Socket.SocketUpgradeError.unsupported }
  }

  /** The connection itself: an object and functions for each would cost memory. */
  get writer(): Writer {
    return this
  }

  /** Ends the outgoing half; the other end may continue to send. */
  finish(): void {
    if (!this.socket.writableEnded) this.socket.end()
  }

  private take(resume: Resume<Chunks>): Effect.Effect<void> | void {
    if (this.chunks.length > 0) {
      const chunks = this.chunks as unknown as Chunks
      this.chunks = []
      return resume(Effect.succeed(chunks))
    }
    if (this.failure !== undefined) return resume(Effect.fail(this.failure))
    this.waiter = resume as Resume<unknown>
    return this.await(resume)
  }

  read(take: Take): Effect.Effect<void, Socket.SocketError> {
    return Effect.callback((resume) => this.pass(take, resume))
  }

  /** Passes all chunks to a function until it returns `false`. */
  private pass(take: Take, resume: Resume<void>): Effect.Effect<void> | void {
    if (this.chunks.length > 0) {
      const { chunks } = this
      this.chunks = []
      if (!take(chunks)) return resume(Effect.void)
    }
    if (this.failure !== undefined) return resume(Effect.fail(this.failure))
    this.waiter = resume as Resume<unknown>
    this.passing = take
    return this.await(resume)
  }

  /** Has the socket read. Returns the effect that ends it. */
  private await(resume: unknown): Effect.Effect<void> {
    if (this.othersFirst) this.later()
    else if (this.socket.isPaused()) this.socket.resume()
    return Effect.sync(() => {
      if (this.waiter === resume) this.waiter = this.passing = undefined
    })
  }

  untaken(): number | undefined {
    return untaken(this.socket)
  }

  write(chunk: Uint8Array | string | Socket.CloseEvent): Effect.Effect<void, Socket.SocketError> {
    return Effect.suspend(() => {
      const { socket } = this
      if (typeof chunk !== "string" && Socket.isCloseEvent(chunk)) {
        socket.destroy(chunk.code > 1000 ? new Error(`closed with code ${chunk.code}`) : undefined)
        return Effect.void
      }
      if (!socket.writable) return Effect.fail(notWritable)
      return socket.write(chunk) ? Effect.void : this.drained
    })
  }

  writeAll(chunks: ReadonlyArray<Uint8Array | string>): Effect.Effect<void, Socket.SocketError> {
    return Effect.suspend(() => this.writeNow(chunks) ?? Effect.void)
  }

  /** Writes without an effect if the write completes at once. An outbox uses this. */
  writeNow(chunks: ReadonlyArray<Uint8Array | string>): Effect.Effect<void, Socket.SocketError> | undefined {
    const { socket } = this
    if (!socket.writable) return Effect.fail(notWritable)
    if (chunks.length === 1) socket.write(bufferOf(chunks[0]!))
    else {
      socket.cork()
      for (const chunk of chunks) socket.write(bufferOf(chunk))
      socket.uncork()
    }
    // `write` returns what was true before the kernel took the bytes. Measured: waiting costs 6 µs
    return socket.writableLength < socket.writableHighWaterMark ? undefined : this.drained
  }

  private get drained(): Effect.Effect<void, Socket.SocketError> {
    return Effect.callback((resume) => {
      if (this.socket.destroyed) return resume(Effect.fail(notWritable))
      ;(this.drains ??= []).push(resume)
      return Effect.sync(() => {
        this.drains = this.drains?.filter((other) => other !== resume)
      })
    })
  }

  /** Continues reading in the next turn of the event loop. */
  private later(): void {
    setImmediate(() => {
      this.othersFirst = false
      if (this.waiter !== undefined && !this.released) this.socket.resume()
    })
  }

  data(chunk: Uint8Array): void {
    const { waiter } = this
    if (chunk.length >= fullChunk) {
      this.othersFirst = true
      this.socket.pause()
    }
    if (waiter === undefined) {
      this.chunks.push(chunk)
      this.socket.pause()
    } else if (this.passing === undefined) {
      this.waiter = undefined
      waiter(Effect.succeed([chunk]))
    } else this.passOn(chunk, this.passing, waiter)
  }

  private passOn(chunk: Uint8Array, take: Take, waiter: Resume<unknown>): void {
    let result: Effect.Effect<void>
    try {
      if (take([chunk])) {
        if (this.othersFirst) this.later()
        return
      }
      result = Effect.void
    } catch (defect) {
      result = Effect.die(defect)
    }
    // handling the chunk may have ended the reading
    if (this.waiter !== waiter) return
    this.waiter = this.passing = undefined
    waiter(result)
  }

  /** Ends the connection for readers: earlier chunks are still passed on, then every pull fails. */
  end(failure: Socket.SocketError): void {
    this.failure ??= failure
    const { waiter } = this
    if (waiter === undefined) return
    this.waiter = this.passing = undefined
    waiter(Effect.fail(failure))
  }

  settle(effect: Effect.Effect<void, Socket.SocketError>): void {
    const { drains } = this
    if (drains === undefined) return
    this.drains = undefined
    for (const resume of drains) resume(effect)
  }

  private error(): Socket.SocketError {
    return this.failure ?? closedInOrder
  }

  /** Closes the connection: written bytes are sent, and nothing more is read. */
  release(): void {
    if (this.released) return
    this.released = true
    this.chunks = []
    this.end(closedAbruptly)
    if (!this.socket.destroyed) {
      this.socket.resume()
      destroySoon(this.socket)
      // Unsent bytes wait in this process for a peer that does not read, but not for ever. This is not a matter of the
      // Clock: a test that does not move its clock must not leave a socket open. Nor of an idle timeout: a peer may
      // continue to send.
      if (this.socket.writableLength > 0) {
        // @effect-diagnostics-next-line globalTimers:off
        const timer = setTimeout(() => this.socket.destroy(), closeGrace)
        this.socket.once("close", () => clearTimeout(timer))
      }
    }
  }
}

/** Destroys a stream once the written bytes are sent. */
const destroySoon = (stream: Stream): void => {
  if (stream.destroySoon !== undefined) stream.destroySoon()
  else stream.end(() => stream.destroy())
}

function onData(this: Owned, chunk: Uint8Array | string): void {
  this[owner].data(typeof chunk === "string" ? encoder.encode(chunk) : chunk)
}
function onEnd(this: Owned): void {
  this[owner].end(closedInOrder)
}
function onError(this: Owned, cause: Error): void {
  this[owner].end(broken(cause))
  this[owner].settle(Effect.fail(unwritable(cause)))
}
function onClose(this: Owned, hadError: boolean): void {
  this[owner].end(hadError ? closedAbruptly : closedInOrder)
  this[owner].settle(Effect.fail(notWritable))
}
function onDrain(this: Owned): void {
  this[owner].settle(Effect.void)
}
