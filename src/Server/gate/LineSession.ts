import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { LineParser, Outbox, Turn } from "../../Codec/index.ts"
import { decodeText, encodeText, TooLong } from "../../Message/index.ts"
import { inetText } from "../listening/addressText.ts"
import { Peer } from "../listening/Peer.ts"
import { FirstLine } from "./foreignProtocol.ts"

/**
 * A client of a line protocol.
 *
 * @category models
 * @since 0.1.0
 */
export interface LineSession {
  /** Its address, like `127.0.0.1:41234`; `unknown` if the transport does not provide it. */
  readonly address: string
  /**
   * Sends a line without an end of line. Text is encoded by `encodeText`. Lines sent in one turn are written together.
   * Returns `false` if the client is gone, or was disconnected because it does not read.
   */
  readonly send: (line: string | Uint8Array) => boolean
  /** Waits until the client has taken everything sent. */
  readonly drained: Effect.Effect<void>
  /** Closes the connection after sending everything written. */
  readonly close: Effect.Effect<void>
}

/**
 * The definition of a line protocol.
 *
 * @category models
 * @since 0.1.0
 */
export interface LineProtocol<E, R> {
  /**
   * Runs when a client has connected, and returns the function that answers its lines. Lines are answered one after
   * another, and no more are read meanwhile. A disconnection is noticed after the current line. Fibers forked into the
   * Scope live as long as the connection. An over-long line is passed as a `TooLong`, and reading continues after it.
   */
  readonly connect: (
    session: LineSession
  ) => Effect.Effect<(line: string | TooLong) => Effect.Effect<void, E, R>, E, R | Scope.Scope>
  /** The longest line in bytes. Default 65536. */
  readonly maxLine?: number | undefined
  /** Bytes that may wait for a client that does not read. A client with more is disconnected. Default 1 MiB. */
  readonly maxBacklog?: number | undefined
  /**
   * `true` serves peers whose first line is an HTTP request line, or whose first bytes are TLS or STUN. Default
   * `false`: they are disconnected with a line in the log, because any web page can send lines of its choice that way.
   */
  readonly web?: boolean | undefined
}

/** Bytes of unsent replies at which the session stops reading lines. Not measured: as in a KATCP session. */
const repliesAhead = 65536
const encoder = new TextEncoder()
const lineFeed = new Uint8Array([0x0a])

/**
 * Serves a line protocol other than KATCP with the parts of the KATCP server: framing with a limit, one write per turn,
 * back-pressure in both directions. A `SocketServer` runs it for each connection. Ends when the client disconnects, and
 * fails if the protocol fails.
 *
 * @example
 * ```ts no-run
 * import { Effect } from "effect"
 * import { SocketServer } from "effect/socket"
 * import { Server } from "katcp"
 *
 * const echo = Server.serveLines({
 *   connect: (client) => Effect.succeed((line) => Effect.sync(() => client.send(`you said ${line}`)))
 * })
 * export const server = Effect.flatMap(SocketServer.SocketServer, (sockets) => sockets.run(echo))
 * ```
 *
 * @category servers
 * @since 0.1.0
 */
export const serveLines =
  <E, R>(protocol: LineProtocol<E, R>) =>
  (socket: Socket.Socket): Effect.Effect<void, E, Exclude<R, Scope.Scope>> =>
    Effect.scoped(
      Effect.gen(function* () {
        const writer = yield* socket.writer
        const reading = yield* Effect.exit(socket.reader)
        if (Exit.isFailure(reading)) return
        const { pull } = reading.value
        const fiber = yield* Effect.withFiber(Effect.succeed)
        const run = Effect.runForkWith(fiber.context)
        const maxBacklog = protocol.maxBacklog ?? 1048576
        let alive = true
        const close = (): void => {
          alive = false
          fiber.interruptUnsafe()
        }
        const outbox = new Outbox({
          sink: writer,
          turn: new Turn(fiber.currentDispatcher),
          scope: yield* Effect.scope,
          run,
          onFailure: close
        })
        const peer = fiber.getRef(Peer)
        const session: LineSession = {
          address: peer === undefined || peer._tag === "UnixPathAddress" ? "unknown" : inetText(peer),
          send: (line) => {
            if (!alive) return false
            const bytes = typeof line === "string" ? encodeText(line) : line
            if (outbox.backlog + bytes.length > maxBacklog) {
              run(Effect.logWarning(`disconnecting ${session.address}: more than ${maxBacklog} bytes wait for it`))
              run(writer.write(new Socket.CloseEvent()))
              close()
              return false
            }
            outbox.encoder.lines(bytes)
            outbox.encoder.lines(lineFeed)
            outbox.schedule()
            return true
          },
          drained: outbox.drained,
          close: Effect.sync(() => {
            alive = false
            run(Effect.andThen(Effect.timeoutOption(outbox.drained, "1 second"), Effect.sync(close)))
          })
        }
        const answer = yield* protocol.connect(session)
        const parser = new LineParser({ maxLine: protocol.maxLine ?? 65536 })
        const firstLine = protocol.web === true ? undefined : new FirstLine()
        const notServed = (reason: string) => Effect.logWarning(`disconnecting ${session.address}: ${reason}`)
        while (alive) {
          const chunks = yield* Effect.exit(pull)
          if (Exit.isFailure(chunks)) break
          for (const chunk of chunks.value) {
            const bytes = typeof chunk === "string" ? encoder.encode(chunk) : chunk
            const opened = firstLine?.look(bytes)
            if (opened !== undefined) return yield* notServed(opened)
            parser.feed(bytes)
            for (let line = parser.next(); line !== undefined; line = parser.next()) {
              const foreign = firstLine?.judge(line instanceof TooLong ? undefined : line)
              if (foreign !== undefined) return yield* notServed(foreign)
              yield* answer(line instanceof TooLong ? line : decodeText(line))
              if (outbox.backlog > repliesAhead) yield* outbox.drained
            }
          }
        }
        yield* Effect.timeoutOption(outbox.drained, "5 seconds")
      })
    ) as Effect.Effect<void, E, Exclude<R, Scope.Scope>>
