import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { Arg, Interface, type Message, Request, RequestFailed, RequestInvalid, Sensor, Server } from "katcp"
import { keptLog, say, start } from "./harness.ts"

class Dish extends Interface.make("dish").add(
  Request.make("move", { doc: "Move.", args: { az: Arg.Float }, reply: { az: Arg.Float } }),
  Request.make("slow", { doc: "Reply after a second.", concurrency: "serial" }),
  Request.raw("echo", { doc: "Echo." }),
  Sensor.make("az", { doc: "Azimuth", type: Arg.Float, initial: 0 })
) {}

const guarded = (guard: Server.Guard, more?: Server.Options) => {
  const handled: Array<string> = []
  const log = keptLog()
  const live = Dish.toLayer({
    move: ({ az }) =>
      Effect.sync(() => {
        handled.push(`move ${az}`)
        return { az }
      }),
    slow: () => Effect.andThen(Effect.sleep("1 second"), Effect.void),
    echo: (message) => Effect.succeed(["ok", ...message.arguments])
  })
  const layer = Server.layer(Dish, { guard, ...more }).pipe(Layer.provide(live), Layer.provide(log.layer))
  return Effect.map(start(layer), (running) => ({ ...running, handled, log }))
}
const no = new RequestFailed({ message: "not you" })

describe("a guard", () => {
  it.effect(
    "receives client, request and arguments; a refused request is not executed",
    Effect.fnUntraced(function* () {
      const asked: Array<string> = []
      const { connect, handled } = yield* guarded((client, request) => {
        asked.push(`${client.address} ${request}`)
        if (request.name === "move" && Number(request.text(0)) > 90) return new RequestInvalid({ message: "too far" })
        return client.address.endsWith("1") ? undefined : no
      })
      const first = yield* connect
      const second = yield* connect
      yield* first.settle
      yield* say(first, "?move[1] 10", "?move[2] 100", "?move[3] x")
      assert.deepStrictEqual((yield* first.settle).slice(0, 2), ["!move[1] ok 10.0", "!move[2] invalid too\\_far"])
      yield* say(second, "?move 10", "?echo a\\_b \xff")
      assert.deepStrictEqual(yield* second.settle, ["!move fail not\\_you", "!echo fail not\\_you"])
      assert.deepStrictEqual(handled, ["move 10"])
      assert.deepStrictEqual(asked, [
        "127.0.0.1:50001 ?move[1] 10",
        "127.0.0.1:50001 ?move[2] 100",
        "127.0.0.1:50001 ?move[3] x",
        "127.0.0.1:50002 ?move 10",
        '127.0.0.1:50002 ?echo "a b" "\\xff"'
      ])
    })
  )

  it.effect(
    "applies to standard requests and those answered by unhandled, too",
    Effect.fnUntraced(function* () {
      const { connect, server } = yield* guarded(() => no, { unhandled: () => Effect.succeed(["ok"]) })
      const client = yield* connect
      const names = [
        "halt",
        "restart",
        "help",
        "watchdog",
        "log-level",
        "sensor-list",
        "sensor-value",
        "sensor-sampling",
        "sensor-sampling-clear",
        "client-list",
        "version-list",
        "request-timeout-hint",
        "any-thing"
      ]
      for (const name of names) {
        yield* say(client, `?${name}[7] az event`)
        assert.deepStrictEqual(yield* client.settle, [`!${name}[7] fail not\\_you`])
      }
      assert.strictEqual(server.clients.size, 1)
    })
  )

  it.effect(
    "is not called for an unknown request (P-003)",
    Effect.fnUntraced(function* () {
      const { connect } = yield* guarded(() => no)
      const client = yield* connect
      yield* say(client, "?nope[1]")
      assert.match((yield* client.settle).join(), /^!nope\[1\] invalid Unknown\\_request/)
    })
  )

  it.effect(
    "may be asynchronous: only its own request waits; its result or failure refuses the request",
    Effect.fnUntraced(function* () {
      const { connect, handled } = yield* guarded((_, request) => {
        const decide = (text: string | undefined): Effect.Effect<Server.Refusal | void, Server.Refusal> =>
          text === "1" ? Effect.void : text === "2" ? Effect.succeed(no) : Effect.fail(no)
        return request.name === "move" ? Effect.andThen(Effect.sleep("1 second"), decide(request.text(0))) : undefined
      })
      const client = yield* connect
      yield* say(client, "?move[1] 1", "?move[2] 2", "?move[3] 3", "?watchdog[4]")
      assert.deepStrictEqual(yield* client.settle, ["!watchdog[4] ok"])
      assert.deepStrictEqual(handled, [])
      // the bytes that the requests came in are long overwritten
      yield* say(client, "?echo[5] 9 9 9")
      yield* client.settle
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* client.settle, [
        "!move[1] ok 1.0",
        "!move[2] fail not\\_you",
        "!move[3] fail not\\_you"
      ])
      assert.deepStrictEqual(handled, ["move 1"])
    })
  )

  it.effect(
    "with effects applies to requests that answer by themselves, and replies once",
    Effect.fnUntraced(function* () {
      const { connect, dial } = yield* guarded(() => Effect.andThen(Effect.sleep("1 second"), Effect.void))
      const client = yield* connect
      yield* say(client, "?watchdog[1]", "?move[2] x", "?sensor-value[3]", "?sensor-sampling[4] az auto")
      yield* client.settle
      yield* TestClock.adjust("1 second")
      const lines = yield* client.settle
      assert.deepStrictEqual(lines[0], "!watchdog[1] ok")
      assert.match(lines[1] ?? "", /^!move\[2\] fail /)
      assert.deepStrictEqual(lines.slice(2), [
        "#sensor-value[3] 0.0 1 az nominal 0.0",
        "!sensor-value[3] ok 1",
        "#sensor-status 0.0 1 az nominal 0.0",
        "!sensor-sampling[4] ok az auto"
      ])
      yield* say(client, "?halt[5]")
      yield* client.settle
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* client.settle, ["!halt[5] ok", "#disconnect The\\_device\\_was\\_halted."])
      assert.deepStrictEqual(yield* (yield* dial()).settle, ["#disconnect The\\_device\\_was\\_halted."])
    })
  )

  it.effect(
    "that is synchronous keeps replies in order, even with an Exit",
    Effect.fnUntraced(function* () {
      const verdicts = [Exit.void, Exit.succeed(no), Exit.fail(no), undefined, no] as const
      const { connect } = yield* guarded((_, request) => verdicts[Number(request.text(0))])
      const client = yield* connect
      yield* say(client, "?move 0", "?move 1", "?move 2", "?move 3", "?move 4")
      assert.deepStrictEqual(yield* client.settle, [
        "!move ok 0.0",
        "!move fail not\\_you",
        "!move fail not\\_you",
        "!move ok 3.0",
        "!move fail not\\_you"
      ])
    })
  )

  it.effect(
    "that throws, dies, or returns an invalid verdict refuses; the local log has the cause",
    Effect.fnUntraced(function* () {
      const odd: Record<string, () => unknown> = {
        throws: () => {
          throw new Error("no list")
        },
        dies: () => Effect.die(new Error("no list")),
        "dies later": () => Effect.andThen(Effect.yieldNow, Effect.die(new Error("no list"))),
        true: () => true,
        null: () => null,
        promise: () => Promise.resolve(),
        "exit with true": () => Exit.succeed(true),
        "true later": () => Effect.as(Effect.yieldNow, true)
      }
      const { connect, handled, log } = yield* guarded((_, request) => odd[`${request.text(0)}`]!() as undefined, {
        unhandled: () => Effect.succeed(["ok"])
      })
      const client = yield* connect
      for (const kind of Object.keys(odd)) {
        yield* say(client, `?move[1] ${kind.replaceAll(" ", "\\_")}`)
        const lines = yield* client.settle
        assert.strictEqual(lines.length, 1, kind)
        assert.match(lines[0] ?? "", /^!move\[1\] fail (no\\_list|the\\_guard\\_must\\_return\\_nothing)/, kind)
      }
      assert.deepStrictEqual(handled, [])
      assert.strictEqual(log.records.filter(({ level }) => level === "Error").length, Object.keys(odd).length)
    })
  )

  it.effect(
    "is interrupted when the client disconnects",
    Effect.fnUntraced(function* () {
      const events: Array<string> = []
      const note = (what: string) => Effect.sync(() => void events.push(what))
      const { connect, handled } = yield* guarded(() => Effect.onInterrupt(Effect.never, () => note("interrupted")))
      const client = yield* connect
      yield* say(client, "?move 1")
      yield* client.settle
      yield* client.reset
      const other = yield* connect
      yield* other.settle
      assert.deepStrictEqual(events, ["interrupted"])
      assert.deepStrictEqual(handled, [])
    })
  )

  it.effect(
    "of a serial request delays the next ones, too",
    Effect.fnUntraced(function* () {
      const { connect } = yield* guarded((_, { name }) => (name === "slow" ? Effect.sleep("1 second") : undefined))
      const client = yield* connect
      yield* say(client, "?slow[1]", "?watchdog[2]")
      yield* client.settle
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* client.settle, [])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* client.settle, ["!slow[1] ok", "!watchdog[2] ok"])
    })
  )

  it.effect(
    "may keep the request, and has the address at which the client connected",
    Effect.fnUntraced(function* () {
      const kept: Array<Message.Message> = []
      const { connect, server } = yield* guarded((client, request) => {
        assert.strictEqual(client.listener, server.address)
        kept.push(request)
      })
      const client = yield* connect
      yield* say(client, "?echo[1] first \\@", ...Array.from({ length: 100 }, () => "?watchdog"))
      yield* client.settle
      assert.strictEqual(`${kept[0]}`, '?echo[1] first ""')
      // and that does not keep all that came with it
      assert.isBelow(kept[0]!.bytes(0)!.buffer.byteLength, 100)
    })
  )
})
