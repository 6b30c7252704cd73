import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { Address, LineParser, Outbox, Turn } from "../../Codec/index.ts"
import { decodeText, encodeText, TooLong } from "../../Message/index.ts"
import { Peer } from "../listening/Peer.ts"
import { FirstLine } from "./foreignProtocol.ts"

/**
 * A client of a line protocol.
 *
 * @category models
 * @since 0.1.0
 */
export interface LineSession {
  /** Its address, like `127.0.0.1:41234`; `unknown` where the transport does not tell. */
  readonly address: string
  /**
   * Sends a line, which must hold no end of line; text is encoded by `encodeText`. What is sent in one turn goes out in one
   * write. False where the client is gone, or was given up because it does not read.
   */
  readonly send: (line: string | Uint8Array) => boolean
  /** Waits until the client has taken what was sent. */
  readonly drained: Effect.Effect<void>
  /** Closes the connection; what was sent still goes out. */
  readonly close: Effect.Effect<void>
}

/**
 * What a line protocol is.
 *
 * @category models
 * @since 0.1.0
 */
export interface LineProtocol<E, R> {
  /**
   * Runs when a client has connected, and gives what answers its lines. Lines are answered one after the other; while
   * one is, no more are read, and that the client has gone is noticed behind it. Fibers forked into the Scope live as long as the connection. An over-long line comes as a
   * `TooLong`, and reading goes on behind it.
   */
  readonly connect: (
    session: LineSession
  ) => Effect.Effect<(line: string | TooLong) => Effect.Effect<void, E, R>, E, R | Scope.Scope>
  /** The longest line in bytes. Default 65536. */
  readonly maxLine?: number | undefined
  /** How many bytes may wait for a client that does not read; past that it is disconnected. Default 1 MiB. */
  readonly maxBacklog?: number | undefined
  /**
   * `true` serves peers whose first line is an HTTP request line, or whose first bytes are TLS or STUN. Default `false`:
   * they are disconnected with a line in the log, because any web page can send lines of its choice that way.
   */
  readonly web?: boolean | undefined
}

/**
 * Bytes of replies that may gather behind a blocked write before no more lines are read. Not measured: as of a
 * session of KATCP.
 */
const repliesAhead = 65536
const encoder = new TextEncoder()
const lineFeed = new Uint8Array([0x0a])

/**
 * Serves a protocol of lines that is not KATCP, on the same parts: framing with a limit, one write per turn,
 * back-pressure both ways. It is what a `SocketServer` runs for each connection; it ends when the client does, and fails
 * where the protocol does.
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
          address:
            peer === undefined || peer._tag === "UnixPathAddress" ? "unknown" : Address.fromInet(peer).toString(),
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
