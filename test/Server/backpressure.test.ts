import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Arg, Interface, Request } from "katcp"
import { layer as serve } from "katcp/Server"
import { keptLog, say, start, turns } from "./harness.ts"
import { lab } from "./samplingLab.ts"

class Lab extends Interface.make("lab").add(
  Request.make("hang", { doc: "Never reply." }),
  Request.make("big", { doc: "Reply with so many bytes.", args: { size: Arg.Int }, reply: { bytes: Arg.Bytes } }),
  Request.make("many", {
    doc: "So many informs of a kilobyte.",
    args: { count: Arg.Int, how: Arg.Text },
    informs: { text: Arg.Text }
  })
) {}

const kilobyte = "x".repeat(1000)

/** The device, and what its handlers have done so far. */
const device = () => {
  const done: Array<string> = []
  const live = Lab.toLayer({
    hang: () =>
      Effect.onInterrupt(Effect.never, () =>
        Effect.sync(() => {
          done.push("interrupted")
        })
      ),
    big: ({ size }) =>
      Effect.sync(() => {
        done.push("big")
        return { bytes: new Uint8Array(Number(size)).fill(0x62) }
      }),
    many: Effect.fnUntraced(function* ({ count, how }, { drain, inform, informs }) {
      const all = function* () {
        for (let n = 0; n < Number(count); n++) {
          done.push(`${n}`)
          yield { text: kilobyte }
        }
      }
      if (how === "bulk") yield* informs(all())
      else
        for (const value of all()) {
          inform(value)
          if (how === "drain") yield* drain
        }
    })
  })
  const layer = (options?: Parameters<typeof serve>[1]) => serve(Lab, options).pipe(Layer.provide(live))
  return { done, layer, take: () => done.splice(0) }
}

describe("a client that does not read", () => {
  it.effect(
    "is not read from either: replies are bounded, and others are served (P-016, P-018)",
    Effect.fnUntraced(function* () {
      const lab = device()
      const made = () => lab.done.filter((what) => what === "big").length
      const { connect, dial, server } = yield* start(lab.layer(), { limit: 65536 })
      const slow = yield* dial({ paused: true })
      let sent = 0
      const flood = Effect.gen(function* () {
        for (; sent < 100; sent++) yield* say(slow, `?big[${sent + 1}] 100000`)
      })
      yield* Effect.forkScoped(flood, { startImmediately: true })
      const other = yield* connect
      yield* other.settle
      yield* say(other, "?watchdog")
      assert.deepStrictEqual(yield* other.settle, ["!watchdog ok"])
      assert.strictEqual(server.clients.size, 2)
      // what both ends hold, and not the 10 MB that were asked for
      assert.isBelow(made(), 12)
      yield* slow.resume
      const lines = yield* slow.settle
      assert.strictEqual(sent, 100)
      assert.deepStrictEqual(
        lines.filter((line) => line.startsWith("!big")).map((line) => line.slice(0, line.indexOf("]") + 4)),
        Array.from({ length: 100 }, (_, n) => `!big[${n + 1}] ok`)
      )
    })
  )

  it.effect(
    "is paused within one chunk: the replies to its requests are not all made at once (P-018)",
    Effect.fnUntraced(function* () {
      let made = 0
      const Big = Interface.make("big").add(Request.raw("big", { doc: "Reply with 10 kB." }))
      const live = Big.toLayer({
        big: () =>
          Effect.sync(() => {
            made++
            return ["ok", "x".repeat(10_000)]
          })
      })
      const { dial } = yield* start(serve(Big).pipe(Layer.provide(live)), { limit: 65536 })
      const slow = yield* dial({ paused: true })
      yield* slow.send("?big\n".repeat(1000))
      const other = yield* dial()
      yield* other.settle
      assert.isAtMost(made, 40)
      yield* slow.resume
      assert.strictEqual((yield* slow.settle).filter((line) => line.startsWith("!big")).length, 1000)
    })
  )

  it.effect(
    "is disconnected past maxBacklog of asynchronous informs; the others get them all (P-018, A-279, B-119)",
    Effect.fnUntraced(function* () {
      const log = keptLog()
      const lab = device()
      const { connect, dial, server } = yield* start(Layer.provide(lab.layer({ maxBacklog: 100_000 }), log.layer), {
        limit: 1000
      })
      const slow = yield* dial({ paused: true })
      yield* say(slow, "?hang")
      const other = yield* connect
      yield* other.settle
      for (let n = 0; n < 150; n++) {
        server.broadcast("weather", [n, kilobyte])
        if (n % 10 === 9) assert.strictEqual((yield* other.settle).length, 10)
      }
      assert.strictEqual(server.clients.size, 1)
      assert.deepStrictEqual(lab.take(), ["interrupted"])
      yield* slow.resume
      yield* slow.settle
      yield* slow.closed
      assert.deepStrictEqual(
        log.records.filter(({ level }) => level === "Warn").map(({ text }) => text),
        ["disconnecting 127.0.0.1:50001: more than 100000 bytes wait for it"]
      )
      yield* say(other, "?watchdog")
      assert.deepStrictEqual(yield* other.settle, ["!watchdog ok"])
    })
  )

  it.effect(
    "is distinguished from a client that reads, but receives much in one turn (P-018)",
    Effect.fnUntraced(function* () {
      const { connect, dial, server } = yield* start(device().layer({ maxBacklog: 10_000 }))
      const quick = yield* connect
      yield* dial({ paused: true })
      yield* quick.settle
      for (let n = 0; n < 70; n++) server.broadcast("weather", [n, kilobyte])
      assert.strictEqual(server.clients.size, 2)
      for (let n = 0; n < 70; n++) server.broadcast("weather", [n, kilobyte])
      assert.strictEqual(server.clients.size, 0)
    })
  )

  it.effect(
    "is disconnected above maxBacklog by its own request, which ends there (P-018)",
    Effect.fnUntraced(function* () {
      const Storm = Interface.make("storm").add(Request.make("storm", { doc: "Tell the asker much." }))
      const live = Storm.toLayer({
        storm: (_, { client }) =>
          Effect.sync(() => {
            for (let n = 0; n < 200; n++) client.inform("weather", [kilobyte])
          })
      })
      const { connect, dial, server } = yield* start(
        serve(Storm, { maxBacklog: 100_000, maxInFlight: 1 }).pipe(Layer.provide(live)),
        { limit: 1000 }
      )
      const slow = yield* dial({ paused: true })
      yield* say(slow, "?storm", "?storm", "?watchdog")
      const other = yield* connect
      yield* say(other, "?watchdog")
      assert.include(yield* other.settle, "!watchdog ok")
      assert.strictEqual(server.clients.size, 1)
    })
  )

  it.effect(
    "is disconnected past maxBacklog of informs to it alone (P-018, A-286)",
    Effect.fnUntraced(function* () {
      const { dial, server } = yield* start(device().layer({ maxBacklog: 100_000 }), { limit: 1000 })
      const slow = yield* dial({ paused: true })
      yield* Effect.yieldNow
      const [client] = server.clients
      const told = Array.from({ length: 150 }, () => client!.inform("weather", [kilobyte]))
      assert.isBelow(told.filter(Boolean).length, 100)
      assert.isAbove(told.filter(Boolean).length, 90)
      yield* slow.resume
      yield* slow.closed
      assert.strictEqual(server.clients.size, 0)
    })
  )

  it.effect(
    "slows down a handler that sends many informs, by informs or by drain (B-117)",
    Effect.fnUntraced(function* () {
      for (const how of ["bulk", "drain"]) {
        const lab = device()
        const { connect, dial } = yield* start(lab.layer(), { limit: 10_000 })
        const slow = yield* dial({ paused: true })
        yield* say(slow, `?many[5] 1000 ${how}`)
        const other = yield* connect
        yield* other.settle
        assert.isBelow(lab.done.length, 200, how)
        yield* slow.resume
        const lines = (yield* slow.settle).filter((line) => line.includes("many"))
        assert.strictEqual(lines.length, 1001, how)
        assert.strictEqual(lines.filter((line) => line === `#many[5] ${kilobyte}`).length, 1000, how)
        assert.strictEqual(lines.at(-1), "!many[5] ok", how)
      }
    })
  )

  it.effect(
    "and disconnects: the handler that waits for it is interrupted (B-117)",
    Effect.fnUntraced(function* () {
      const ended = yield* Deferred.make<string>()
      const Lister = Interface.make("lister").add(
        Request.make("all", { doc: "Without end.", informs: { text: Arg.Text } })
      )
      const endless = function* () {
        while (true) yield { text: kilobyte }
      }
      const live = Lister.toLayer({
        all: (_, { informs }) => Effect.onExit(informs(endless()), (exit) => Deferred.succeed(ended, exit._tag))
      })
      const { dial, server } = yield* start(serve(Lister).pipe(Layer.provide(live)), { limit: 10_000 })
      const slow = yield* dial({ paused: true })
      yield* say(slow, "?all")
      yield* Effect.repeat(Effect.yieldNow, { times: 50 })
      assert.strictEqual(server.clients.size, 1)
      yield* slow.reset
      assert.strictEqual(yield* Deferred.await(ended), "Failure")
      assert.strictEqual(server.clients.size, 0)
    })
  )
})

describe("a client that does not read, and is the only one to sample a sensor", () => {
  it.effect(
    "is disconnected by the first reading above maxBacklog: no more ever waits for it (P-018)",
    Effect.fnUntraced(function* () {
      const device = lab()
      const { dial, server } = yield* start(device.layer({ maxBacklog: 1000, slowClient: "disconnect" }), {
        limit: 100
      })
      const slow = yield* dial()
      yield* say(slow, "?sensor-sampling count event")
      yield* slow.settle
      yield* slow.pause
      const { count } = device.sensors()
      let largest = 0
      // the first ones fill the connection; every length of the queue occurs
      for (let n = 1; server.clients.size > 0; n++) {
        assert.isBelow(n, 200)
        yield* count.set(10 ** (n % 7), { timestamp: n })
        yield* turns
        if (server.clients.size > 0) largest = Math.max(largest, (yield* server.stats).queuedBytes)
      }
      assert.isAbove(largest, 900)
      assert.isAtMost(largest, 1000)
    })
  )
})
