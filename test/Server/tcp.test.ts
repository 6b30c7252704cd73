import * as net from "node:net"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { Arg, Interface, Request, Server } from "katcp"
import { NodeServer } from "katcp/Node"
import { keptLog } from "./harness.ts"

class Lab extends Interface.make("lab").add(
  Request.make("wait", { doc: "Reply after so many milliseconds.", args: { millis: Arg.Float } }),
  Request.make("hang", { doc: "Never reply." }),
  Request.make("big", { doc: "Reply with so many bytes.", args: { size: Arg.Int }, reply: { bytes: Arg.Bytes } })
) {}

const events: Array<string> = []
const LabLive = Lab.toLayer({
  wait: ({ millis }) => Effect.sleep(millis),
  hang: () =>
    Effect.onInterrupt(Effect.never, () =>
      Effect.sync(() => {
        events.push("interrupted")
      })
    ),
  big: ({ size }) => Effect.succeed({ bytes: new Uint8Array(Number(size)).fill(0x62) })
})

/** A server on a free port of this machine. */
const serving = Effect.fnUntraced(function* (options?: Server.Options) {
  const log = keptLog()
  const layer = Server.layer(Lab, { audit: false, ...options }).pipe(
    Layer.provide(LabLive),
    Layer.provide(NodeServer.tcp({ host: "127.0.0.1", port: 0 })),
    Layer.provide(log.layer)
  )
  const scope = yield* Scope.make()
  const server = Context.get(yield* Scope.provide(Layer.build(layer), scope), Server.Server)
  yield* Effect.addFinalizer((exit) => Scope.close(scope, exit))
  assert(server.address._tag !== "UnixPathAddress")
  events.length = 0
  return { server, log, port: server.address.port, stop: Scope.close(scope, Exit.void) }
})

/** A client without any library. */
class Plain {
  readonly socket: net.Socket
  text = ""
  ended = false
  closed = false
  constructor(port: number) {
    this.socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true })
    this.socket.setEncoding("latin1")
    this.socket.on("data", (text: string) => {
      this.text += text
    })
    this.socket.on("end", () => {
      this.ended = true
    })
    this.socket.on("error", () => undefined)
    this.socket.on("close", () => {
      this.closed = true
    })
  }
  get lines(): ReadonlyArray<string> {
    return this.text.split("\n").slice(0, -1)
  }
}
const open = (port: number) =>
  Effect.acquireRelease(
    Effect.sync(() => new Plain(port)),
    (client) => Effect.sync(() => client.socket.destroy())
  )

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

/** The open handles of a kind. */
const handlesOf = <A>(kind: new (...args: Array<never>) => A): ReadonlyArray<A> =>
  (process as unknown as { _getActiveHandles(): ReadonlyArray<unknown> })
    ._getActiveHandles()
    .filter((handle): handle is A => handle instanceof kind)

describe("a server on TCP", () => {
  it.live(
    "answers the requests from before the client closed its end, then closes (P-001)",
    Effect.fnUntraced(function* () {
      const { port, server } = yield* serving()
      const client = yield* open(port)
      client.socket.end("?wait[1] 50\n?watchdog[2]\n")
      yield* until(() => client.closed || client.ended)
      assert.deepStrictEqual(client.lines.slice(3), ["!watchdog[2] ok", "!wait[1] ok"])
      yield* until(() => server.clients.size === 0)
    })
  )

  it.live(
    "reports a client's address and port (P-274)",
    Effect.fnUntraced(function* () {
      const { port } = yield* serving()
      const client = yield* open(port)
      client.socket.write("?client-list\n")
      yield* until(() => client.text.includes("!client-list ok 1"))
      assert.include(client.lines, `#client-list 127.0.0.1:${client.socket.localPort}`)
    })
  )

  it.live(
    "survives a reset in the middle of a write: one event, the session closed (trap)",
    Effect.fnUntraced(function* () {
      const { log, port, server } = yield* serving()
      const client = yield* open(port)
      client.socket.on("data", () => client.socket.pause())
      client.socket.write("?hang\n?big 30000000\n?big 30000000\n")
      yield* until(() => client.text.length > 0)
      const other = yield* open(port)
      other.socket.write("?watchdog\n")
      yield* until(() => other.text.includes("!watchdog ok"))
      client.socket.resetAndDestroy()
      yield* until(() => server.clients.size === 1)
      assert.deepStrictEqual(events, ["interrupted"])
      for (let n = 0; n < 50; n++) server.broadcast("weather", [n])
      yield* until(() => other.text.includes("#weather 49"))
      assert.isAtMost(log.records.length, 1)
    })
  )

  it.live(
    "notices the disconnection of a client whose requests are all in flight",
    Effect.fnUntraced(function* () {
      const { port, server } = yield* serving({ concurrency: "serial" })
      const client = yield* open(port)
      client.socket.write("?hang\n?watchdog\n?watchdog\n")
      yield* until(() => client.text.length > 0 && server.clients.size === 1)
      client.socket.resetAndDestroy()
      yield* until(() => server.clients.size === 0)
      assert.deepStrictEqual(events, ["interrupted"])
    })
  )

  it.live(
    "reads nothing from a client that does not read its replies, beyond the buffers (P-018)",
    Effect.fnUntraced(function* () {
      const { port } = yield* serving()
      const client = yield* open(port)
      client.socket.pause()
      const requests = "?big 1000\n".repeat(6553)
      let sent = 0
      let refused = false
      // some megabytes of requests fit into the buffers of the system; they ask for a hundred times as much
      while (!refused && sent < 400) {
        refused = !client.socket.write(requests) && client.socket.writableLength > 4_000_000
        sent++
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      }
      assert.isTrue(refused)
      assert.isBelow(process.memoryUsage().rss, 1_500_000_000)
      const other = yield* open(port)
      other.socket.write("?watchdog\n")
      yield* until(() => other.text.includes("!watchdog ok"))
    })
  )

  it.live(
    "ends in time even if a client does not read, and informs the others (P-120)",
    Effect.fnUntraced(function* () {
      const { port, server, stop } = yield* serving()
      const stuck = yield* open(port)
      stuck.socket.on("data", () => stuck.socket.pause())
      stuck.socket.write("?big 30000000\n")
      const other = yield* open(port)
      yield* until(() => server.clients.size === 2 && stuck.text.length > 0)
      // not the minute in which a client may take nothing
      const start = performance.now()
      yield* stop
      const took = performance.now() - start
      yield* until(() => other.ended)
      assert.strictEqual(other.lines.at(-1), "#disconnect The\\_device\\_is\\_stopping.")
      assert.isBelow(took, 30_000)
    })
  )

  it.live(
    "ends in time even if a client has stopped reading just below the limit (P-120)",
    Effect.fnUntraced(function* () {
      const { port, server, stop } = yield* serving()
      const stuck = yield* open(port)
      yield* until(() => server.clients.size === 1 && stuck.text.length > 0)
      stuck.socket.pause()
      // small informs, until the buffers of the system are full and a little is left over in the process, which no
      // write has to wait for
      const [client] = server.clients
      const own = handlesOf(net.Socket).find(({ remotePort }) => remotePort === stuck.socket.localPort)!
      const left = () => Effect.map(Effect.sleep(2), () => own.writableLength)
      while ((yield* left()) === 0) for (let n = 0; n < 24; n++) client!.inform("weather", ["x".repeat(1000)])
      assert.isFalse(own.writableNeedDrain)
      const start = performance.now()
      yield* stop
      assert.isBelow(performance.now() - start, 30_000)
    })
  )

  it.live(
    "releases all handles and memory of 500 clients, round by round",
    Effect.fnUntraced(function* () {
      setFlagsFromString("--expose-gc")
      const collect: () => void = runInNewContext("gc")
      const { log, port, server } = yield* serving()
      const other = yield* open(port)
      yield* until(() => server.clients.size === 1)
      const handles = () => process.getActiveResourcesInfo().filter((name) => /TCP|Timeout/.test(name)).length
      const before = handles()
      const heap: Array<number> = []
      for (let round = 0; round < 5; round++) {
        for (let batch = 0; batch < 10; batch++) {
          const clients = Array.from({ length: 50 }, () => new Plain(port))
          for (const client of clients) client.socket.write("?watchdog[1]\n?wait[2] 1\njunk\n?unfinished")
          yield* until(() => clients.every(({ text }) => text.includes("!watchdog[1] ok")))
          for (const [n, { socket }] of clients.entries())
            if (n % 2 === 0) socket.resetAndDestroy()
            else socket.destroy()
          yield* until(() => server.clients.size === 1 && clients.every(({ closed }) => closed))
        }
        other.text = ""
        log.records.length = 0
        yield* until(() => handles() <= before)
        collect()
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
        collect()
        heap.push(process.memoryUsage().heapUsed)
      }
      assert.isAtMost(handles(), before)
      // 1500 clients between the second round and the last
      assert.isBelow(heap[4]! - heap[1]!, 300_000)
      other.socket.write("?client-list\n")
      yield* until(() => other.text.includes("!client-list ok 1"))
    })
  )

  it.live(
    "lets the event loop turn between 64 KiB of ?help, even if the kernel accepts all replies at once (P-410)",
    Effect.fnUntraced(function* () {
      const { port, server } = yield* serving()
      const client = yield* open(port)
      yield* until(() => client.text.includes("#version-connect"))
      let largest = 0
      let before = yield* Effect.map(server.stats, ({ informs }) => informs)
      let watching = true
      // between two of these the event loop has gone round once
      const runSync = Effect.runSyncWith(yield* Effect.context<never>())
      const watch = () => {
        const { informs } = runSync(server.stats)
        largest = Math.max(largest, informs - before)
        before = informs
        if (watching) setImmediate(watch)
      }
      setImmediate(watch)
      client.socket.write("?help\n".repeat(10_922))
      let replies = 0
      client.socket.on("data", () => {
        replies += client.text.split("!help ok").length - 1
        client.text = client.text.slice(client.text.lastIndexOf("\n") + 1)
      })
      yield* until(() => replies === 10_922)
      watching = false
      assert.isBelow(largest, 2 * 4096 + 100)
    })
  )
})
