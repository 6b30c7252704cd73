/** A port for runners that echoes, and diallers of it. */
import { assert } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import * as Socket from "effect/socket/Socket"
import * as SocketServer from "effect/socket/SocketServer"
import { dialRunner, listenForRunners, type Refusals, type Trust } from "../../src/Fleet/node/index.ts"

const decoder = new TextDecoder()
const textOf = (chunk: string | Uint8Array): string => (typeof chunk === "string" ? chunk : decoder.decode(chunk))

/** Listens as a runner does, and echoes all data. Returns its address, and all data that got through. */
export const echo = (trust: Trust, refusals?: Refusals) =>
  Effect.gen(function* () {
    const context = yield* Layer.build(listenForRunners({ host: "127.0.0.1", port: 0 }, trust, refusals))
    const server = Context.get(context, SocketServer.SocketServer)
    const seen: Array<string> = []
    yield* server
      .run((socket) =>
        Effect.gen(function* () {
          const { pull } = yield* socket.reader
          const { write } = yield* socket.writer
          while (true)
            for (const chunk of yield* pull) {
              seen.push(textOf(chunk))
              yield* write(chunk)
            }
        }).pipe(Effect.scoped, Effect.ignore)
      )
      .pipe(Effect.forkScoped({ startImmediately: true }))
    assert.isTrue(NetAddress.isInetAddress(server.address))
    const address = server.address as NetAddress.InetAddress
    return { seen, place: NetAddress.formatInet(address), port: address.port }
  })

/** Dials as a runner does, writes a text, and returns the first answer. */
export const say = (place: string, trust: Trust, words: string) =>
  Effect.gen(function* () {
    const socket = Context.get(yield* Layer.build(dialRunner(place, trust)), Socket.Socket)
    const { pull } = yield* socket.reader
    const { write } = yield* socket.writer
    yield* write(words)
    const [first] = yield* pull
    return textOf(first)
  }).pipe(Effect.scoped, Effect.timeout("20 seconds"))

/** The text of a failed connection. */
export const reasonOf = (error: unknown): string =>
  error instanceof Socket.SocketError ? String((error.reason.cause as Error | undefined)?.message) : String(error)
