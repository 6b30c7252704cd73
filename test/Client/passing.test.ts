/** Chunks that a socket of Node passes to a client without waking its fiber. */
import * as net from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Socket from "effect/socket/Socket"
import { Client } from "katcp"
import { NodeClient } from "katcp/Node"

const informs = 5000

/** A device whose `?flood` has a long answer. Returns its address. */
const flooding = Effect.gen(function* () {
  const server = net.createServer((socket) => {
    socket.on("error", () => {})
    socket.write("#version-connect katcp-protocol 5.1-MI\n")
    socket.on("data", (chunk: Uint8Array) => {
      for (const [, id] of String(chunk).matchAll(/\?flood\[(\d+)\]/g)) {
        const lines = Array.from({ length: informs }, (_, n) => `#flood[${id}] ${n} ${"x".repeat(100)}\n`)
        socket.write(`${lines.join("")}!flood[${id}] ok ${informs}\n`)
      }
    })
  })
  yield* Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void)))
  yield* Effect.addFinalizer(() => Effect.sync(() => server.close()))
  return { host: "127.0.0.1", port: (server.address() as net.AddressInfo).port }
})
const options = { reconnect: false, checkContract: false } as const

describe("a client over a socket of Node", () => {
  it.live(
    "does not read while the reader of a stream is behind, and receives all of it",
    Effect.fnUntraced(function* () {
      const client = yield* Effect.provide(Client.make(options), NodeClient.tcp(yield* flooding))
      const pieces = yield* client.callStream("flood").pipe(
        Stream.rechunk(500),
        Stream.mapArrayEffect((chunk) => Effect.as(Effect.sleep(2), chunk)),
        Stream.runCollect
      )
      assert.strictEqual(pieces.length, informs + 1)
      assert.strictEqual(pieces.at(-1)?._tag, "Reply")
    })
  )

  it.live(
    "reads through a copy of the reader with another `pull`",
    Effect.fnUntraced(function* () {
      const dialled = yield* Effect.provide(Effect.service(Socket.Socket), NodeClient.tcp(yield* flooding))
      let bytes = 0
      const counted = Effect.map(dialled.reader, (reader) => ({
        ...reader,
        pull: Effect.tap(reader.pull, (chunks) =>
          Effect.sync(() => {
            for (const chunk of chunks) bytes += chunk.length
          })
        )
      }))
      const copy = Socket.make({ reader: counted, writer: dialled.writer })
      const client = yield* Effect.provideService(Client.make(options), Socket.Socket, copy)
      const { informs: received } = yield* client.call("flood")
      assert.strictEqual(received.length, informs)
      assert.isAbove(bytes, informs * 100)
    })
  )
})
