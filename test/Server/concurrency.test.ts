import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { Arg, Interface, Request } from "katcp"
import { layer as serve } from "katcp/Server"
import { keptLog, say, start } from "./harness.ts"

class Lab extends Interface.make("lab").add(
  Request.make("wait", { doc: "Reply after so many seconds.", args: { name: Arg.Text, seconds: Arg.Float } }),
  Request.make("turn", {
    doc: "The same, one at a time.",
    args: { name: Arg.Text, seconds: Arg.Float },
    concurrency: "serial"
  }),
  Request.make("free", {
    doc: "The same, never waiting.",
    args: { name: Arg.Text, seconds: Arg.Float },
    concurrency: "concurrent"
  }),
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
  const wait = Effect.fnUntraced(function* ({ name, seconds }: { readonly name: string; readonly seconds: number }) {
    done.push(`+${name}`)
    yield* Effect.onInterrupt(Effect.sleep(seconds * 1000), () => Effect.sync(() => done.push(`!${name}`)))
    done.push(`-${name}`)
  })
  const live = Lab.toLayer({
    wait,
    turn: wait,
    free: wait,
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
const waits = (name: string, count: number, seconds = 1) =>
  Array.from({ length: count }, (_, n) => `?${name}[${n + 1}] ${n + 1} ${seconds}`)
const started = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => `+${from + n}`)

describe("requests of one client", () => {
  it.effect(
    "run at once: a slow one holds up neither the next nor those of others (P-106, A-216, B-116)",
    Effect.fnUntraced(function* () {
      const lab = device()
      const { connect } = yield* start(lab.layer())
      const client = yield* connect
      const other = yield* connect
      yield* client.settle
      yield* say(client, "?wait[1] a 3", "?wait[2] b 1", "?watchdog[3]")
      yield* say(other, "?watchdog")
      assert.deepStrictEqual(yield* client.settle, ["!watchdog[3] ok"])
      assert.deepStrictEqual(yield* other.settle, ["!watchdog ok"])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* client.settle, ["!wait[2] ok"])
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* client.settle, ["!wait[1] ok"])
    })
  )

  it.effect(
    "at most maxInFlight of them: with a bound of 4, 4 of 10 start, and all are answered (B-118)",
    Effect.fnUntraced(function* () {
      const lab = device()
      const { connect } = yield* start(lab.layer({ maxInFlight: 4 }))
      const client = yield* connect
      yield* say(client, ...waits("wait", 10))
      yield* client.settle
      assert.deepStrictEqual(lab.take(), started(1, 4))
      const replies: Array<string> = []
      for (let n = 0; n < 3; n++) {
        yield* TestClock.adjust("1 second")
        replies.push(...(yield* client.settle))
      }
      assert.deepStrictEqual(replies.sort(), Array.from({ length: 10 }, (_, n) => `!wait[${n + 1}] ok`).sort())
    })
  )

  it.effect(
    "never more than maxInFlight, whatever the pieces and the order in which they end (B-118)",
    Effect.fnUntraced(function* () {
      for (const maxInFlight of [1, 2, 3, 7, 256]) {
        const lab = device()
        const { connect } = yield* start(lab.layer({ maxInFlight }), { segments: [7, 1, 31] })
        const client = yield* connect
        const count = maxInFlight * 3 + 1
        yield* say(client, ...Array.from({ length: count }, (_, n) => `?wait[${n + 1}] ${n + 1} ${1 + (n % 3)}`))
        let most = 0
        let running = 0
        let replies = 0
        for (let second = 0; second < 30 && replies < count; second++) {
          replies += (yield* client.settle).length
          for (const what of lab.take()) {
            running += what.startsWith("+") ? 1 : -1
            most = Math.max(most, running)
          }
          yield* TestClock.adjust("1 second")
        }
        assert.strictEqual(replies, count)
        assert.strictEqual(most, maxInFlight)
      }
    })
  )

  it.effect(
    "that fill the bound stop that client alone, and all of three clients go on (trap)",
    Effect.fnUntraced(function* () {
      const lab = device()
      const { connect } = yield* start(lab.layer({ maxInFlight: 4 }))
      const clients = [yield* connect, yield* connect, yield* connect]
      for (const client of clients) yield* client.settle
      for (const client of clients) yield* say(client, ...waits("wait", 9), "?watchdog[100]")
      for (const client of clients) assert.deepStrictEqual(yield* client.settle, [])
      assert.strictEqual(lab.take().length, 12)
      const fresh = yield* connect
      yield* say(fresh, "?watchdog")
      assert.deepStrictEqual(yield* fresh.settle, ["!watchdog ok"])
      const counts = [0, 0, 0]
      for (let n = 0; n < 3; n++) {
        yield* TestClock.adjust("1 second")
        for (const [at, client] of clients.entries())
          counts[at]! += (yield* client.settle).filter((line) => line.startsWith("!")).length
      }
      assert.deepStrictEqual(counts, [10, 10, 10])
    })
  )
})

describe("serial requests (Q-24, A-206, A-220)", () => {
  it.effect(
    "of one kind wait for each other, and hold back what comes behind them",
    Effect.fnUntraced(function* () {
      const lab = device()
      const { connect } = yield* start(lab.layer())
      const client = yield* connect
      yield* say(client, "?wait[1] a 5", "?turn[2] b 1", "?turn[3] c 1", "?watchdog[4]")
      assert.deepStrictEqual(yield* client.settle, [])
      assert.deepStrictEqual(lab.take(), ["+a", "+b"])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* client.settle, ["!turn[2] ok"])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* client.settle, ["!turn[3] ok", "!watchdog[4] ok"])
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(yield* client.settle, ["!wait[1] ok"])
    })
  )

  it.effect(
    "as the server's rule: replies come in the order of the requests, but for those marked concurrent",
    Effect.fnUntraced(function* () {
      const lab = device()
      const { connect } = yield* start(lab.layer({ concurrency: "serial" }))
      const client = yield* connect
      const other = yield* connect
      yield* client.settle
      yield* say(client, "?free 0 9", "?wait 1 3", "?wait 2 1", "?watchdog")
      yield* say(other, "?wait x 1")
      yield* client.settle
      assert.deepStrictEqual(lab.take(), ["+0", "+1", "+x"])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* other.settle, ["!wait ok"])
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* client.settle, ["!wait ok"])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* client.settle, ["!wait ok", "!watchdog ok"])
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(yield* client.settle, ["!free ok"])
    })
  )

  it.effect(
    "end with the connection, though nothing more is read: a reset interrupts the one that runs",
    Effect.fnUntraced(function* () {
      const lab = device()
      const { connect, server } = yield* start(lab.layer({ concurrency: "serial" }))
      const client = yield* connect
      yield* say(client, "?wait a 3600")
      yield* client.settle
      yield* say(client, "?wait b 3600", "?wait c 3600")
      yield* client.settle
      yield* client.reset
      yield* client.settle
      assert.deepStrictEqual(lab.take(), ["+a", "!a"])
      assert.strictEqual(server.clients.size, 0)
    })
  )

  it.effect(
    "are still done in their order when the client has closed its end",
    Effect.fnUntraced(function* () {
      const lab = device()
      const { connect, server } = yield* start(lab.layer({ concurrency: "serial" }))
      const client = yield* connect
      yield* say(client, "?wait[1] a 1", "?wait[2] b 1")
      yield* client.settle
      yield* say(client, "?wait[3] c 1")
      yield* client.closeWrite
      yield* client.settle
      for (let n = 0; n < 3; n++) yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* client.settle, ["!wait[1] ok", "!wait[2] ok", "!wait[3] ok"])
      assert.strictEqual((yield* client.closed)._tag, "SocketCloseError")
      assert.strictEqual(server.clients.size, 0)
    })
  )
})

describe("a client that does not read", () => {
  it.effect(
    "is not read either: replies are not gathered without bound, others are served (P-016, P-018)",
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
    "is held back within one chunk: the replies to its requests are not all made at once (P-018)",
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
      yield* say(slow, "?wait a 3600")
      const other = yield* connect
      yield* other.settle
      for (let n = 0; n < 150; n++) {
        server.broadcast("weather", [n, kilobyte])
        if (n % 10 === 9) assert.strictEqual((yield* other.settle).length, 10)
      }
      assert.strictEqual(server.clients.size, 1)
      assert.deepStrictEqual(lab.take(), ["+a", "!a"])
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
    "holds up a handler that sends many informs, be it by informs or by drain (B-117)",
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
    "and goes: the handler that waits for it is interrupted (B-117)",
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
