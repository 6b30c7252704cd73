/** Requests and their outcomes (issue "Trust", 2). */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { Arg, Interface, Request, RequestFailed, RequestInvalid, Server } from "katcp"
import { keptLog, say, start } from "./harness.ts"

class Dish extends Interface.make("dish").add(
  Request.make("set", { doc: "Set.", args: { values: Arg.rest(Arg.Bytes) } }),
  Request.make("fail", { doc: "Fail." }),
  Request.make("reject", { doc: "Reject." }),
  Request.make("break", { doc: "Break." }),
  Request.make("slow", { doc: "Reply after two seconds." }),
  Request.make("early", { doc: "Reply, go on, fail." }),
  Request.raw("raw", { doc: "Reply with its arguments." }),
  Request.make("look", { doc: "Look.", role: "read" }),
  Request.make("secure", { doc: "For few.", role: "admin" }),
  Request.make("login", { doc: "Check a secret.", args: { pin: Arg.Int, mode: Arg.Discrete("a", "b") } })
) {}
const live = Dish.toLayer({
  set: () => Effect.void,
  fail: () => Effect.fail(new RequestFailed({ message: "no\u202e way" })),
  reject: () => Effect.fail(new RequestInvalid({ message: "what?" })),
  break: () => Effect.die(new Error("broken")),
  slow: () => Effect.sleep("2 seconds"),
  early: (_, { reply }) =>
    Effect.andThen(
      Effect.sync(() => reply({})),
      Effect.fail(new RequestFailed({ message: "late" }))
    ),
  raw: (message) => Effect.succeed(message.arguments),
  look: () => Effect.void,
  secure: () => Effect.void,
  login: ({ pin }) =>
    pin === 1 ? Effect.die(new Error(`bad ${pin}`)) : Effect.fail(new RequestFailed({ message: `no pin ${pin}` }))
})

const device = Effect.fnUntraced(function* (options?: Server.Options) {
  const log = keptLog()
  const scope = yield* Scope.make()
  yield* Effect.addFinalizer(() => Scope.close(scope, Exit.void))
  const layer = Server.layer(Dish, options).pipe(Layer.provide(live), Layer.provide(log.layer))
  const running = yield* Scope.provide(start(layer), scope)
  const audited = () =>
    log.records.filter(({ text }) => (text.startsWith("?") && !text.includes("defect")) || /^\d+ more/.test(text))
  return { ...running, log, audited, stop: Scope.close(scope, Exit.void) }
})

/** The records from now on. */
const watch = Effect.fnUntraced(function* (server: Server.Server["Service"]) {
  const records: Array<Server.AuditRecord> = []
  const fiber = yield* Effect.forkScoped(
    Stream.runForEach(server.audit, (record) => Effect.sync(() => void records.push(record))),
    { startImmediately: true }
  )
  return { records, ended: Fiber.join(fiber) }
})
const control = { access: [{ role: "control" }] } as const

describe("the audit (P-405)", () => {
  it.effect(
    "has a record of every request that needs more than read, with client, origin, request and outcome",
    Effect.fnUntraced(function* () {
      const { audited, connect, server } = yield* device({
        ...control,
        guard: (_, { name, ...request }) =>
          name === "set" && request.length === 0 ? new RequestFailed({ message: "not you" }) : undefined
      })
      const { records } = yield* watch(server)
      const client = yield* connect
      yield* TestClock.setTime(5000)
      yield* say(client, "?set[7] a \\_b \xff", "?fail", "?reject", "?break", "?early", "?raw fail \\@", "?raw odd")
      yield* say(client, "?secure x", "?halt", "?log-level info", "?set", "?slow[9]")
      yield* say(client, "?look", "?help", "?watchdog", "?log-level", "?sensor-value", "?nosuch", "#set 1", "what")
      yield* client.settle
      yield* TestClock.adjust("2 seconds")
      yield* client.settle
      for (const record of records) assert.isTrue(Schema.is(Server.AuditRecord)(JSON.parse(JSON.stringify(record))))
      assert.deepStrictEqual(records[0], {
        time: 5,
        from: "127.0.0.1:50001",
        listener: "127.0.0.1:7147",
        role: "control",
        request: "set",
        id: 7,
        arguments: ["a", " b", "\udcff"],
        outcome: "ok",
        seconds: 0,
        missed: 0
      })
      assert.deepStrictEqual(
        audited().map(({ text }) => text.replace(" of 127.0.0.1:50001 (control)", "")),
        [
          '?set[7] a " b" "\\xff": ok',
          "?fail: fail, no\\u{202e} way",
          "?reject: invalid, what?",
          "?break: fail, broken",
          "?early: ok",
          '?raw fail "": fail',
          "?raw odd: fail",
          "?secure x: refused, ?secure needs the role admin; 127.0.0.1:50001 has control.",
          "?halt: refused, ?halt needs the role admin; 127.0.0.1:50001 has control.",
          "?log-level info: refused, ?log-level needs the role admin; 127.0.0.1:50001 has control.",
          "?set: refused, not you",
          "?slow[9]: ok"
        ]
      )
      assert.deepStrictEqual(
        records.map(({ outcome, request, seconds }) => `${request} ${outcome} ${seconds}`).slice(-2),
        ["set refused 0", "slow ok 2"]
      )
    })
  )

  it.effect(
    "records cancelled requests, by a disconnection or the device's end, and ends with the server",
    Effect.fnUntraced(function* () {
      const { connect, server, stop } = yield* device()
      const { ended, records } = yield* watch(server)
      const one = yield* connect
      yield* say(one, "?slow 1")
      yield* one.settle
      yield* say(one, "?slow[1]")
      yield* one.settle
      yield* one.reset
      const other = yield* connect
      yield* say(other, "?slow[1]", "?halt[2]")
      yield* other.settle
      yield* stop
      yield* ended
      assert.deepStrictEqual(
        records.map(({ outcome, request }) => `${request} ${outcome}`),
        ["slow fail", "slow cancelled", "slow cancelled", "halt ok"]
      )
      assert.deepStrictEqual(yield* Stream.runCollect(server.audit), [])
    })
  )

  it.effect(
    "shortens arguments, and withholds those of configured requests",
    Effect.fnUntraced(function* () {
      const { connect, server } = yield* device({ audit: { withhold: ["raw"] } })
      const { records } = yield* watch(server)
      const client = yield* connect
      const long = `?set ${"x".repeat(41)} ${"é".repeat(40)} 1 2 3 4 5 6 7 8\n`
      yield* client.send(new TextEncoder().encode(long))
      yield* say(client, "?raw ok secret", "?set")
      yield* client.settle
      assert.deepStrictEqual(
        records.map((record) => record.arguments),
        [
          [`${"x".repeat(40)}… (41 bytes)`, "é".repeat(40), "1", "2", "3", "4", "5", "6", "… 2 more"],
          ["(2 withheld)"],
          []
        ]
      )
    })
  )

  it.effect(
    "withholds the reasons of configured requests, which can repeat arguments",
    Effect.fnUntraced(function* () {
      const { audited, connect, server } = yield* device({ ...control, audit: { withhold: ["login", "secure"] } })
      const { records } = yield* watch(server)
      const client = yield* connect
      yield* say(client, "?login hunter2 a", "?login 4711 c", "?login 4711 a", "?login 1 a", "?login 4711 a b")
      yield* say(client, "?secure hunter2", "?secure")
      const replies = yield* client.settle
      // the client itself gets the reason
      assert.include(replies[0], "hunter2")
      assert.deepStrictEqual(
        records.map(({ arguments: values, outcome, reason }) => [values.join(" "), outcome, reason]),
        [
          ["(2 withheld)", "fail", undefined],
          ["(2 withheld)", "fail", undefined],
          ["(2 withheld)", "fail", undefined],
          ["(2 withheld)", "fail", undefined],
          ["(3 withheld)", "fail", undefined],
          ["(1 withheld)", "refused", undefined],
          ["(0 withheld)", "refused", undefined]
        ]
      )
      for (const { text } of audited()) assert.notMatch(text, /hunter2|4711|[,]\s/)
    })
  )

  it.effect(
    "cuts a reason of any length, in the log and in the stream",
    Effect.fnUntraced(function* () {
      const { audited, connect, server } = yield* device()
      const { records } = yield* watch(server)
      const client = yield* connect
      const long = "\u{1f52d}".repeat(30_000)
      yield* client.send(new TextEncoder().encode(`?log-level ${long}\n?log-level x${long}\n`))
      yield* client.settle
      assert.strictEqual(records.length, 2)
      for (const { reason = "" } of records) {
        assert.isAtMost(reason.length, 230)
        assert.match(reason, /… \(\d{5} characters\)$/)
        assert.isTrue(reason.isWellFormed())
      }
      for (const { text } of audited()) assert.isAtMost(text.length, 500)
    })
  )

  it.effect(
    "logs a limited number per client and second, and counts the others by name; the stream has all",
    Effect.fnUntraced(function* () {
      const { audited, connect, server } = yield* device({ audit: { perSecond: 3 } })
      const { records } = yield* watch(server)
      const client = yield* connect
      const other = yield* connect
      yield* say(client, ...Array.from({ length: 10 }, () => "?set 1"), "?fail")
      yield* say(other, "?set 2")
      yield* client.settle
      yield* other.settle
      assert.strictEqual(audited().length, 4)
      yield* TestClock.adjust("1 second")
      yield* say(client, "?set 3")
      yield* client.settle
      assert.deepStrictEqual(
        audited()
          .slice(3)
          .map(({ text }) => text),
        [
          "?set 2 of 127.0.0.1:50002 (admin): ok",
          "8 more requests in a second, not logged one by one: ?set 7, ?fail 1",
          "?set 3 of 127.0.0.1:50001 (admin): ok"
        ]
      )
      assert.strictEqual(records.length, 13)
    })
  )

  it.effect(
    "logs the omitted ones after the second, and durations stay true, if the time of day goes back meanwhile",
    Effect.fnUntraced(function* () {
      const clock = yield* Clock.Clock
      let ahead = 0
      const stepped: Clock.Clock = { ...clock, currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() + ahead }
      const { audited, connect, server } = yield* Effect.provideService(
        device({ audit: { perSecond: 2 } }),
        Clock.Clock,
        stepped
      )
      const { records } = yield* watch(server)
      const client = yield* connect
      const other = yield* connect
      yield* say(other, "?slow")
      yield* other.settle
      yield* say(client, "?set 1", "?set 2")
      yield* client.settle
      ahead = -3_600_000
      yield* say(client, "?set 3")
      yield* client.settle
      yield* TestClock.adjust("2 seconds")
      yield* client.settle
      assert.deepStrictEqual(
        records.map(({ request, seconds }) => `${request} ${seconds}`),
        ["set 0", "set 0", "set 0", "slow 2"]
      )
      yield* say(client, "?set 4")
      yield* client.settle
      const lines = audited().map(({ text }) => text.replace(" of 127.0.0.1:50001 (admin)", ""))
      assert.include(lines, "1 more requests in a second, not logged one by one: ?set 1")
      assert.include(lines, "?set 4: ok")
    })
  )

  it.effect(
    "reports the omitted records at the end",
    Effect.fnUntraced(function* () {
      const { audited, connect, stop } = yield* device({ audit: { perSecond: 0 } })
      const client = yield* connect
      yield* say(client, "?set 1")
      yield* client.settle
      yield* stop
      assert.deepStrictEqual(
        audited().map(({ text }) => text),
        ["1 more requests in a second, not logged one by one: ?set 1"]
      )
    })
  )

  it.effect(
    "tells a slow reader how many records it has missed",
    Effect.fnUntraced(function* () {
      const { connect, server } = yield* device({ audit: { logLevel: "None" } })
      const seen: Array<number> = []
      const gate = yield* Effect.forkScoped(
        Stream.runForEach(server.audit, ({ missed }) =>
          Effect.andThen(
            Effect.sync(() => void seen.push(missed)),
            seen.length === 0 ? Effect.sleep("1 second") : Effect.void
          )
        ),
        { startImmediately: true }
      )
      const client = yield* connect
      for (let n = 0; n < 20; n++) {
        yield* say(client, ...Array.from({ length: 100 }, () => "?set 1"))
        yield* client.settle
      }
      yield* TestClock.adjust("1 second")
      yield* client.settle
      yield* say(client, "?set 1")
      yield* client.settle
      yield* Fiber.interrupt(gate)
      assert.strictEqual(seen.length + seen.reduce((sum, missed) => sum + missed, 0), 2001)
      assert.isAbove(seen.at(-1)!, 0)
    })
  )

  it.effect(
    "can be turned off, sent only to the stream, or logged at another level",
    Effect.fnUntraced(function* () {
      const off = yield* device({ audit: false })
      assert.deepStrictEqual(yield* Stream.runCollect(off.server.audit), [])
      const levels: Array<ReadonlyArray<string>> = []
      for (const audit of [false, { logLevel: "None" }, { logLevel: "Error" }, undefined] as const) {
        const { audited, connect } = yield* device({ audit })
        const client = yield* connect
        yield* say(client, "?set 1")
        assert.deepStrictEqual(yield* client.settle, ["!set ok"])
        levels.push(audited().map(({ level }) => level))
      }
      assert.deepStrictEqual(levels, [[], [], ["Error"], ["Info"]])
    })
  )
})
