import { once } from "node:events"
import * as net from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Connection } from "../../src/Node/Connection.ts"

/** As much as libuv reads of one connection before the next: 32 buffers of 64 KiB. */
const atOnce = 32 * 65_536

describe("a connection that is faster than its reader", () => {
  it.live(
    "yields to others between chunks: the event loop turns after some 64 KiB (P-410)",
    Effect.fnUntraced(function* () {
      const server = net.createServer({ pauseOnConnect: false }).listen(0, "127.0.0.1")
      yield* Effect.addFinalizer(() => Effect.sync(() => server.close()))
      yield* Effect.promise(() => once(server, "listening"))
      const accepted = once(server, "connection")
      const client = net.connect({ host: "127.0.0.1", port: (server.address() as net.AddressInfo).port })
      yield* Effect.addFinalizer(() => Effect.sync(() => client.destroy()))
      yield* Effect.promise(() => once(client, "connect"))
      const [socket] = (yield* Effect.promise(() => accepted)) as [net.Socket]
      const { pull } = new Connection(socket).reader
      // the kernel takes the first megabytes within this call
      const size = 4 * atOnce
      client.write(Buffer.alloc(size, "x"))

      let read = 0
      let before = 0
      let largest = 0
      const watch = () => {
        largest = Math.max(largest, read - before)
        before = read
        if (read < size) setImmediate(watch)
      }
      setImmediate(watch)
      while (read < size) for (const chunk of yield* pull) read += chunk.length
      assert.strictEqual(read, size)
      assert.isAtMost(largest, 4 * 65_536)
    })
  )
})
