import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import * as SocketServer from "effect/socket/SocketServer"
import * as TestClock from "effect/testing/TestClock"
import { Arg, Interface, Message, Request, Sensor, Server } from "katcp"
import { layer as serve } from "katcp/Server"
import { MemoryNetwork, type RawConnection } from "katcp/Testing"
import { keptLog, running, say, start, turns } from "./harness.ts"

class Lab extends Interface.make("lab").add(
  Request.make("wait", { doc: "Reply after so many seconds.", args: { seconds: Arg.Float } }),
  Request.make("echo", { doc: "Echo a second later.", args: { text: Arg.Text }, reply: { text: Arg.Text } }),
  Request.make("break", { doc: "Throw.", args: { text: Arg.optional(Arg.Text) } }),
  Sensor.make("count", { type: Arg.Int, initial: 0 })
) {}

const live = Lab.toLayer({
  wait: ({ seconds }) => Effect.sleep(seconds * 1000),
  echo: ({ text }) => Effect.delay(Effect.succeed({ text }), "1 second"),
  break: ({ text = "broken" }): Effect.Effect<void> => {
    throw new Error(text)
  }
})
const device = (options?: Parameters<typeof serve>[1]) => serve(Lab, options).pipe(Layer.provide(live))
const last = (connection: RawConnection.RawConnection) =>
  Effect.map(connection.settle, (lines) => lines.at(-1)?.replaceAll("\\_", " "))

/** A server whose clients all come from the address that is set. */
const addressed = Effect.fnUntraced(function* (options: Parameters<typeof serve>[1]) {
  let address: NetAddress.SocketAddress = NetAddress.unixPathAddress("/run/x")
  const network = yield* Layer.build(MemoryNetwork.layer)
  const { address: at, run } = Context.get(network, SocketServer.SocketServer)
  const sockets: SocketServer.SocketServer["Service"] = {
    address: at,
    run: (handler) => run((socket) => Effect.provideService(handler(socket), Server.Peer, address))
  }
  const context = yield* Layer.build(
    Layer.provide(device(options), Layer.succeed(SocketServer.SocketServer, SocketServer.SocketServer.of(sockets)))
  )
  const { dial, server } = running(Context.get(context, Server.Server), Context.get(network, MemoryNetwork))
  const from = (host: string) => {
    address = NetAddress.inetAddressFromIpStringUnsafe(host, 1000)
    return dial()
  }
  const unix = Effect.suspend(() => {
    address = NetAddress.unixPathAddress("/run/x")
    return dial()
  })
  return { from, unix, server }
})

describe("maxClients (P-411)", () => {
  it.effect(
    "is the limit: another client gets the reason, and is closed; when one disconnects, the next is accepted",
    Effect.fnUntraced(function* () {
      const { connect, dial, server } = yield* start(device({ maxClients: 2, onDisconnect: () => Effect.void }))
      const one = yield* connect
      yield* connect
      for (let n = 0; n < 3; n++) {
        const late = yield* dial()
        assert.deepStrictEqual(
          (yield* late.settle)
            .map((line) => line.replaceAll("\\_", " "))
            .filter((line) => line.startsWith("#disconnect")),
          ["#disconnect This device has its maximum of 2 clients."]
        )
        yield* late.closed
      }
      assert.strictEqual((yield* server.stats).refusedClients, 3)
      assert.strictEqual(server.clients.size, 2)
      yield* one.close
      yield* turns
      const next = yield* connect
      yield* next.settle
      yield* say(next, "?watchdog")
      assert.deepStrictEqual(yield* next.settle, ["!watchdog ok"])
    })
  )

  it.effect(
    "does not apply to a device for one client, which a new one replaces",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(device({ maxClients: 1, protocol: Message.Protocol.make(5, 1, "I") }))
      const one = yield* connect
      yield* one.settle
      const two = yield* connect
      yield* two.settle
      yield* one.closed
      yield* say(two, "?watchdog")
      assert.deepStrictEqual(yield* two.settle, ["!watchdog ok"])
    })
  )
})

describe("maxClientsPerAddress (P-411)", () => {
  it.effect(
    "counts IPv4 addresses, IPv6 networks of 64 bits, and no Unix sockets",
    Effect.fnUntraced(function* () {
      const { from, server, unix } = yield* addressed({ maxClientsPerAddress: 2 })
      const first = yield* from("10.0.0.1")
      yield* from("::ffff:10.0.0.1")
      assert.strictEqual(
        yield* Effect.flatMap(from("10.0.0.1"), last),
        "#disconnect This device has its maximum of 2 clients from 10.0.0.1."
      )
      yield* from("10.0.0.2")
      yield* from("2001:db8::1")
      yield* from("2001:db8::2:1")
      assert.match((yield* Effect.flatMap(from("2001:db8::3"), last)) ?? "", /2 clients from 2001:db8::\/64\./)
      yield* from("2001:db8:0:1::1")
      for (let n = 0; n < 3; n++) yield* unix
      yield* turns
      assert.strictEqual(server.clients.size, 9)
      yield* first.close
      yield* turns
      yield* from("10.0.0.1")
      yield* turns
      assert.strictEqual(server.clients.size, 9)
      assert.strictEqual((yield* server.stats).refusedClients, 2)
    })
  )
})

describe("maxTotalBytes (P-411)", () => {
  it.effect(
    "counts all unfinished lines, and drops the client with the most bytes",
    Effect.fnUntraced(function* () {
      const { connect, server } = yield* start(device({ maxTotalBytes: 100_000 }), { limit: 1e6 })
      const clients: Array<RawConnection.RawConnection> = []
      for (let n = 0; n < 4; n++) {
        const client = yield* connect
        clients.push(client)
        yield* client.send(`?echo ${"x".repeat(n === 2 ? 30_000 : 20_000)}`)
        yield* client.settle
      }
      assert.strictEqual(server.clients.size, 4)
      const one = yield* connect
      yield* one.settle
      yield* one.send(`?echo ${"x".repeat(15_000)}`)
      yield* turns
      assert.strictEqual(server.clients.size, 4)
      yield* clients[2]!.closed
      assert.match(
        (yield* last(clients[2]!)) ?? "",
        /^#disconnect All clients together hold more than 100000 bytes, and this one most: 30006\.$/
      )
      const { largestClients } = yield* server.stats
      assert.strictEqual(largestClients, 1)
      // the others go on where they were
      yield* clients[0]!.send("y\n")
      yield* clients[0]!.settle
      yield* TestClock.adjust("1 second")
      assert.match((yield* last(clients[0]!)) ?? "", /^!echo ok x+y$/)
    })
  )

  it.effect(
    "counts bytes that wait for clients that do not read, and pending requests",
    Effect.fnUntraced(function* () {
      const { connect, dial, server } = yield* start(device({ maxTotalBytes: 100_000 }), { limit: 1000 })
      const stuck = yield* dial({ paused: true })
      yield* turns
      const busy = yield* connect
      yield* Effect.forkScoped(busy.send(`?echo[1] ${"x".repeat(40_000)}\n`), { startImmediately: true })
      yield* turns
      assert.strictEqual(server.clients.size, 2)
      for (let n = 0; n < 80; n++) {
        yield* Effect.sync(() => {
          for (const client of server.clients)
            if (client.address.endsWith("50001")) client.inform("note", ["x".repeat(1000)])
        })
        yield* turns
      }
      assert.strictEqual(server.clients.size, 1)
      assert.strictEqual((yield* server.stats).largestClients, 1)
      yield* TestClock.adjust("1 second")
      yield* stuck.resume
      yield* stuck.closed
      assert.match((yield* last(busy)) ?? "", /^!echo\[1\] ok x+$/)
    })
  )

  it.effect(
    "is not checked for requests that are answered at once",
    Effect.fnUntraced(function* () {
      const { connect, server } = yield* start(device({ maxTotalBytes: 20_000 }))
      const client = yield* connect
      for (let n = 0; n < 100; n++) {
        yield* client.send("?watchdog[1]\n".repeat(100))
        yield* client.settle
      }
      assert.strictEqual(server.clients.size, 1)
    })
  )
})

describe("idleTimeout (P-411)", () => {
  it.effect(
    "drops a client that sends, awaits and samples nothing, with the reason",
    Effect.fnUntraced(function* () {
      const { connect, server } = yield* start(device({ idleTimeout: "1 minute" }))
      const silent = yield* connect
      const asks = yield* connect
      const waits = yield* connect
      const samples = yield* connect
      yield* say(waits, "?wait[1] 100")
      yield* say(samples, "?sensor-sampling count event")
      for (let n = 0; n < 5; n++) {
        yield* TestClock.adjust("15 seconds")
        yield* say(asks, "?watchdog")
        yield* turns
      }
      assert.strictEqual(server.clients.size, 3)
      assert.strictEqual(yield* last(silent), "#disconnect Nothing came from this client for 60 seconds.")
      yield* silent.closed
      // those that have stopped to do something are idle from then on
      yield* TestClock.adjust("100 seconds")
      yield* turns
      assert.deepStrictEqual(
        [...server.clients].map(({ address }) => address),
        ["127.0.0.1:50004"]
      )
      yield* waits.closed
    })
  )

  it.effect(
    "is off by default: a client may only listen",
    Effect.fnUntraced(function* () {
      const { connect, server } = yield* start(device())
      yield* connect
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(server.clients.size, 1)
    })
  )
})

describe("the log (P-414)", () => {
  it.effect(
    "stays short whatever clients do: a handler that throws 20,000 times writes 16 lines",
    Effect.fnUntraced(function* () {
      const { layer, records } = keptLog()
      const { connect } = yield* start(device().pipe(Layer.provide(layer)))
      const client = yield* connect
      yield* client.settle
      let failures = 0
      for (let n = 0; n < 20; n++) {
        yield* client.send("?break\n".repeat(1000))
        while (failures < (n + 1) * 1000)
          failures += (yield* client.settle).filter((line) => line === "!break fail broken").length
      }
      const lines = records.filter(({ text }) => text.includes("has a defect"))
      assert.lengthOf(lines, 16)
      assert.match(
        lines.at(-1)?.text ?? "",
        /^\?break of 127\.0\.0\.1:50001 has a defect \(number 10240; 5119 were not logged\)/
      )
    })
  )

  it.effect(
    "has a line for each kind of defect, up to 100 kinds",
    Effect.fnUntraced(function* () {
      const { layer, records } = keptLog()
      const { connect } = yield* start(device({ audit: false }).pipe(Layer.provide(layer)))
      const client = yield* connect
      for (let n = 0; n < 2000; n++) yield* say(client, `?break text-${n}`)
      while (!(yield* client.settle).some((line) => line.endsWith("text-1999"))) yield* turns
      assert.isAtMost(records.length, 100 + 16)
      assert.isAtLeast(records.length, 100)
    })
  )
})
