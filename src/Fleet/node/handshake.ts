/**
 * The handshake of runners: before the first byte of anything else, each end proves that it knows the token.
 *
 * ```text
 * listener  katcp-fleet 1 NONCE
 * dialler   NONCE PROOF          HMAC-SHA256 of the token over "dial", both nonces
 * listener  PROOF                the same over "listen"
 * ```
 *
 * The token itself is never sent, and each proof is valid for one connection only. The handshake decides who may
 * connect; it neither hides nor protects later data. Use `tls` on networks that others can read or change.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"

/** The longest line of a handshake. Given by its form: two numbers of 64 digits each, and a name. */
const longest = 160
/** The longest time of a handshake. Not measured: it takes two round trips. */
const handshakeTimeout = "5 seconds"
const greeting = "katcp-fleet 1 "

/** The other end of a connection has not proven that it knows the token. */
class Refused extends Error {}

/** A handshake that failed, as an error of the socket. */
const refused = (why: string): Socket.SocketError =>
  new Socket.SocketError({ reason: new Socket.SocketReadError({ cause: new Refused(why) }) })

/** Returns the reason of a handshake that was refused; `undefined` for another error, such as a closed connection. */
const refusalOf = ({ reason }: Socket.SocketError): string | undefined =>
  "cause" in reason && reason.cause instanceof Refused ? reason.cause.message : undefined

const proofOf = (token: string, end: "dial" | "listen", listener: string, dialler: string): string =>
  createHmac("sha256", token).update(`katcp-fleet 1 ${end} ${listener} ${dialler}`).digest("hex")

const isSame = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one, "latin1"), Buffer.from(other, "latin1"))

/** Reads lines of a connection, and afterwards the data after them. */
class Lines {
  #rest = Buffer.alloc(0)
  readonly #reader: Socket.Reader

  constructor(reader: Socket.Reader) {
    this.#reader = reader
  }

  readonly next: Effect.Effect<string, Socket.SocketError> = Effect.suspend(() => {
    const end = this.#rest.indexOf(10)
    if (end !== -1) {
      const line = this.#rest.subarray(0, end).toString("latin1")
      this.#rest = this.#rest.subarray(end + 1)
      return Effect.succeed(line)
    }
    if (this.#rest.length > longest) return Effect.fail(refused("it is not a runner of a fleet"))
    return Effect.flatMap(this.#reader.pull, (chunks) => {
      this.#rest = Buffer.concat([
        this.#rest,
        ...chunks.map((chunk) => (typeof chunk === "string" ? Buffer.from(chunk) : chunk))
      ])
      return this.next
    })
  })

  /** A reader of the following data. */
  after(): Socket.Reader {
    const reader = this.#reader
    return {
      // addresses of the connection, and the rest of the reader
      ...reader,
      pull: Effect.suspend(() => {
        if (this.#rest.length === 0) return reader.pull
        const rest = new Uint8Array(this.#rest)
        this.#rest = Buffer.alloc(0)
        return Effect.succeed([rest] as const)
      })
    }
  }
}

type Hands = (
  lines: Lines,
  write: (line: string) => Effect.Effect<void, Socket.SocketError>
) => Effect.Effect<void, Socket.SocketError>

const dialling =
  (token: string): Hands =>
  (lines, write) =>
    Effect.gen(function* () {
      const line = yield* lines.next
      const theirs = line.startsWith(greeting) ? line.slice(greeting.length) : ""
      if (!/^[0-9a-f]{64}$/.test(theirs)) return yield* refused("the other end is not a runner of a fleet")
      const own = randomBytes(32).toString("hex")
      yield* write(`${own} ${proofOf(token, "dial", theirs, own)}`)
      if (!isSame(yield* lines.next, proofOf(token, "listen", theirs, own)))
        return yield* refused("the runner that listens there has another token")
    })

const listening =
  (token: string): Hands =>
  (lines, write) =>
    Effect.gen(function* () {
      const own = randomBytes(32).toString("hex")
      yield* write(`${greeting}${own}`)
      const line = yield* lines.next
      if (!/^[0-9a-f]{64} [0-9a-f]{64}$/.test(line)) return yield* refused("it is not a runner of a fleet")
      const [theirs = "", proof = ""] = line.split(" ")
      if (!isSame(proof, proofOf(token, "dial", own, theirs)))
        return yield* refused("it has another token: compare fleet.token")
      yield* write(proofOf(token, "listen", own, theirs))
    })

/** A Socket whose connections begin with a handshake. Writers wait until it is done. */
const withHands = (socket: Socket.Socket, hands: Hands): Socket.Socket => {
  const done = Latch.makeUnsafe(false)
  const reader = Effect.gen(function* () {
    done.closeUnsafe()
    const inner = yield* socket.reader
    const writer = yield* socket.writer
    const lines = new Lines(inner)
    yield* hands(lines, (line) => writer.write(`${line}\n`)).pipe(
      Effect.timeoutOrElse({
        duration: handshakeTimeout,
        orElse: () => Effect.fail(refused("the handshake of the fleet took more than 5 s"))
      })
    )
    yield* Effect.addFinalizer(() => Effect.sync(() => done.closeUnsafe()))
    done.openUnsafe()
    return lines.after()
  })
  const writer: Effect.Effect<Socket.Writer, never, Scope.Scope> = Effect.map(socket.writer, (inner) => ({
    write: (chunk) => Effect.andThen(done.await, inner.write(chunk)),
    writeAll: (chunks) => Effect.andThen(done.await, inner.writeAll(chunks))
  }))
  return { ...socket, reader, writer }
}

/** Returns a Socket that proves the token to the listener, and requires a proof from it. */
export const dialsWith = (socket: Socket.Socket, token: string): Socket.Socket => withHands(socket, dialling(token))

/** Returns the Socket of a client that must prove the token. */
export const listensWith = (
  socket: Socket.Socket,
  token: string,
  on: {
    /** Called when the client has proven the token. */
    readonly accepted: () => void
    /** Called when it has not, with the reason. */
    readonly refused: (why: string) => Effect.Effect<void>
  }
): Socket.Socket => {
  const proven = withHands(socket, listening(token))
  return {
    ...proven,
    reader: proven.reader.pipe(
      Effect.tap(() => Effect.sync(on.accepted)),
      Effect.tapError((error) => {
        const why = refusalOf(error)
        return why === undefined ? Effect.void : on.refused(why)
      })
    )
  }
}
