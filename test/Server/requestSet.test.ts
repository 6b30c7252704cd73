/** Requests that come and go at run time, and what a handler sees of a request. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Arg, Interface, Message, Request, RequestFailed, type Server } from "katcp"
import { layer as serve } from "katcp/Server"
import { connect } from "katcp/Testing"
import { immediately } from "../Client/connect.ts"
import { rest } from "../Client/sensors/site.ts"
import { say, start, timeless } from "./harness.ts"

class Gain extends Context.Service<Gain, number>()("test/Gain") {}

class Dish extends Interface.make("dish").add(
  Request.make("stow", { doc: "Stow.", reply: { text: Arg.Text } }),
  Request.make("die", { doc: "Die." }),
  Request.make("who", { doc: "Say what was asked.", args: { x: Arg.optional(Arg.Float) }, reply: { text: Arg.Text } })
) {}

const handlers = (requests: (set: Interface.RequestSet) => void) =>
  Dish.toLayer(
    Effect.gen(function* () {
      requests(yield* Dish.requestSet)
      return {
        stow: () => Effect.succeed({ text: "stowed" }),
        die: () => Effect.die(new TypeError("no motor")),
        who: (_, context) =>
          Effect.andThen(
            Effect.yieldNow,
            Effect.sync(() => ({ text: `${context.message}` }))
          )
      }
    })
  )

/** A device with a client behind its greeting, and the set of its requests. */
const dish = Effect.fnUntraced(function* (options?: Parameters<typeof serve>[1]) {
  let set!: Interface.RequestSet
  const { connect, server } = yield* start(
    serve(Dish, options).pipe(
      Layer.provide(
        handlers((requests) => {
          set = requests
        })
      )
    )
  )
  return { set, client: yield* connect, server }
})

const point = Request.make("point", { doc: "Point.", args: { az: Arg.Float }, timeoutHint: "30 seconds" })

describe("a request that is added at run time", () => {
  it.effect(
    "is served, in ?help and ?request-timeout-hint, until it is removed; clients receive an inform (P-129)",
    Effect.fnUntraced(function* () {
      const { client, set } = yield* dish()
      yield* say(client, "?point[1] 5")
      assert.match((yield* client.settle)[0]!, /^!point\[1\] invalid/)
      const asked: Array<number> = []
      yield* set.add(point, ({ az }) => Effect.sync(() => void asked.push(az)))
      assert.deepStrictEqual(yield* client.settle, ["#interface-changed request-list"])
      yield* say(client, "?point[2] 5", "?point[3] x", "?help[4] point", "?request-timeout-hint[5] point")
      assert.deepStrictEqual(yield* client.settle, [
        "!point[2] ok",
        '!point[3] fail Error\\_in\\_parameter\\_1\\_(az):\\_expected\\_a\\_float,\\_got\\_"x"',
        "#help[4] point Point.\\nUsage:\\_?point\\_az",
        "!help[4] ok 1",
        "#request-timeout-hint[5] point 30.0",
        "!request-timeout-hint[5] ok 1"
      ])
      assert.deepStrictEqual(asked, [5])
      assert.deepStrictEqual(set.names, ["die", "point", "stow", "who"])
      assert.isTrue(yield* set.remove("point"))
      assert.isFalse(yield* set.remove("point"))
      assert.deepStrictEqual(yield* client.settle, ["#interface-changed request-list"])
      yield* say(client, "?point[6] 5", "?help[7] point")
      assert.deepStrictEqual(yield* client.settle, [
        "!point[6] invalid Unknown\\_request\\_point.\\_?help\\_lists\\_all\\_requests.",
        "!help[7] fail Unknown\\_request\\_point."
      ])
    })
  )

  it.effect(
    "is announced by name if configured; a batch is announced once, and cancelled changes not at all (P-129)",
    Effect.fnUntraced(function* () {
      const { client, set } = yield* dish({ interfaceChanged: "each" })
      const other = Request.make("other", { doc: "Other." })
      yield* set.batch(
        Effect.gen(function* () {
          yield* set.add(point, () => Effect.void)
          yield* set.add(other, () => Effect.void)
          yield* set.add(Request.make("stow", { doc: "Stow again." }), () => Effect.void)
          yield* set.remove("die")
          yield* set.remove("other")
        })
      )
      assert.deepStrictEqual(yield* client.settle, [
        "#interface-changed request point added",
        "#interface-changed request stow modified",
        "#interface-changed request die removed"
      ])
      yield* say(client, "?stow[1]")
      assert.deepStrictEqual(yield* client.settle, ["!stow[1] ok"])
    })
  )

  it.effect(
    "may replace a standard request, which is restored when it is removed",
    Effect.fnUntraced(function* () {
      const { client, set } = yield* dish({ interfaceChanged: "each" })
      yield* set.add(Request.make("watchdog", { doc: "Bark.", reply: { word: Arg.Text } }), () =>
        Effect.succeed({ word: "wuff" })
      )
      yield* say(client, "?watchdog[1]")
      yield* client.settle
      yield* set.remove("watchdog")
      yield* say(client, "?watchdog[2]")
      assert.deepStrictEqual(yield* client.settle, ["#interface-changed request watchdog modified", "!watchdog[2] ok"])
      assert.isFalse(yield* set.remove("watchdog"))
    })
  )

  it.effect(
    "finishes with the handler that it began with, and has the guard, the hook and the count of all others",
    Effect.fnUntraced(function* () {
      const seen: Array<string> = []
      const { client, server, set } = yield* dish({
        guard: (_, { name }) => (name === "secret" ? new RequestFailed({ message: "not you" }) : undefined),
        onMessage: (_, message, next) => {
          seen.push(message.name)
          return next
        }
      })
      const gate = yield* Deferred.make<void>()
      const slow = Request.make("slow", { doc: "Slow.", reply: { n: Arg.SafeInt } })
      yield* set.add(slow, () => Effect.as(Deferred.await(gate), { n: 1 }))
      yield* set.add(Request.make("secret", { doc: "Secret." }), () => Effect.void)
      yield* say(client, "?slow[1]", "?secret[2]")
      yield* client.settle
      yield* set.add(slow, () => Effect.succeed({ n: 2 }))
      yield* say(client, "?slow[3]")
      yield* Deferred.succeed(gate, undefined)
      const lines = (yield* client.settle).filter((line) => line.startsWith("!"))
      assert.deepStrictEqual([...lines].sort(), ["!slow[1] ok 1", "!slow[3] ok 2"])
      assert.deepStrictEqual(seen, ["slow", "secret", "slow"])
      assert.strictEqual((yield* server.stats).requests.get("slow"), 2)
      const counted = () =>
        Effect.map(Metric.snapshot, (all) =>
          all
            .filter(({ attributes }) => attributes?.request === "slow")
            .map(({ state }) => (state as { count: number }).count)
        )
      assert.deepStrictEqual(yield* counted(), [2])
      yield* set.remove("slow")
      assert.deepStrictEqual(yield* counted(), [])
    })
  )

  it.effect(
    "has the services of its creator, and ends with its Scope",
    Effect.fnUntraced(function* () {
      const { client, set } = yield* dish()
      const scope = yield* Scope.make()
      const gain = Request.make("gain", { doc: "Gain.", reply: { gain: Arg.Float } })
      yield* set
        .addScoped(gain, () => Effect.map(Effect.andThen(Effect.yieldNow, Gain), (gain) => ({ gain })))
        .pipe(Effect.provideService(Gain, 2.5), Scope.provide(scope))
      yield* say(client, "?gain[1]")
      assert.strictEqual((yield* client.settle).at(-1), "!gain[1] ok 2.5")
      // another one that has taken its place stays
      yield* set.add(gain, () => Effect.succeed({ gain: 0 }))
      yield* Scope.close(scope, Effect.runSyncExit(Effect.void))
      assert.isTrue(set.has("gain"))
    })
  )

  it.effect(
    "needs a handler and a name that is not an inform of the server; otherwise nothing changes",
    Effect.fnUntraced(function* () {
      const { client, set } = yield* dish()
      const died = yield* Effect.exit(set.add(Request.make("disconnect", { doc: "" }), () => Effect.void))
      assert.match(String(died), /\?disconnect cannot be a request/)
      const none = yield* Effect.exit(set.add(point, undefined as never))
      assert.match(String(none), /\?point: the handler is not a function/)
      assert.deepStrictEqual([yield* client.settle, set.names], [[], ["die", "stow", "who"]])
    })
  )

  it.effect(
    "is not announced in versions without #interface-changed",
    Effect.fnUntraced(function* () {
      let set!: Interface.RequestSet
      const { dial } = yield* start(
        serve(Dish, { protocol: Message.Protocol.make(4, 0, "M") }).pipe(
          Layer.provide(
            handlers((requests) => {
              set = requests
            })
          )
        )
      )
      const client = yield* dial()
      yield* client.settle
      yield* set.add(Request.make("new", { doc: "", requires: Message.Protocol.make(5, 1) }), () => Effect.void)
      yield* set.add(point, () => Effect.void)
      yield* say(client, "?point 5", "?new")
      assert.deepStrictEqual(
        (yield* client.settle).map((line) => line.split(" ").slice(0, 2).join(" ")),
        ["!point ok", "!new invalid"]
      )
    })
  )

  it.effect(
    "is refused like all requests when the device stops",
    Effect.fnUntraced(function* () {
      const { client, server, set } = yield* dish({ drain: true, logLevel: "off" })
      const gate = yield* Deferred.make<void>()
      yield* set.add(Request.make("hold", { doc: "Hold." }), () => Deferred.await(gate))
      yield* say(client, "?hold[1]")
      yield* client.settle
      yield* Effect.forkScoped(server.stop(), immediately)
      yield* set.add(point, () => Effect.void)
      yield* say(client, "?point[2] 1")
      const lines = yield* client.settle
      assert.include(lines, "!point[2] fail Request\\_refused:\\_the\\_device\\_is\\_stopping.")
      yield* Deferred.succeed(gate, undefined)
    })
  )

  it.effect(
    "is seen by a client that looks at the interface, and its changes can be followed on the device",
    Effect.fnUntraced(function* () {
      let set!: Interface.RequestSet
      const { client } = yield* connect(
        Dish,
        handlers((requests) => {
          set = requests
        }),
        { client: { inspect: true } }
      )
      yield* client.synced
      const told: Array<string> = []
      yield* set.changes.pipe(
        Stream.runForEach((changes) =>
          Effect.sync(() => told.push(...changes.map(({ _tag, name }) => `${_tag} ${name}`)))
        ),
        Effect.forkScoped(immediately)
      )
      assert.isFalse(client.device.requests.has("point"))
      yield* set.add(point, () => Effect.void)
      yield* rest
      yield* client.synced
      assert.isTrue(client.device.requests.has("point"))
      assert.isTrue((yield* client.call("point", [1])).ok)
      yield* set.remove("point")
      yield* rest
      assert.isFalse(client.device.requests.has("point"))
      assert.deepStrictEqual(told, ["Added point", "Removed point"])
    })
  )
})

describe("a typed handler", () => {
  it.effect(
    "sees the request as it was sent, at once and later (A-199, A-293)",
    Effect.fnUntraced(function* () {
      const { client } = yield* dish()
      const padding = `?watchdog[9]\n`.repeat(1000)
      // in a large chunk with others, and in one of its own
      yield* client.send(`?who[1] 1.50\n?who\n${padding}`)
      yield* say(client, "?who[3]")
      const lines = (yield* client.settle).filter((line) => line.startsWith("!who"))
      assert.deepStrictEqual(lines.sort(), ["!who ok ?who", "!who[1] ok ?who[1]\\_1.50", "!who[3] ok ?who[3]"])
    })
  )
})

describe("the reply to a client after a defect", () => {
  const replyOf = Effect.fnUntraced(function* (defects: Server.Options["defects"]) {
    const { client } = yield* dish({ defects, logLevel: "off" })
    yield* say(client, "?die[1]")
    return (yield* client.settle).map(timeless)[0]!
  })

  it.effect(
    "is its message, its traceback of a given length, or nothing of it (A-217)",
    Effect.fnUntraced(function* () {
      assert.strictEqual(yield* replyOf(undefined), "!die[1] fail no\\_motor")
      assert.strictEqual(yield* replyOf("hidden"), "!die[1] fail The\\_handler\\_has\\_a\\_defect.")
      const whole = yield* replyOf("traceback")
      assert.match(whole, /^!die\[1\] fail no\\_motor\\n(?:\\_)+at\\_.*requestSet\.test\.ts:\d+/)
      const one = yield* replyOf({ traceback: 1 })
      assert.strictEqual(one.split("\\n").length, 2)
      assert.isAtLeast(whole.split("\\n").length, one.split("\\n").length)
      assert.strictEqual(yield* replyOf({ traceback: 0 }), "!die[1] fail no\\_motor")
    })
  )
})
