import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import * as Socket from "effect/socket/Socket"
import * as SocketServer from "effect/socket/SocketServer"
import { dialRunner, listenForRunners } from "../../src/Fleet/node/index.ts"

const token = "the token of this fleet"
const text = new TextDecoder()

/** Listens with a token, and echoes what comes. Returns where, and all that the handler was given. */
const echo = (trust: { readonly token?: string }) =>
  Effect.gen(function* () {
    const context = yield* Layer.build(listenForRunners({ host: "127.0.0.1", port: 0 }, trust))
    const server = Context.get(context, SocketServer.SocketServer)
    const seen: Array<string> = []
    yield* server
      .run((socket) =>
        Effect.gen(function* () {
          const { pull } = yield* socket.reader
          const { write } = yield* socket.writer
          while (true)
            for (const chunk of yield* pull) {
              seen.push(typeof chunk === "string" ? chunk : text.decode(chunk))
              yield* write(chunk)
            }
        }).pipe(Effect.scoped, Effect.ignore)
      )
      .pipe(Effect.forkScoped({ startImmediately: true }))
    assert.isTrue(NetAddress.isInetAddress(server.address))
    return { seen, place: NetAddress.formatInet(server.address as NetAddress.InetAddress) }
  })

/** Says something at a place, and returns the first answer. */
const say = (place: string, trust: { readonly token?: string }, words: string) =>
  Effect.gen(function* () {
    const socket = Context.get(yield* Layer.build(dialRunner(place, trust)), Socket.Socket)
    const { pull } = yield* socket.reader
    const { write } = yield* socket.writer
    yield* write(words)
    const [first] = yield* pull
    return typeof first === "string" ? first : text.decode(first)
  }).pipe(Effect.scoped, Effect.timeout("10 seconds"))

const reasonOf = (error: unknown): string =>
  error instanceof Socket.SocketError ? String((error.reason.cause as Error | undefined)?.message) : String(error)

describe("the handshake of runners", () => {
  it.live("lets those through that have the token, and their bytes unchanged", () =>
    Effect.gen(function* () {
      const { place, seen } = yield* echo({ token })
      for (const words of ["?watchdog\n", "x".repeat(5000)]) {
        const answer = yield* say(place, { token }, words)
        assert.strictEqual(words.startsWith(answer), true)
      }
      assert.isTrue(seen.join("").startsWith("?watchdog\nxxx"))
    })
  )

  it.live("keeps out who has another token, or none: nothing of theirs reaches what is served", () =>
    Effect.gen(function* () {
      const { place, seen } = yield* echo({ token })
      const other = yield* Effect.flip(say(place, { token: "the token of another fleet" }, "?halt\n"))
      assert.isDefined(other)
      // a client that knows nothing of it gets the greeting, and no more
      const greeting = yield* say(place, {}, "?halt\n")
      assert.match(greeting, /^katcp-fleet 1 [0-9a-f]{64}\n$/)
      assert.deepStrictEqual(seen, [])
    })
  )

  it.live("refuses a listener that does not know the token", () =>
    Effect.gen(function* () {
      // one that repeats what it hears proves nothing
      const context = yield* Layer.build(listenForRunners({ host: "127.0.0.1", port: 0 }, {}))
      const server = Context.get(context, SocketServer.SocketServer)
      yield* server
        .run((socket) =>
          Effect.gen(function* () {
            const { pull } = yield* socket.reader
            const { write } = yield* socket.writer
            yield* write(`katcp-fleet 1 ${"0".repeat(64)}\n`)
            return yield* Effect.forever(Effect.flatMap(pull, ([chunk]) => write(chunk)))
          }).pipe(Effect.scoped, Effect.ignore)
        )
        .pipe(Effect.forkScoped({ startImmediately: true }))
      const at = NetAddress.formatInet(server.address as NetAddress.InetAddress)
      const error = yield* Effect.flip(say(at, { token }, "?watchdog\n"))
      assert.match(reasonOf(error), /has another token/)
    })
  )
})
