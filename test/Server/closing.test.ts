import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { Arg, Interface, Request } from "katcp"
import { layer as serve } from "katcp/Server"
import { keptLog, say, start, turns } from "./harness.ts"

class Lab extends Interface.make("lab").add(
  Request.make("wait", { doc: "Reply after so many seconds.", args: { name: Arg.Text, seconds: Arg.Float } }),
  Request.make("hold", { doc: "The same, and cannot be interrupted.", args: { name: Arg.Text, seconds: Arg.Float } }),
  Request.make("kick", { doc: "Disconnect the asker.", args: { how: Arg.Text } }),
  Request.make("big", { doc: "Reply with so many bytes.", args: { size: Arg.Int }, reply: { bytes: Arg.Bytes } })
) {}

const device = () => {
  const done: Array<string> = []
  const wait = Effect.fnUntraced(function* ({ name, seconds }: { readonly name: string; readonly seconds: number }) {
    done.push(`+${name}`)
    yield* Effect.onInterrupt(Effect.sleep(seconds * 1000), () => Effect.sync(() => done.push(`!${name}`)))
    done.push(`-${name}`)
  })
  const live = Lab.toLayer({
    wait,
    hold: (args) => Effect.uninterruptible(wait(args)),
    kick: Effect.fnUntraced(function* ({ how }, { client, reply }) {
      if (how === "later") yield* Effect.sleep("1 second")
      if (how === "replied") reply({})
      yield* client.disconnect(`You asked for it: ${how}.`)
      done.push("went on")
    }),
    big: ({ size }) => Effect.succeed({ bytes: new Uint8Array(Number(size)).fill(0x62) })
  })
  const log = keptLog()
  const layer = (options?: Parameters<typeof serve>[1]) =>
    serve(Lab, options).pipe(Layer.provide(live), Layer.provide(log.layer))
  return { layer, log, take: () => done.splice(0) }
}

describe("a client that closes its end", () => {
  it.effect(
    "gets its pending replies, then the connection is closed",
    Effect.fnUntraced(function* () {
      const lab = device()
      const { connect, server } = yield* start(lab.layer())
      const client = yield* connect
      yield* say(client, "?wait[1] a 3", "?wait[2] b 1", "?watchdog[3]")
      yield* client.closeWrite
      assert.deepStrictEqual(yield* client.settle, ["!watchdog[3] ok"])
      assert.strictEqual(server.clients.size, 1)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* client.settle, ["!wait[2] ok"])
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* client.settle, ["!wait[1] ok"])
      const reason = yield* client.closed
      assert.strictEqual(reason._tag === "SocketCloseError" && reason.code, 1000)
      assert.strictEqual(server.clients.size, 0)
    })
  )

  it.effect(
    "is closed at once without requests in flight",
    Effect.fnUntraced(function* () {
      const { connect, server } = yield* start(device().layer())
      const client = yield* connect
      yield* client.closeWrite
      yield* client.closed
      assert.strictEqual(server.clients.size, 0)
    })
  )

  it.effect(
    "is given 5 seconds: longer requests are interrupted and fail",
    Effect.fnUntraced(function* () {
      const lab = device()
      const { connect, server } = yield* start(lab.layer())
      const client = yield* connect
      yield* say(client, "?wait[1] a 6", "?wait[2] b 5")
      yield* client.closeWrite
      yield* client.settle
      yield* TestClock.adjust("4999 millis")
      assert.deepStrictEqual(yield* client.settle, [])
      assert.strictEqual(server.clients.size, 1)
      yield* TestClock.adjust("1 millis")
      const lines = yield* client.settle
      assert.match(lines.join(), /!wait\[1\] fail Request\\_cancelled/)
      assert.strictEqual(lines.length, 2)
      yield* client.closed
      assert.include(lab.take(), "!a")
      assert.strictEqual(server.clients.size, 0)
    })
  )

  it.effect(
    "and does not read is cut off a second after that",
    Effect.fnUntraced(function* () {
      const lab = device()
      const { dial, server } = yield* start(lab.layer(), { limit: 1000 })
      const client = yield* dial({ paused: true })
      yield* say(client, "?big 100000", "?big 100000", "?watchdog")
      yield* client.closeWrite
      yield* turns
      yield* TestClock.adjust("5 seconds")
      yield* TestClock.adjust("999 millis")
      assert.isFalse(yield* ended(client))
      yield* TestClock.adjust("1 millis")
      yield* client.resume
      yield* client.settle
      yield* client.closed
      assert.strictEqual(server.clients.size, 0)
    })
  )

  it.effect(
    "in the middle of a line: the line is dropped, with a warning in the local log (P-031)",
    Effect.fnUntraced(function* () {
      const lab = device()
      const { connect, server } = yield* start(lab.layer())
      const client = yield* connect
      yield* client.send("?watchdog[1]\n?watchdog[2]")
      yield* client.closeWrite
      assert.deepStrictEqual(yield* client.settle, ["!watchdog[1] ok"])
      yield* client.closed
      assert.strictEqual(server.clients.size, 0)
      assert.deepStrictEqual(lab.log.records, [
        { level: "Warn", text: "127.0.0.1:50001 closed within a line: dropped its 12 bytes" }
      ])
    })
  )
})

const ended = (client: { readonly closed: Effect.Effect<unknown> }) =>
  Effect.map(Effect.timeoutOption(client.closed, 0), (reason) => reason._tag === "Some")

describe("a client that disconnects", () => {
  it.effect(
    "by a reset: its handlers are interrupted, others are not affected",
    Effect.fnUntraced(function* () {
      const lab = device()
      const { connect, server } = yield* start(lab.layer())
      const client = yield* connect
      const other = yield* connect
      yield* client.settle
      yield* say(client, "?wait[1] a 3600", "?wait[2] b 3600")
      yield* say(other, "?wait[9] c 1")
      yield* client.settle
      yield* client.reset
      yield* turns
      assert.deepStrictEqual(lab.take().sort(), ["!a", "!b", "+a", "+b", "+c"])
      assert.strictEqual(server.clients.size, 1)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* other.settle, ["!wait[9] ok"])
    })
  )

  it.effect(
    "by a reset in the middle of a write: the session ends once, with one log record (trap)",
    Effect.fnUntraced(function* () {
      const lab = device()
      const { connect, dial, server } = yield* start(lab.layer({ audit: false }), { limit: 1000 })
      const client = yield* dial({ paused: true })
      yield* say(client, "?wait a 3600", "?big 1000000")
      const other = yield* connect
      yield* other.settle
      assert.strictEqual(server.clients.size, 2)
      yield* client.reset
      yield* turns
      assert.strictEqual(server.clients.size, 1)
      assert.deepStrictEqual(lab.take(), ["+a", "!a"])
      for (let n = 0; n < 100; n++) server.broadcast("weather", [n])
      assert.strictEqual((yield* other.settle).length, 100)
      assert.isAtMost(lab.log.records.length, 1)
    })
  )

  it.effect(
    "does not wait for a handler that cannot be interrupted",
    Effect.fnUntraced(function* () {
      const lab = device()
      const { connect, server } = yield* start(lab.layer())
      const client = yield* connect
      yield* say(client, "?hold a 60")
      yield* client.settle
      yield* client.reset
      yield* turns
      assert.strictEqual(server.clients.size, 0)
      assert.deepStrictEqual(lab.take(), ["+a"])
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(lab.take(), ["-a"])
    })
  )

  it.effect(
    "cleanly, with requests above the limit: no request starts after 5 seconds",
    Effect.fnUntraced(function* () {
      const lab = device()
      const { dial, server } = yield* start(lab.layer({ maxInFlight: 2 }))
      const client = yield* dial()
      yield* say(client, "?wait[1] a 3600", "?wait[2] b 3600", "?wait[3] c 3600")
      yield* client.settle
      yield* client.close
      yield* turns
      // closed in order, as far as the server can know: what it asked is done for 5 seconds
      assert.strictEqual(server.clients.size, 1)
      yield* TestClock.adjust("5 seconds")
      yield* turns
      assert.strictEqual(server.clients.size, 0)
      assert.deepStrictEqual(lab.take(), ["+a", "+b", "!a", "!b"])
    })
  )
})

describe("disconnecting a client", () => {
  it.effect(
    "sends the reason, interrupts its handlers and closes (P-120, A-289)",
    Effect.fnUntraced(function* () {
      const lab = device()
      const { connect, server } = yield* start(lab.layer())
      const client = yield* connect
      const other = yield* connect
      yield* client.settle
      yield* say(client, "?wait[1] a 3600")
      yield* client.settle
      const [first] = server.clients
      yield* first!.disconnect("Not today.\x07")
      assert.deepStrictEqual(yield* client.settle, ["#disconnect Not\\_today.\\\\x07"])
      yield* client.closed
      assert.deepStrictEqual(lab.take(), ["+a", "!a"])
      assert.isFalse(first!.inform("weather"))
      yield* first!.disconnect("again")
      assert.strictEqual(server.clients.size, 1)
      yield* say(other, "?watchdog")
      assert.deepStrictEqual(yield* other.settle, ["!watchdog ok"])
    })
  )

  it.effect(
    "can be triggered by its own request: nothing follows #disconnect",
    Effect.fnUntraced(function* () {
      for (const how of ["now", "later", "replied"]) {
        const lab = device()
        const { connect, server } = yield* start(lab.layer())
        const client = yield* connect
        yield* say(client, `?kick[1] ${how}`, "?watchdog[2]")
        yield* client.settle
        yield* TestClock.adjust("1 second")
        yield* client.closed
        const all = (yield* client.lines).slice(3)
        assert.deepStrictEqual(
          all,
          [
            ...(how === "replied" ? ["!kick[1] ok"] : how === "later" ? ["!watchdog[2] ok"] : []),
            `#disconnect You\\_asked\\_for\\_it:\\_${how}.`
          ],
          how
        )
        assert.strictEqual(server.clients.size, 0)
      }
    })
  )

  it.effect(
    "waits a second for a client that does not read, then cuts it off (P-120, A-229, A-280)",
    Effect.fnUntraced(function* () {
      const { dial, server } = yield* start(device().layer(), { limit: 1000 })
      const client = yield* dial({ paused: true })
      yield* say(client, "?big 100000", "?watchdog")
      yield* turns
      const [first] = server.clients
      yield* first!.disconnect("Too slow.")
      assert.strictEqual(server.clients.size, 0)
      yield* TestClock.adjust("999 millis")
      yield* client.resume
      yield* client.settle
      assert.strictEqual((yield* client.lines).at(-1), "#disconnect Too\\_slow.")

      const stuck = yield* dial({ paused: true })
      yield* say(stuck, "?big 100000", "?watchdog")
      yield* turns
      const [second] = server.clients
      yield* second!.disconnect("Too slow.")
      yield* TestClock.adjust("1 second")
      yield* turns
      yield* stuck.resume
      yield* stuck.closed
      assert.notInclude(yield* stuck.lines, "#disconnect Too\\_slow.")
    })
  )
})
