/** A client over real TCP whose device is cut off, and comes back at the same port. */
import * as net from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { Arg, Client, Interface, Request, Server } from "katcp"
import { NodeClient, NodeServer } from "katcp/Node"
import { freePort } from "../../scripts/freePort.ts"
import { keptLog } from "../Server/harness.ts"
import { immediately } from "./connect.ts"
import { outcome, record } from "./dialling.ts"

class Lab extends Interface.make("lab").add(
  Request.make("size", { doc: "Count bytes.", args: { bytes: Arg.Bytes }, reply: { size: Arg.Int } }),
  Request.make("hang", { doc: "Never reply." })
) {}

const local = { host: "127.0.0.1", port: 0 }

/** A link between client and server that can be cut: then the port is refused, until it is repaired. */
class Cable {
  readonly port: number
  readonly sockets = new Set<net.Socket>()
  private readonly target: number
  private server: net.Server | undefined

  constructor(target: number, port: number) {
    this.target = target
    this.port = port
  }

  mend(): Promise<void> {
    const server = net.createServer({ allowHalfOpen: true }, (near) => {
      const far = net.connect({ port: this.target, host: local.host, allowHalfOpen: true })
      for (const socket of [near, far]) {
        this.sockets.add(socket)
        socket.on("error", () => {}).on("close", () => this.sockets.delete(socket))
      }
      near.pipe(far)
      far.pipe(near)
    })
    this.server = server
    return new Promise((resolve) => {
      server.listen(this.port, local.host, () => resolve())
    })
  }

  cut(how: "reset" | "close" = "reset"): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.server?.close(() => resolve())
    })
    for (const socket of this.sockets) {
      if (how === "reset") socket.resetAndDestroy()
      else socket.destroy()
    }
    return closed
  }
}

const LabLive = Lab.toLayer({ size: ({ bytes }) => Effect.succeed({ size: bytes.length }), hang: () => Effect.never })

/** A server, and the cable to it. */
const start = Effect.gen(function* () {
  const layer = Server.layer(Lab).pipe(
    Layer.provide(LabLive),
    Layer.provide(NodeServer.tcp(local)),
    Layer.provide(keptLog().layer)
  )
  const server = Context.get(yield* Layer.build(layer), Server.Server)
  assert(server.address._tag !== "UnixPathAddress")
  const cable = new Cable(server.address.port, yield* Effect.promise(freePort))
  yield* Effect.acquireRelease(
    Effect.promise(() => cable.mend()),
    () => Effect.promise(() => cable.cut())
  )
  return { cable, server }
})

/** A client at the end of the cable that connects again after 20 ms. */
const connect = (cable: Cable, options?: Client.Options) =>
  Effect.provide(
    Client.make(Lab, { reconnect: Schedule.spaced("20 millis"), ...options }),
    NodeClient.tcp({ port: cable.port })
  )

/** Waits for what the system does in its own time. */
const until = Effect.fnUntraced(function* (condition: () => boolean) {
  while (!condition()) yield* Effect.sleep(2)
})
const failures = (events: ReadonlyArray<string>) => events.filter((event) => event.endsWith(": ConnectFailed")).length

describe("a client over TCP", () => {
  it.live("reconnects by itself when its connection is destroyed", () =>
    Effect.gen(function* () {
      const { cable, server } = yield* start
      const client = yield* connect(cable)
      const { events } = yield* record(client)
      const ticks = yield* Queue.unbounded<string>()
      yield* Effect.forkScoped(
        Stream.runForEach(client.informs("tick"), (inform) => Queue.offer(ticks, inform.text(0)!)),
        immediately
      )
      for (const how of ["reset", "close", "reset"] as const) {
        const call = yield* Effect.forkScoped(outcome(client.request.hang()), immediately)
        assert.strictEqual((yield* client.request.size({ bytes: new Uint8Array(10) })).size, 10)
        server.broadcast("tick", [how])
        assert.strictEqual(yield* Queue.take(ticks), how)
        yield* Effect.promise(() => cable.cut(how))
        assert.match(yield* Fiber.join(call), /, sent$/)
        const before = failures(events)
        yield* until(() => failures(events) > before)
        assert.match(yield* outcome(client.request.hang()), /, not sent$/)
        yield* Effect.promise(() => cable.mend())
        yield* client.awaitConnected
      }
      yield* client.close
      yield* until(() => events.at(-1)!.startsWith("Closed"))
      assert.strictEqual(events.filter((event) => event.startsWith("Disconnected")).length, 4)
      assert.strictEqual(events.filter((event) => event.startsWith("Connected")).length, 3)
    }).pipe(Effect.scoped)
  )

  it.live("reports a reset during a large write once (trap: RST mid-write)", () =>
    Effect.gen(function* () {
      const { cable, server } = yield* start
      const client = yield* connect(cable, { maxBacklog: 1000 })
      const { events } = yield* record(client)
      const bytes = new Uint8Array(8_000_000).fill(0x62)
      const calls = yield* Effect.forEach(Array.from({ length: 4 }), () =>
        Effect.forkScoped(outcome(client.request.size({ bytes })), immediately)
      )
      yield* until(() => [...cable.sockets].some((socket) => socket.bytesRead > 100_000))
      yield* Effect.promise(() => cable.cut())
      const ends = yield* Effect.forEach(calls, Fiber.join)
      // nothing of them is sent again
      assert.isTrue(
        ends.every((end) => /sent$/.test(end)),
        ends.join()
      )
      yield* Effect.promise(() => cable.mend())
      yield* client.awaitConnected
      assert.strictEqual((yield* client.request.size({ bytes: new Uint8Array(10) })).size, 10)
      yield* until(() => server.clients.size === 1)
      assert.strictEqual(events.filter((event) => event.startsWith("Disconnected")).length, 1)
    }).pipe(Effect.scoped)
  )

  it.live("may be started before the device, and leaves no socket if it is closed meanwhile (P-332)", () =>
    Effect.gen(function* () {
      const { cable } = yield* start
      yield* Effect.promise(() => cable.cut())
      const client = yield* connect(cable, { connecting: "background" })
      const { events } = yield* record(client)
      const other = yield* Effect.forkScoped(connect(cable), immediately)
      yield* until(() => failures(events) > 1)
      yield* Fiber.interrupt(other)
      yield* Effect.promise(() => cable.mend())
      yield* client.awaitConnected
      // both ends of one connection
      assert.strictEqual(cable.sockets.size, 2)
      yield* client.close
      yield* until(() => cable.sockets.size === 0)
      // longer than it would sleep
      yield* Effect.sleep(40)
      assert.strictEqual(cable.sockets.size, 0)
    }).pipe(Effect.scoped)
  )

  it.live("drains: requests in flight are answered, then it disconnects", () =>
    Effect.gen(function* () {
      const { cable, server } = yield* start
      const client = yield* connect(cable)
      const bytes = new Uint8Array(1_000_000).fill(0x62)
      const calls = yield* Effect.forEach(Array.from({ length: 10 }), () =>
        Effect.forkScoped(client.request.size({ bytes }), immediately)
      )
      yield* client.drain
      for (const call of calls) assert.strictEqual((yield* Fiber.join(call)).size, 1_000_000)
      yield* until(() => server.clients.size === 0)
    }).pipe(Effect.scoped)
  )
})
