/**
 * A peer on the level of bytes and lines: the test's own side of a connection to a server or a client.
 *
 * @since 0.1.0
 */

import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { fromLatin1, joinBytes, toLatin1 } from "../Codec/index.ts"
import { Signal } from "./Signal.ts"

/**
 * The peer sent another line than expected, or ended the connection instead.
 *
 * @category errors
 * @since 0.1.0
 */
export class UnexpectedLine extends Schema.TaggedError<UnexpectedLine>("katcp/Testing/UnexpectedLine")(
  "UnexpectedLine",
  {
    /** The expected lines. */
    expected: Schema.Array(Schema.String),
    /** The received lines, up to the first that differs. */
    actual: Schema.Array(Schema.String)
  }
) {
  override get message(): string {
    return `expected ${JSON.stringify(this.expected)}, got ${JSON.stringify(this.actual)}`
  }
}

/**
 * A connection controlled by the test. Text is Latin-1, one character per byte; lines are without their `\n`.
 *
 * @category models
 * @since 0.1.0
 */
export interface RawConnection {
  /**
   * Sends text (Latin-1) or bytes unchanged, without an added line end. Waits while the other end does not read. Fails
   * if the connection breaks, and always afterwards.
   */
  readonly send: (data: string | Uint8Array) => Effect.Effect<void, Socket.SocketError>
  /** Waits for the next line and takes it. Fails if the connection ends before the line is complete. */
  readonly next: Effect.Effect<string, Socket.SocketError>
  /** Takes this many lines and fails at the first that differs. */
  readonly expect: (...lines: ReadonlyArray<string>) => Effect.Effect<void, UnexpectedLine>
  /**
   * Lets every other fiber run until nothing has arrived for a while (50 turns of the scheduler, no time of the clock),
   * and takes the lines received: `[]` proves that nothing was sent.
   */
  readonly settle: Effect.Effect<ReadonlyArray<string>>
  /** All complete lines so far, taken or not. */
  readonly lines: Effect.Effect<ReadonlyArray<string>>
  /** All bytes so far. */
  readonly received: Effect.Effect<Uint8Array>
  /** Ends the outgoing direction (FIN); the other end may continue to send. */
  readonly closeWrite: Effect.Effect<void>
  /** Closes the connection in order: sent bytes still arrive. */
  readonly close: Effect.Effect<void>
  /** Resets the connection (RST) if it is one in memory; any other is closed with an error. */
  readonly reset: Effect.Effect<void>
  /** Stops reading, like a client that hangs. */
  readonly pause: Effect.Effect<void>
  /** Reads again. */
  readonly resume: Effect.Effect<void>
  /** Waits for the end of the input and returns its reason: a `SocketCloseError` with code 1000 is an orderly end. */
  readonly closed: Effect.Effect<Socket.SocketError["reason"]>
}

/** Cuts the input into lines, and lets one fiber wait for the next. */
class LineLog {
  readonly lines: Array<string> = []
  readonly chunks: Array<Uint8Array> = []
  ended: Exit.Exit<never, Socket.SocketError> | undefined
  private rest = ""
  private taken = 0
  private readonly signal = new Signal()

  push(chunks: ReadonlyArray<Uint8Array>): void {
    for (const chunk of chunks) {
      this.chunks.push(chunk)
      const text = toLatin1(chunk)
      if (!text.includes("\n")) {
        this.rest += text
        continue
      }
      const parts = (this.rest + text).split("\n")
      this.rest = parts.pop()!
      for (const line of parts) this.lines.push(line)
    }
    this.signal.notify()
  }

  end(exit: Exit.Exit<never, Socket.SocketError>): void {
    this.ended ??= exit
    this.signal.notify()
  }

  takeAll(): ReadonlyArray<string> {
    const all = this.lines.slice(this.taken)
    this.taken = this.lines.length
    return all
  }

  readonly next: Effect.Effect<string, Socket.SocketError> = Effect.suspend(() => {
    const line = this.lines[this.taken]
    if (line !== undefined) {
      this.taken++
      return Effect.succeed(line)
    }
    return this.ended ?? Effect.andThen(this.signal.changed, this.next)
  })
}

const hasReset = (socket: Socket.Socket): socket is Socket.Socket & { readonly reset: Effect.Effect<void> } =>
  "reset" in socket && Effect.isEffect(socket.reset)

/**
 * Opens a Socket and reads it until the scope closes.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (
  socket: Socket.Socket,
  options?: {
    /** `true` to read only after `resume`. Default `false`. */
    readonly paused?: boolean | undefined
  }
): Effect.fn.Return<RawConnection, Socket.SocketError, Scope.Scope> {
  const scope = yield* Effect.scope
  const connection = yield* Scope.fork(scope)
  const pull = yield* Scope.provide(Socket.readerBytes(socket), connection)
  const sending = yield* Scope.fork(connection)
  const writer = yield* Scope.provide(socket.writer, sending)
  const log = new LineLog()
  const closed = yield* Deferred.make<Socket.SocketError["reason"]>()
  let unwritable: Exit.Exit<never, Socket.SocketError> | undefined
  const unwritableAfter = (what: string) =>
    Effect.sync(() => {
      const reason = new Socket.SocketWriteError({ cause: new Error(`write after ${what}`) })
      unwritable ??= Exit.fail(new Socket.SocketError({ reason }))
    })
  // The other end may close its direction and still read; any other end of the input ends the connection.
  const broken = Effect.flatMap(Deferred.await(closed), (reason) =>
    reason._tag === "SocketCloseError" && reason.code === 1000
      ? Effect.never
      : Effect.fail(new Socket.SocketError({ reason }))
  )

  // A completed pull is recorded in the turn in which it ends, so an interruption by `pause` loses nothing.
  const read = pull.pipe(
    Effect.map((chunks) => log.push(chunks)),
    Effect.forever({ disableYield: true }),
    Effect.catch((error) => {
      log.end(Exit.fail(error))
      return Deferred.succeed(closed, error.reason)
    })
  )
  let reading: Fiber.Fiber<unknown> | undefined
  const resume = Effect.suspend(() =>
    reading !== undefined
      ? Effect.void
      : Effect.map(Effect.forkIn(read, scope, { startImmediately: true }), (fiber) => {
          reading = fiber
        })
  )
  const pause = Effect.suspend(() => {
    const fiber = reading
    reading = undefined
    return fiber === undefined ? Effect.void : Fiber.interrupt(fiber)
  })
  if (options?.paused !== true) yield* resume

  const settle = Effect.gen(function* () {
    for (let quiet = 0, seen = log.chunks.length; quiet < 50; quiet++) {
      yield* Effect.yieldNow
      if (log.chunks.length !== seen) {
        seen = log.chunks.length
        quiet = 0
      }
    }
    return log.takeAll()
  })

  return {
    send: (data) =>
      Effect.suspend(
        () => unwritable ?? Effect.raceFirst(writer.write(typeof data === "string" ? fromLatin1(data) : data), broken)
      ).pipe(
        Effect.tapError((error) =>
          Effect.sync(() => {
            unwritable ??= Exit.fail(error)
          })
        )
      ),
    next: log.next,
    expect: Effect.fnUntraced(function* (...expected) {
      const actual: Array<string> = []
      for (const line of expected) {
        actual.push(yield* Effect.catch(log.next, (error) => Effect.succeed(`(closed: ${error.message})`)))
        if (actual.at(-1) !== line) return yield* new UnexpectedLine({ expected, actual })
      }
    }),
    settle,
    lines: Effect.sync(() => log.lines.slice()),
    received: Effect.sync(() => joinBytes(log.chunks)),
    closeWrite: Effect.andThen(unwritableAfter("FIN"), Scope.close(sending, Exit.void)),
    close: Effect.andThen(unwritableAfter("close"), Scope.close(connection, Exit.void)),
    reset: Effect.andThen(
      unwritableAfter("reset"),
      hasReset(socket) ? socket.reset : Effect.ignore(writer.write(new Socket.CloseEvent(1006)))
    ),
    pause,
    resume,
    closed: Deferred.await(closed)
  }
})
