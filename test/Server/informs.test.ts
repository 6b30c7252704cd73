import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { Arg, Interface, Request, RequestFailed, RequestInvalid } from "katcp"
import { layer as serve } from "katcp/Server"
import { say, start, timeless } from "./harness.ts"

class Lab extends Interface.make("lab").add(
  Request.make("list", {
    doc: "Informs.",
    args: { how: Arg.Text },
    informs: { n: Arg.Int },
    reply: { count: Arg.Int }
  }),
  Request.make("early", { doc: "Reply, then go on.", args: { how: Arg.Text }, reply: { at: Arg.Text } }),
  Request.make("tell", { doc: "An asynchronous inform.", args: { name: Arg.Text } })
) {}

const LabLive = Lab.toLayer({
  list: Effect.fnUntraced(function* ({ how }, { inform, informs, reply }) {
    if (how === "slow") yield* Effect.sleep("1 second")
    if (how === "bulk") yield* informs([{ n: 1 }, { n: 2 }, { n: 3 }])
    else for (const n of [1, 2, 3]) inform({ n: how === "misfit" && n === 3 ? ("three" as unknown as number) : n })
    if (how === "fail") return yield* new RequestFailed({ message: "no more" })
    if (how === "after") {
      reply({ count: 3 })
      inform({ n: 4 })
    }
    return { count: 3 }
  }),
  early: Effect.fnUntraced(function* ({ how }, { client, reply }) {
    reply({ at: "once" })
    yield* Effect.sleep("1 second")
    if (how === "twice") reply({ at: "twice" })
    if (how === "fail") return yield* new RequestFailed({ message: "it broke later" })
    if (how === "invalid") return yield* new RequestInvalid({ message: "it was wrong" })
    if (how === "die") return yield* Effect.die(new Error("it died later"))
    if (how === "tell") client.inform("done", [1, true, "text with blanks"])
    return { at: "last" }
  }),
  tell: ({ name }, { client }) => Effect.sync(() => void client.inform(name, ["x"]))
})

const lab = serve(Lab).pipe(Layer.provide(LabLive))
const ask = Effect.fnUntraced(function* (...lines: ReadonlyArray<string>) {
  const { connect } = yield* start(lab)
  const client = yield* connect
  yield* say(client, ...lines)
  return yield* client.settle
})

describe("informs of a request", () => {
  it.effect(
    "come before its reply, with its id (P-052, P-060, P-061, A-225, A-294)",
    Effect.fnUntraced(function* () {
      assert.deepStrictEqual(yield* ask("?list[9] x", "?list bulk"), [
        "#list[9] 1",
        "#list[9] 2",
        "#list[9] 3",
        "!list[9] ok 3",
        "#list 1",
        "#list 2",
        "#list 3",
        "!list ok 3"
      ])
    })
  )

  it.effect(
    "stay in order with those of other requests (P-061)",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(lab)
      const client = yield* connect
      yield* say(client, "?list[1] slow", "?list[2] x")
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(
        (yield* client.settle).map((line) => line.slice(0, 8)),
        ["#list[2]", "#list[2]", "#list[2]", "!list[2]", "#list[1]", "#list[1]", "#list[1]", "!list[1]"]
      )
    })
  )

  it.effect(
    "may precede a failure (P-061)",
    Effect.fnUntraced(function* () {
      assert.deepStrictEqual((yield* ask("?list[2] fail")).slice(2), ["#list[2] 3", "!list[2] fail no\\_more"])
    })
  )

  it.effect(
    "that do not fit the contract are a defect",
    Effect.fnUntraced(function* () {
      const lines = yield* ask("?list[2] misfit")
      assert.deepStrictEqual(lines.slice(0, 2), ["#list[2] 1", "#list[2] 2"])
      assert.match(lines[2] ?? "", /^!list\[2\] fail .*inform\\_does\\_not\\_fit\\_its\\_contract/)
      assert.strictEqual(lines.length, 3)
    })
  )

  it.effect(
    "are refused after the reply: none is sent, and the client gets a #log error (P-063, A-298)",
    Effect.fnUntraced(function* () {
      const lines = yield* ask("?list[2] after")
      assert.deepStrictEqual(lines.slice(0, 4), ["#list[2] 1", "#list[2] 2", "#list[2] 3", "!list[2] ok 3"])
      assert.strictEqual(lines.length, 5)
      assert.match(lines[4] ?? "", /^#log error [\d.]+ katcp \?list\\_failed\\_after\\_its\\_reply:.*inform\\_after/)
    })
  )
})

describe("an early reply", () => {
  const early = Effect.fnUntraced(function* (how: string) {
    const { connect } = yield* start(lab)
    const client = yield* connect
    const other = yield* connect
    yield* client.settle
    yield* say(client, `?early[3] ${how}`)
    const before = yield* client.settle
    yield* TestClock.adjust("1 second")
    const after = yield* client.settle
    assert.deepStrictEqual(yield* other.settle, [])
    return { before, after: after.map(timeless) }
  })

  it.effect(
    "goes out at once; what the handler returns is ignored (A-203, A-295, B-117)",
    Effect.fnUntraced(function* () {
      assert.deepStrictEqual(yield* early("x"), { before: ["!early[3] ok once"], after: [] })
    })
  )

  it.effect(
    "a later failure or defect is a #log error to that client (B-128)",
    Effect.fnUntraced(function* () {
      for (const [how, text] of [
        ["fail", "it\\_broke\\_later"],
        ["invalid", "it\\_was\\_wrong"],
        ["die", "it\\_died\\_later"],
        ["twice", "?early:\\_a\\_second\\_reply"]
      ] as const)
        assert.deepStrictEqual(yield* early(how), {
          before: ["!early[3] ok once"],
          after: [`#log error TIME katcp ?early\\_failed\\_after\\_its\\_reply:\\_${text}`]
        })
    })
  )

  it.effect(
    "asynchronous informs have no id (P-053, A-223)",
    Effect.fnUntraced(function* () {
      assert.deepStrictEqual((yield* early("tell")).after, ["#done 1 1 text\\_with\\_blanks"])
    })
  )
})

describe("asynchronous informs", () => {
  it.effect(
    "must have a valid name that is not that of a request (P-033, P-062)",
    Effect.fnUntraced(function* () {
      const { connect, server } = yield* start(lab)
      const client = yield* connect
      yield* say(client, "?tell[1] watchdog", "?tell[2] tell", "?tell[3] bad\\_name", "?tell[4] weather")
      const lines = yield* client.settle
      assert.match(lines[0] ?? "", /^!tell\[1\] fail .*#watchdog/)
      assert.match(lines[1] ?? "", /^!tell\[2\] fail .*#tell/)
      assert.match(lines[2] ?? "", /^!tell\[3\] fail .*bad\\_name/)
      assert.deepStrictEqual(lines.slice(3), ["#weather x", "!tell[4] ok"])
      assert.throws(() => server.broadcast("help"), TypeError)
      assert.throws(() => server.broadcast("1st"), TypeError)
    })
  )

  it.effect(
    "go to all by broadcast (A-224, B-125)",
    Effect.fnUntraced(function* () {
      const { connect, server } = yield* start(lab)
      const first = yield* connect
      const second = yield* connect
      yield* first.settle
      server.broadcast("weather", ["storm", 3, new Uint8Array([0, 255])])
      assert.deepStrictEqual(yield* first.settle, ["#weather storm 3 \\0\xff"])
      assert.deepStrictEqual(yield* second.settle, ["#weather storm 3 \\0\xff"])
    })
  )

  it.effect(
    "reserve their names: no request may have the name of an inform of the server (P-062)",
    Effect.fnUntraced(function* () {
      for (const name of [
        "log",
        "disconnect",
        "client-connected",
        "interface-changed",
        "version-connect",
        "sensor-status"
      ]) {
        const device = Interface.make("bad").add(Request.raw(name, { doc: "A clash." }))
        const exit = yield* Effect.exit(
          start(serve(device).pipe(Layer.provide(device.toLayer({ [name]: () => Effect.succeed(["ok"]) }))))
        )
        assert.strictEqual(exit._tag, "Failure", name)
      }
    })
  )
})

describe("a handler that outlives its client", () => {
  it.effect(
    "sends nothing, and fails nothing",
    Effect.fnUntraced(function* () {
      const done = yield* Deferred.make<ReadonlyArray<unknown>>()
      class Slow extends Interface.make("slow").add(
        Request.make("slow", { doc: "Go on.", informs: { n: Arg.Int }, reply: { n: Arg.Int } })
      ) {}
      const live = Slow.toLayer({
        slow: (_, { client, drain, inform, informs, reply }) =>
          Effect.gen(function* () {
            yield* Effect.sleep("1 minute")
            inform({ n: 1 })
            yield* informs([{ n: 1 }, { n: 2 }])
            yield* drain
            const told = client.inform("weather")
            yield* client.disconnect("again")
            reply({ n: 1 })
            yield* Deferred.succeed(done, [client.address, told])
            return { n: 2 }
          }).pipe(Effect.uninterruptible)
      })
      const { connect, server } = yield* start(serve(Slow).pipe(Layer.provide(live)))
      const client = yield* connect
      yield* say(client, "?slow")
      yield* client.settle
      yield* client.reset
      yield* client.settle
      assert.strictEqual(server.clients.size, 0)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* Deferred.await(done), ["127.0.0.1:50001", false])
    })
  )
})
