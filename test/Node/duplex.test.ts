import { spawn } from "node:child_process"
import { once } from "node:events"
import * as path from "node:path"
import { Duplex, duplexPair } from "node:stream"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as Socket from "effect/socket/Socket"
import { Arg, Client, Interface, Request, Server } from "katcp"
import { NodeClient, NodeServer } from "katcp/Node"
import { RawConnection } from "katcp/Testing"

class Lab extends Interface.make("lab").add(
  Request.make("echo", { doc: "Give it back.", args: { value: Arg.Bytes }, reply: { value: Arg.Bytes } }),
  Request.make("slow", { doc: "Take some time." })
) {}
const live = Lab.toLayer({
  echo: ({ value }) => Effect.succeed({ value }),
  slow: () => Effect.sleep(30)
})
const program = path.join(import.meta.dirname, "programs", "stdio.ts")

/** A device on one end of a pair of streams. */
const serving = Effect.gen(function* () {
  const [mine, theirs] = duplexPair()
  const ended = yield* Deferred.make<void>()
  const onEnd = Effect.asVoid(Deferred.succeed(ended, undefined))
  const listening = NodeServer.duplex(() => mine, { name: "/dev/ttyS0", onEnd })
  const context = yield* Layer.build(Server.layer(Lab).pipe(Layer.provide(live), Layer.provide(listening)))
  return { server: Context.get(context, Server.Server), theirs, mine, ended }
})

describe("a server on a stream with two directions", () => {
  it.live(
    "serves the other end, every byte (C-114)",
    Effect.fnUntraced(function* () {
      const { server, theirs } = yield* serving
      assert.strictEqual(`${server.address}`, "/dev/ttyS0")
      const client = yield* Client.make(Lab).pipe(Effect.provide(NodeClient.duplex(() => theirs)))
      const value = Uint8Array.from({ length: 100_000 }, (_, at) => at)
      assert.deepStrictEqual((yield* client.request.echo({ value })).value, value)
      assert.strictEqual(server.clients.size, 1)
    })
  )

  it.live(
    "answers the requests from before the other end ended, then ends for good",
    Effect.fnUntraced(function* () {
      const { ended, mine, server, theirs } = yield* serving
      let heard = ""
      theirs.setEncoding("latin1").on("data", (data: string) => {
        heard += data
      })
      theirs.end("?slow[1]\n?echo[2] x\n")
      yield* Effect.promise(() => once(theirs, "end"))
      assert.match(heard, /\n!echo\[2\] ok x\n!slow\[1\] ok\n$/)
      yield* Deferred.await(ended)
      assert.strictEqual(server.clients.size, 0)
      assert.isTrue(mine.destroyed)
    })
  )

  it.live(
    "sends its client #disconnect when the device stops",
    Effect.fnUntraced(function* () {
      const { server, theirs } = yield* serving
      let heard = ""
      theirs.setEncoding("latin1").on("data", (data: string) => {
        heard += data
      })
      const end = once(theirs, "end")
      yield* server.stop()
      yield* Effect.promise(() => end)
      assert.match(heard, /\n#disconnect \S+\n$/)
    })
  )

  it.live(
    "fails to build if the stream cannot be opened",
    Effect.fnUntraced(function* () {
      const listening = NodeServer.duplex(() => {
        throw new Error("no such port: /dev/ttyS9")
      })
      const error = yield* Effect.flip(Effect.scoped(Layer.build(listening)))
      assert.strictEqual(error._tag, "SocketServerError")
      assert.include(`${error.cause}`, "no such port: /dev/ttyS9")
    })
  )
})

describe("standard input and output", () => {
  it.live(
    "serve the program that has started the device, which ends with its client (C-116)",
    Effect.fnUntraced(function* () {
      const child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit"] })
      let heard = ""
      child.stdout.setEncoding("latin1").on("data", (data: string) => {
        heard += data
      })
      const closed = once(child, "close")
      child.stdin.end("?double[1] 21\n?watchdog[2]\n")
      const [code] = yield* Effect.promise(() => closed)
      assert.match(heard, /^#version-connect katcp-protocol 5\.1-BIMT\n/)
      assert.match(heard, /\n!watchdog\[2\] ok\n!double\[1\] ok 42\n$/)
      assert.strictEqual(code, 0)
    })
  )

  it.live(
    "of a program can be dialled by a client, and again after the program has ended (C-116)",
    Effect.fnUntraced(function* () {
      const children: Array<ReturnType<typeof spawn>> = []
      const dialled = NodeClient.duplex(() => {
        const child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit"] })
        children.push(child)
        return Duplex.from({ readable: child.stdout, writable: child.stdin })
      })
      const client = yield* Client.make().pipe(Effect.provide(dialled))
      assert.deepStrictEqual((yield* client.call("double", [4])).values.map(String), ["8"])
      // on a busy machine, the first ones may have taken too long to start
      const dialledSoFar = children.length
      const current = children.at(-1)!
      current.kill("SIGKILL")
      yield* Effect.promise(() => once(current, "close"))
      yield* Effect.repeat(Effect.sleep(10), { until: () => children.length > dialledSoFar })
      yield* SubscriptionRef.changes(client.state).pipe(
        Stream.filter(Client.isConnected),
        Stream.take(1),
        Stream.runDrain
      )
      assert.deepStrictEqual((yield* client.call("double", [5])).values.map(String), ["10"])
    })
  )

  it.live(
    "can be used by hand: a device in a pipe",
    Effect.fnUntraced(function* () {
      const [left, right] = duplexPair()
      const raw = yield* Effect.flatMap(
        Effect.provide(
          Effect.service(Socket.Socket),
          NodeClient.duplex(() => left)
        ),
        (socket) => RawConnection.make(socket)
      )
      right.write("#a\n")
      assert.strictEqual(yield* raw.next, "#a")
    })
  )
})
