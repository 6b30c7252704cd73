import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as TestClock from "effect/testing/TestClock"
import { Arg, Interface, Request, RequestFailed, Server } from "katcp"
import { keptLog, say, start, timeless, turns } from "./harness.ts"

class Dish extends Interface.make("dish").add(
  Request.make("move", { doc: "Move.", args: { az: Arg.Float }, reply: { az: Arg.Float } }),
  Request.make("fail", { doc: "Fail." }),
  Request.make("break", { doc: "Die." }),
  Request.make("wait", { doc: "Reply after a second.", reply: { text: Arg.Text } }),
  Request.make("early", { doc: "Reply, then go on." })
) {}

const hooked = (onMessage: Server.OnMessage | undefined, more?: Server.Options) => {
  const log = keptLog()
  const live = Dish.toLayer({
    move: ({ az }) => Effect.succeed({ az }),
    fail: () => Effect.fail(new RequestFailed({ message: "no power" })),
    break: () => Effect.die(new Error("secret")),
    wait: () => Effect.as(Effect.sleep("1 second"), { text: "done" }),
    early: (_, { reply }) =>
      Effect.gen(function* () {
        reply({})
        yield* Effect.sleep("1 second")
      })
  })
  const layer = Server.layer(Dish, { onMessage, ...more }).pipe(Layer.provide(live), Layer.provide(log.layer))
  return Effect.map(start(layer), (running) => ({ ...running, log }))
}

describe("onMessage (A-218, A-219)", () => {
  it.effect(
    "wraps every message of any kind; next does the default handling (P-002, P-011, P-013)",
    Effect.fnUntraced(function* () {
      const seen: Array<string> = []
      const { connect } = yield* hooked((client, message, next) => {
        seen.push(`${client.address} ${message.kind} ${message}`)
        return next
      })
      const plain = yield* hooked(undefined)
      const lines = [
        "?move[1] 10",
        "?move x",
        "?fail[2]",
        "?break[3]",
        "?nope[4]",
        "?watchdog[5]",
        "?client-list",
        "!stray[6] ok 1",
        "#news a b",
        "junk"
      ]
      const one = yield* connect
      const other = yield* plain.connect
      yield* say(one, ...lines)
      yield* say(other, ...lines)
      const answers = (yield* one.settle).map(timeless)
      assert.deepStrictEqual(answers, (yield* other.settle).map(timeless))
      assert.strictEqual(answers.length, 10)
      assert.deepStrictEqual(
        seen,
        lines
          .slice(0, -1)
          .map(
            (line) =>
              `127.0.0.1:50001 ${line.startsWith("?") ? "request" : line.startsWith("!") ? "reply" : "inform"} ${line}`
          )
      )
    })
  )

  it.effect(
    "can handle informs and replies itself, asynchronously",
    Effect.fnUntraced(function* () {
      const taken: Array<string> = []
      const { connect } = yield* hooked((_, message, next) =>
        message.kind === "request"
          ? next
          : Effect.andThen(
              Effect.sleep("1 second"),
              Effect.sync(() => void taken.push(`${message}`))
            )
      )
      const client = yield* connect
      yield* say(client, "#news one\\_two", "!stray[6] ok", "?watchdog[1]")
      assert.deepStrictEqual(yield* client.settle, ["!watchdog[1] ok"])
      yield* say(client, "?watchdog[2] ", "#x yyyyyyyyyyyyyyyyyyyyyyyyyyyy")
      yield* client.settle
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* client.settle, [])
      assert.deepStrictEqual(taken, ['#news "one two"', "!stray[6] ok", "#x yyyyyyyyyyyyyyyyyyyyyyyyyyyy"])
    })
  )

  it.effect(
    "ends next when the reply is sent, once",
    Effect.fnUntraced(function* () {
      const times: Array<string> = []
      const { connect } = yield* hooked((client, message, next) =>
        Effect.tap(next, () =>
          Effect.sync(() => {
            times.push(message.name)
            client.inform("done", [message.name])
          })
        )
      )
      const client = yield* connect
      yield* say(client, "?wait[1]", "?move[2] 1", "?help[3] move", "?early[4]")
      const lines = yield* client.settle
      assert.deepStrictEqual(lines, [
        "!move[2] ok 1.0",
        "#done move",
        "#help[3] move Move.\\nUsage:\\_?move\\_az",
        "!help[3] ok 1",
        "#done help",
        "!early[4] ok"
      ])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* client.settle, ["!wait[1] ok done", "#done wait", "#done early"])
      assert.deepStrictEqual(times, ["move", "help", "wait", "early"])
    })
  )

  it.effect(
    "can refuse a request; a request without a reply fails (P-003)",
    Effect.fnUntraced(function* () {
      const { connect } = yield* hooked((_, { name }) =>
        name === "move" ? Effect.fail(new RequestFailed({ message: "not now", code: "busy" })) : Effect.void
      )
      const client = yield* connect
      yield* say(client, "?move[1] 1", "?watchdog[2]", "?nope[3]")
      assert.deepStrictEqual(yield* client.settle, [
        "!move[1] busy not\\_now",
        "!watchdog[2] fail ?watchdog\\_was\\_blocked\\_by\\_onMessage.",
        "!nope[3] fail ?nope\\_was\\_blocked\\_by\\_onMessage."
      ])
    })
  )

  it.effect(
    "can retry a failed request, and replace its error text (A-222)",
    Effect.fnUntraced(function* () {
      let tries = 0
      const { connect } = yield* hooked((_, __, next) =>
        Effect.andThen(
          Effect.sync(() => tries++),
          next
        ).pipe(
          Effect.retry({ times: 2 }),
          Effect.catchDefect(() => Effect.fail(new RequestFailed({ message: "internal error" })))
        )
      )
      const client = yield* connect
      yield* say(client, "?fail[1]")
      assert.deepStrictEqual(yield* client.settle, ["!fail[1] fail no\\_power"])
      assert.strictEqual(tries, 3)
      yield* say(client, "?break[2]")
      assert.deepStrictEqual(yield* client.settle, ["!break[2] fail internal\\_error"])
    })
  )

  it.effect(
    "runs before the guard",
    Effect.fnUntraced(function* () {
      const order: Array<string> = []
      const hook = Effect.sync(() => order.push("hook"))
      const { connect } = yield* hooked((_, __, next) => Effect.andThen(hook, next), {
        guard: () => {
          order.push("guard")
          return new RequestFailed({ message: "no" })
        }
      })
      const client = yield* connect
      yield* say(client, "?move[1] 1", "?nope[2]")
      assert.match((yield* client.settle).join(), /^!move\[1\] fail no,!nope\[2\] invalid /)
      assert.deepStrictEqual(order, ["hook", "guard", "hook"])
    })
  )

  it.effect(
    "reports a failure for an inform or a reply to the client; a defect is also in the local log",
    Effect.fnUntraced(function* () {
      const { connect, log } = yield* hooked((_, { name }) => {
        if (name === "fail") return Effect.fail(new RequestFailed({ message: "unknown news" }))
        if (name === "die") return Effect.die(new Error("no room"))
        throw new Error("thrown")
      })
      const client = yield* connect
      yield* say(client, "#fail", "!die", "#throw", "?throw[1]")
      assert.deepStrictEqual((yield* client.settle).map(timeless), [
        "#log error TIME katcp #fail:\\_unknown\\_news",
        "#log error TIME katcp !die:\\_no\\_room",
        "#log error TIME katcp #throw:\\_thrown",
        "!throw[1] fail thrown"
      ])
      const errors = log.records.filter(({ level }) => level === "Error").map(({ text }) => text)
      for (const [n, start] of [
        "onMessage has failed for !die of 127.0.0.1:50001 ",
        "onMessage has failed for #throw of 127.0.0.1:50001 ",
        "?throw of 127.0.0.1:50001 has a defect "
      ].entries())
        assert.isTrue(errors[n]?.startsWith(start), errors[n])
      assert.strictEqual(errors.length, 3)
    })
  )

  it.effect(
    "is bounded as requests are, and ends with the client",
    Effect.fnUntraced(function* () {
      let running = 0
      const { connect, server } = yield* hooked(
        (_, message, next) =>
          message.kind === "request"
            ? next
            : Effect.sync(() => void running++).pipe(
                Effect.andThen(Effect.never),
                Effect.onInterrupt(() => Effect.sync(() => void running--))
              ),
        { maxInFlight: 4 }
      )
      const client = yield* connect
      yield* say(client, ...Array.from({ length: 10 }, () => "#news"), "?watchdog")
      assert.deepStrictEqual(yield* client.settle, [])
      assert.strictEqual(running, 4)
      yield* client.reset
      yield* turns
      assert.strictEqual(running, 0)
      assert.strictEqual(server.clients.size, 0)
    })
  )
})

describe("annotateLogs (B-132)", () => {
  it.effect(
    "adds client and request to the records of local loggers; nothing else changes",
    Effect.fnUntraced(function* () {
      for (const annotateLogs of [undefined, true]) {
        const records: Array<unknown> = []
        const logger = Logger.make<unknown, void>(({ fiber, message }) => {
          records.push([message, fiber.getRef(References.CurrentLogAnnotations)])
        })
        const live = Dish.toLayer({
          move: ({ az }) => Effect.as(Effect.annotateLogs(Effect.logError("moves"), "logger", "drive"), { az }),
          fail: () => Effect.fail(new RequestFailed({ message: "no" })),
          break: () => Effect.andThen(Effect.sleep("1 second"), Effect.logError("later")),
          wait: () => Exit.succeed({ text: "" }),
          early: () => Effect.void
        })
        const { connect } = yield* start(
          Server.layer(Dish, { annotateLogs, audit: false }).pipe(
            Layer.provide(live),
            Layer.provide(Logger.layer([logger]))
          )
        )
        const client = yield* connect
        yield* say(client, "?move[1] 1", "?break[2]", "?wait[3]", "?fail[4]")
        assert.deepStrictEqual(yield* client.settle, [
          "#log error 0.0 drive moves",
          "!move[1] ok 1.0",
          "!wait[3] ok \\@",
          "!fail[4] fail no"
        ])
        yield* TestClock.adjust("1 second")
        yield* client.settle
        const who = (request: string) => (annotateLogs ? { client: "127.0.0.1:50001", request } : {})
        assert.deepStrictEqual(records, [
          [["moves"], { ...who("move"), logger: "drive" }],
          [["later"], who("break")]
        ])
        yield* TestClock.setTime(0)
      }
    })
  )
})
