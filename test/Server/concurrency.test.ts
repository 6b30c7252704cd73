import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { Arg, Interface, Request } from "katcp"
import { layer as serve } from "katcp/Server"
import { say, start } from "./harness.ts"

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
  })
) {}

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
    free: wait
  })
  const layer = (options?: Parameters<typeof serve>[1]) => serve(Lab, options).pipe(Layer.provide(live))
  return { done, layer, take: () => done.splice(0) }
}
const waits = (name: string, count: number, seconds = 1) =>
  Array.from({ length: count }, (_, n) => `?${name}[${n + 1}] ${n + 1} ${seconds}`)
const started = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => `+${from + n}`)

describe("requests of one client", () => {
  it.effect(
    "run concurrently: a slow one delays neither the next nor those of others (P-106, A-216, B-116)",
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
    "never exceed maxInFlight, whatever the chunks and the order of ending (B-118)",
    Effect.fnUntraced(function* () {
      for (const maxInFlight of [1, 2, 3, 7, 256]) {
        const lab = device()
        const { connect } = yield* start(lab.layer({ maxInFlight }), { segments: [7, 1, 31] })
        const client = yield* connect
        const count = maxInFlight * 3 + 1
        yield* say(client, ...Array.from({ length: count }, (_, n) => `?wait[${n + 1}] ${n + 1} ${1 + (n % 3)}`))
        let largest = 0
        let running = 0
        let replies = 0
        for (let second = 0; second < 30 && replies < count; second++) {
          replies += (yield* client.settle).length
          for (const what of lab.take()) {
            running += what.startsWith("+") ? 1 : -1
            largest = Math.max(largest, running)
          }
          yield* TestClock.adjust("1 second")
        }
        assert.strictEqual(replies, count)
        assert.strictEqual(largest, maxInFlight)
      }
    })
  )

  it.effect(
    "that reach the limit pause only that client, and all of three clients continue (trap)",
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
    "of one kind wait for each other, and delay the requests after them",
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
    "as the server's rule: replies come in the order of the requests, except those marked concurrent",
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
    "end with the connection, even if nothing more is read: a reset interrupts the running one",
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
    "still run in order after the client has closed its end",
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
