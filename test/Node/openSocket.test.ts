import { once } from "node:events"
import * as net from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Socket from "effect/socket/Socket"
import { Interface, Request, Server } from "katcp"
import { NodeServer } from "katcp/Node"
import { Connection } from "../../src/Node/Connection.ts"

/** A client, and the server's end of its connection. */
const pair = Effect.gen(function* () {
  const server = net.createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1")
  yield* Effect.addFinalizer(() => Effect.sync(() => server.close()))
  yield* Effect.promise(() => once(server, "listening"))
  const accepted = once(server, "connection")
  const client = net.connect({ host: "127.0.0.1", port: (server.address() as net.AddressInfo).port })
  yield* Effect.addFinalizer(() => Effect.sync(() => client.destroy()))
  const [socket] = (yield* Effect.promise(() => accepted)) as [net.Socket]
  yield* Effect.addFinalizer(() => Effect.sync(() => socket.destroy()))
  const connection = new Connection(socket)
  const opened = connection.toSocket().open()
  assert.notInstanceOf(opened, Socket.SocketError)
  return { client, connection, opened: opened as Exclude<typeof opened, Socket.SocketError> }
})

const textOf = (chunks: ReadonlyArray<Uint8Array | string>): string => chunks.map(String).join("")

/** Waits until it holds; the test's own time-out is the limit. */
const until = (condition: () => boolean) =>
  Effect.callback<void>((resume) => {
    const look = () => {
      if (condition()) resume(Effect.void)
      else timer = setImmediate(look)
    }
    let timer = setImmediate(look)
    return Effect.sync(() => clearImmediate(timer))
  })

describe("a socket that is open already", () => {
  it.live(
    "passes bytes on until the function has enough; later bytes wait for the next reader",
    Effect.fnUntraced(function* () {
      const { client, opened } = yield* pair
      let text = ""
      const take = (enough: string) => (chunks: ReadonlyArray<Uint8Array | string>) => {
        text += textOf(chunks)
        return !text.includes(enough)
      }
      const first = yield* Effect.forkScoped(opened.read(take("2")), { startImmediately: true })
      client.write("1")
      yield* until(() => text === "1")
      client.write("2")
      yield* Fiber.join(first)
      assert.strictEqual(text, "12")
      client.write("3")
      // the kernel has it; nobody reads
      for (let turn = 0; turn < 20; turn++) yield* Effect.yieldNow
      assert.strictEqual(text, "12")
      yield* opened.read(take("3"))
      assert.strictEqual(text, "123")
    })
  )

  it.live(
    "fails when the other end closes, after its last bytes",
    Effect.fnUntraced(function* () {
      const { client, opened } = yield* pair
      let text = ""
      client.end("last")
      const failure = yield* Effect.flip(
        opened.read((chunks) => {
          text += textOf(chunks)
          return true
        })
      )
      assert.strictEqual(text, "last")
      assert.deepInclude(failure.reason, { _tag: "SocketCloseError", code: 1000 })
    })
  )

  it.live(
    "ends the reader, not the process, if the function throws",
    Effect.fnUntraced(function* () {
      const { client, opened } = yield* pair
      const reading = yield* Effect.forkScoped(
        opened.read(() => {
          throw new Error("a defect")
        }),
        { startImmediately: true }
      )
      client.write("x")
      const exit = yield* Fiber.await(reading)
      assert(Exit.isFailure(exit))
      assert.include(Cause.pretty(exit.cause), "a defect")
    })
  )

  it.live(
    "stops passing bytes on when the reader is interrupted, even by the function itself",
    Effect.fnUntraced(function* () {
      const { client, opened } = yield* pair
      let text = ""
      const reading: Fiber.Fiber<void, Socket.SocketError> = yield* Effect.forkScoped(
        opened.read((chunks) => {
          text += textOf(chunks)
          reading.interruptUnsafe()
          return true
        }),
        { startImmediately: true }
      )
      client.write("1")
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(reading)))
      client.write("2")
      yield* opened.read((chunks) => {
        text += textOf(chunks)
        return false
      })
      assert.strictEqual(text, "12")
    })
  )

  it.live(
    "opens once, and not after its end",
    Effect.fnUntraced(function* () {
      const { connection, opened } = yield* pair
      assert.instanceOf(connection.toSocket().open(), Socket.SocketError)
      opened.release()
      assert.instanceOf(connection.toSocket().open(), Socket.SocketError)
    })
  )

  it.live(
    "is not what a copy of it with another reader is",
    Effect.fnUntraced(function* () {
      const { connection } = yield* pair
      assert.notProperty({ ...connection.toSocket() }, "open")
    })
  )
})

class Lab extends Interface.make("lab").add(
  Request.make("go", { doc: "Disconnect the client that asks." }),
  Request.make("later", { doc: "Reply after a turn of the event loop." })
) {}

const LabLive = Lab.toLayer({
  go: (_, { client }) => client.disconnect("You asked for it."),
  later: () => Effect.yieldNow
})

/** Sends bytes to a device on TCP. Returns everything that comes back. */
const converse = Effect.fnUntraced(function* (bytes: string, options: Server.Options) {
  const layer = Server.layer(Lab, { audit: false, ...options }).pipe(
    Layer.provide(LabLive),
    Layer.provide(NodeServer.tcp({ port: 0 }))
  )
  const server = yield* Effect.flatMap(Layer.build(layer), (context) => Effect.provideContext(Server.Server, context))
  assert(server.address._tag !== "UnixPathAddress")
  const client = net.connect({ host: "127.0.0.1", port: server.address.port })
  yield* Effect.addFinalizer(() => Effect.sync(() => client.destroy()))
  let text = ""
  client.on("data", (chunk) => {
    text += chunk
  })
  client.end(bytes)
  yield* Effect.promise(() => once(client, "end"))
  yield* until(() => server.clients.size === 0)
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#version-connect"))
})

describe("a client on TCP", () => {
  it.live(
    "that a handler disconnects gets the replies before it, #disconnect, and nothing more",
    Effect.fnUntraced(function* () {
      assert.deepStrictEqual(yield* converse("?watchdog[1]\n?go[2]\n?watchdog[3]\n", {}), [
        "!watchdog[1] ok",
        "#disconnect You\\_asked\\_for\\_it."
      ])
    })
  )

  it.live(
    "gets all replies if it sends more than may be in flight, and closes its end",
    Effect.fnUntraced(function* () {
      const count = 20_000
      const requests = Array.from({ length: count }, (_, at) => `?later[${at + 1}]\n`)
      const replies = yield* converse(requests.join(""), { maxInFlight: 3 })
      assert.strictEqual(new Set(replies).size, count)
      assert.strictEqual(replies[count - 1], `!later[${count}] ok`)
    }),
    30_000
  )

  it.live(
    "takes large writes without an effect as long as the kernel takes them",
    Effect.fnUntraced(function* () {
      const { connection, client } = yield* pair
      client.pause()
      const chunk = Buffer.alloc(100_000, "x")
      // Node's `write` returns `false` for each, since it decides before the kernel takes them
      assert.isUndefined(connection.writeNow([chunk]))
      assert.isUndefined(connection.writeNow([chunk, chunk]))
      let waiting: Effect.Effect<void, Socket.SocketError> | undefined
      while (waiting === undefined) waiting = connection.writeNow([chunk])
      assert.isAbove(connection.untaken()!, 0)
      const drained = yield* Effect.forkChild(waiting, { startImmediately: true })
      client.resume()
      yield* Fiber.join(drained)
      assert.strictEqual(connection.untaken(), 0)
    })
  )
})
