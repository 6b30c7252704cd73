import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { Arg, Interface, Message, Request } from "katcp"
import { connect, connectTo, hello4, immediately } from "../connect.ts"
import { Antenna } from "../contract.ts"

/** Makes a request, lets the device answer, and gives how it ended. */
const answered = Effect.fnUntraced(function* <A, E>(
  request: Effect.Effect<A, E>,
  device: {
    readonly next: Effect.Effect<string, unknown>
    readonly send: (text: string) => Effect.Effect<void, unknown>
  },
  answer: (id: string) => string
) {
  const fiber = yield* Effect.forkScoped(request, immediately)
  const line = yield* device.next
  yield* device.send(answer(/\[\d+\]/.exec(line)?.[0] ?? ""))
  return { line, exit: yield* Fiber.await(fiber) }
})

describe("a request by name", () => {
  it.effect(
    "gives reply, values and informs in their order (P-005, P-060, P-061, A-331, A-346, A-357, A-398, B-149)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect()
      const { line, exit } = yield* answered(
        client.call("list", ["a b", 3, 2.5, 10n ** 20n, true, new Uint8Array([0xff, 0]), ""]),
        device,
        (id) => `#list${id} one\n#list${id} two\\_2\n!list${id} ok 2 last\\_one\n`
      )
      assert.strictEqual(line, "?list[1] a\\_b 3 2.5 100000000000000000000 1 \xff\\0 \\@")
      const answer = yield* exit
      assert.isTrue(answer.ok)
      assert.deepStrictEqual(answer.values, ["2", "last one"])
      assert.deepStrictEqual(answer.informs.map(String), ["#list[1] one", '#list[1] "two 2"'])
      assert.deepStrictEqual(
        answer.messages.map((message) => message.kind),
        ["reply", "inform", "inform"]
      )
      assert.strictEqual(answer.toString(), '#list[1] one\n#list[1] "two 2"\n!list[1] ok 2 "last one"')
    })
  )

  for (const [reply, error] of [
    ["fail no\\_luck", new Message.RequestFailed({ code: "fail", message: "no luck" })],
    ["invalid what?", new Message.RequestInvalid({ message: "what?" })],
    ["busy later", new Message.RequestFailed({ code: "busy", message: "later" })],
    ["timeout", new Message.RequestFailed({ code: "timeout", message: "" })],
    ["OK", new Message.RequestFailed({ code: "OK", message: "" })]
  ] as const)
    it.effect(
      `the reply "${reply}" is a failure that keeps its code (P-005, P-006, P-007, P-008, P-015)`,
      Effect.fnUntraced(function* () {
        const { client, device } = yield* connect()
        const { exit } = yield* answered(client.call("x"), device, (id) => `!x${id} ${reply}\n`)
        assert.deepStrictEqual(
          Exit.getCause(exit).pipe((cause) => cause._tag),
          "Some"
        )
        const failure = yield* Effect.flip(exit)
        assert.strictEqual(failure._tag, error._tag)
        assert.strictEqual(failure.message, error.message)
        if (failure._tag === "RequestFailed" && error._tag === "RequestFailed")
          assert.strictEqual(failure.code, error.code)
        const raw = yield* answered(client.callRaw("x"), device, (id) => `#x${id} i\n!x${id} ${reply}\n`)
        const answer = yield* raw.exit
        assert.strictEqual(answer.code, reply.split(" ")[0])
        assert.isFalse(answer.ok)
        assert.strictEqual(answer.informs.length, 1)
      })
    )

  it.effect(
    "a reply without return code is a failure too (P-005, B-149, A-144)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect({ host: "dish:1" })
      const { exit } = yield* answered(client.call("x"), device, (id) => `!x${id}\n`)
      const error = yield* Effect.flip(exit)
      assert.isTrue(error._tag === "KatcpError" && error.reason._tag === "MalformedReply")
      assert.strictEqual(
        error.message,
        "?x[1] to dish:1 after 0 ms: the device's answer is malformed: a reply without a return code"
      )
      const raw = yield* answered(client.callRaw("x"), device, (id) => `!x${id}\n`)
      assert.strictEqual((yield* raw.exit).code, "")
    })
  )

  it.effect(
    "its values outlive the chunk that they arrived in",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect()
      const bytes = new TextEncoder().encode("#x[1] abc\n!x[1] ok def\n")
      const fiber = yield* Effect.forkScoped(client.call("x"))
      yield* device.next
      yield* device.send(bytes)
      const answer = yield* Fiber.join(fiber)
      bytes.fill(0x20)
      assert.deepStrictEqual(answer.messages.map(String), ["!x[1] ok def", "#x[1] abc"])
    })
  )

  it.effect(
    "an invalid argument fails with BadArgument, and nothing is sent (P-033)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect({ host: "dish" })
      for (const [request, detail] of [
        [client.call("bad name"), '"bad name" is not a request name'],
        [client.call("a_b"), '"a_b" is not a request name'],
        [client.call("x", "12" as unknown as Array<string>), "expected a list of arguments"],
        [client.call("x", { a: 1 } as unknown as Array<string>), "got an object"],
        [client.call("x", [Object.assign([], { length: 0 })] as unknown as Array<string>), "argument 1 is neither"],
        [client.call("x", [], { id: 0 }), "0 is not a message id"],
        [client.call("x", [], { id: 2147483648 }), "2147483648 is not a message id"],
        [client.call("x", [], { id: 1.5 }), "1.5 is not a message id"]
      ] as const) {
        const error = yield* Effect.flip(request)
        assert.isTrue(error._tag === "KatcpError" && error.reason._tag === "BadArgument")
        assert.include(error.message, detail)
        assert.isTrue(error._tag === "KatcpError" && error.host === "dish" && error.request !== undefined)
      }
      const stream = yield* Effect.flip(Stream.runDrain(client.callStream("bad name")))
      assert.isTrue(stream._tag === "KatcpError" && stream.reason._tag === "BadArgument")
      assert.deepStrictEqual(yield* device.settle, [])
    })
  )

  it.effect(
    "each run of the same effect is a new request, and many can be in flight at once (A-358)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect()
      const request = client.call("x")
      const fibers = yield* Effect.forEach([1, 2, 3], () => Effect.forkScoped(request, immediately))
      assert.deepStrictEqual(yield* device.settle, ["?x[1]", "?x[2]", "?x[3]"])
      yield* device.send("!x[2] ok b\n!x[3] ok c\n!x[1] ok a\n")
      const values = yield* Effect.forEach(fibers, (fiber) => Effect.map(Fiber.join(fiber), ({ values }) => values[0]))
      assert.deepStrictEqual(values, ["a", "b", "c"])
    })
  )

  it.effect(
    "requests made in one turn go out in one write",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect()
      yield* Effect.forEach(["a", "b", "c"], (name) => Effect.forkScoped(client.call(name), immediately))
      yield* device.settle
      assert.strictEqual((yield* device.received).length, "?a[1]\n?b[2]\n?c[3]\n".length)
      const before = yield* device.lines
      assert.deepStrictEqual(before, ["?a[1]", "?b[2]", "?c[3]"])
    })
  )

  it.effect(
    "a message of any kind can be sent unchanged; its reply is dropped (A-332, A-333)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect()
      yield* client.send(Message.request("x", ["1"], { id: 7 }))
      yield* client.send(Message.request("y"))
      yield* client.send(Message.inform("z"))
      yield* client.send(Message.reply("w", ["ok"]))
      yield* device.expect("?x[7] 1", "?y", "#z", "!w ok")
      const mine = yield* Effect.forkScoped(client.call("y", [], { useId: false }), immediately)
      yield* device.expect("?y")
      yield* device.send("!x[7] ok\n!y ok sent\n!y ok called\n")
      assert.deepStrictEqual((yield* Fiber.join(mine)).values, ["called"])
      assert.strictEqual(client.anomalies.counts.LateReply, 2)
      yield* client.close
      assert.strictEqual((yield* Effect.flip(client.send(Message.inform("z")))).reason._tag, "Disconnected")
    })
  )
})

describe("a request of the contract", () => {
  it.effect(
    "has a method with typed arguments, reply and informs",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connectTo(Antenna)
      const track = yield* answered(client.request.track({ az: 10, el: 45.5 }), device, (id) => `!track${id} ok 3.5\n`)
      assert.strictEqual(track.line, "?track[1] 10.0 45.5")
      assert.deepStrictEqual(yield* track.exit, { eta: 3.5, informs: [] })
      const named = yield* answered(
        client.request.track({ az: 1, el: 2, name: "M 31" }),
        device,
        (id) => `!track${id} ok 0\n`
      )
      assert.strictEqual(named.line, "?track[2] 1.0 2.0 M\\_31")
      const stow = yield* answered(client.request.stow(), device, (id) => `!stow${id} ok\n`)
      assert.strictEqual(stow.line, "?stow[3]")
      assert.deepStrictEqual(yield* stow.exit, { informs: [] })
      const rings = yield* answered(
        client.request.rings({ kinds: ["outer", "inner"] }),
        device,
        (id) => `#rings${id} a\\_1 1\n#rings${id} b 0\n!rings${id} ok 2\n`
      )
      assert.strictEqual(rings.line, "?rings[4] outer inner")
      assert.deepStrictEqual(yield* rings.exit, {
        count: 2,
        informs: [
          { name: "a 1", busy: true },
          { name: "b", busy: false }
        ]
      })
      const echo = yield* answered(client.request.echo(["x", 1]), device, (id) => `!echo${id} ok x 1\n`)
      assert.strictEqual((yield* echo.exit).reply.toString(), "!echo[5] ok x 1")
      assert.strictEqual(client.contract.requests.size, 5)
    })
  )

  it.effect(
    "is written and read in the dialect of the device (P-311, P-317, A-315)",
    Effect.fnUntraced(function* () {
      const five = yield* connectTo(Antenna)
      const four = yield* connectTo(Antenna, {}, hello4)
      const time = { time: 12345.678 }
      const v5 = yield* answered(five.client.request["start-at"](time), five.device, (id) => `!start-at${id} ok 1.5\n`)
      const v4 = yield* answered(four.client.request["start-at"](time), four.device, () => "!start-at ok 1500\n")
      assert.strictEqual(v5.line, "?start-at[1] 12345.678")
      assert.strictEqual(v4.line, "?start-at 12345678")
      assert.deepStrictEqual(yield* v5.exit, yield* v4.exit)
      assert.strictEqual(four.client.dialect.formatTime(2), "2000")
    })
  )

  it.effect(
    "an invalid value fails with BadArgument, its name and position, and nothing is sent",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connectTo(Antenna)
      const wrong = { kinds: ["outer", "middle"] } as unknown as { readonly kinds: ReadonlyArray<"outer"> }
      const error = yield* Effect.flip(client.request.rings(wrong))
      assert.isTrue(error._tag === "KatcpError" && error.reason._tag === "BadArgument")
      assert.include(error.message, "Error in parameter 2 (kinds)")
      assert.deepStrictEqual(yield* device.settle, [])
    })
  )

  for (const [answer, detail] of [
    [(id: string) => `!rings${id} ok two\n`, "the reply: Error in parameter 1 (count)"],
    [(id: string) => `!rings${id} ok\n`, "the reply: Error in parameter 1 (count): it is missing"],
    [(id: string) => `!rings${id}\n`, "a reply without a return code"],
    [
      (id: string) => `#rings${id} a 1\n#rings${id} a 2\n#rings${id} a 1\n!rings${id} ok 3\n`,
      "an inform: Error in parameter 2"
    ]
  ] as const)
    it.effect(
      `an answer like ${JSON.stringify(answer(""))} is MalformedReply`,
      Effect.fnUntraced(function* () {
        const { client, device } = yield* connectTo(Antenna)
        const { exit } = yield* answered(client.request.rings({ kinds: [] }), device, answer)
        const error = yield* Effect.flip(exit)
        assert.isTrue(error._tag === "KatcpError" && error.reason._tag === "MalformedReply")
        assert.include(error.message, detail)
        const streamed = yield* answered(Stream.runDrain(client.stream.rings({ kinds: [] })), device, answer)
        const same = yield* Effect.flip(streamed.exit)
        assert.isTrue(same._tag === "KatcpError" && same.reason._tag === "MalformedReply")
        assert.isTrue((yield* answered(client.call("y"), device, (id) => `!y${id} ok\n`)).exit._tag === "Success")
      })
    )

  it.effect(
    "a type that throws is a defect of this request only",
    Effect.fnUntraced(function* () {
      const decode = (): number => {
        throw new Error("broken type")
      }
      const Broken = Arg.make<number>({ name: "broken", initial: 0, decode, encode: String })
      class Device extends Interface.make("d").add(
        Request.make("reply", { doc: "", reply: { a: Broken } }),
        Request.make("inform", { doc: "", informs: { a: Broken } })
      ) {}
      const { client, device } = yield* connectTo(Device)
      for (const [request, answer] of [
        [client.request.reply(), (id: string) => `!reply${id} ok 1\n`],
        [Stream.runDrain(client.stream.reply()), (id: string) => `!reply${id} ok 1\n`],
        [client.request.inform(), (id: string) => `#inform${id} 1\n!inform${id} ok\n`],
        [Stream.runDrain(client.stream.inform()), (id: string) => `#inform${id} 1\n!inform${id} ok\n`]
      ] as const) {
        const { exit } = yield* answered(request, device, answer)
        assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      }
      assert.isTrue((yield* answered(client.call("y"), device, (id) => `!y${id} ok\n`)).exit._tag === "Success")
    })
  )
})

describe("a request as a Stream", () => {
  it.effect(
    "emits informs as they arrive, then the reply (A-347)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connectTo(Antenna)
      const seen: Array<unknown> = []
      const fiber = yield* Effect.forkScoped(
        Stream.runForEach(client.stream.rings({ kinds: [] }), (piece) => Effect.sync(() => seen.push(piece)))
      )
      yield* device.expect("?rings[1]")
      yield* device.send("#rings[1] a 1\n")
      yield* device.settle
      assert.deepStrictEqual(seen, [{ _tag: "Inform", inform: { name: "a", busy: true } }])
      yield* device.send("#rings[1] b 0\n!rings[1] ok 2\n")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(seen.slice(1), [
        { _tag: "Inform", inform: { name: "b", busy: false } },
        { _tag: "Reply", reply: { count: 2 } }
      ])
    })
  )

  it.effect(
    "by name emits the messages, and fails if the device does",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect()
      const all = yield* answered(
        Stream.runCollect(client.callStream("x", [1])),
        device,
        (id) => `#x${id} a\n!x${id} ok\n`
      )
      assert.strictEqual(all.line, "?x[1] 1")
      assert.deepStrictEqual(
        (yield* all.exit).map((piece) => String(piece._tag === "Inform" ? piece.inform : piece.reply)),
        ["#x[1] a", "!x[1] ok"]
      )
      const seen: Array<unknown> = []
      const failed = yield* answered(
        Stream.runForEach(client.callStream("x"), (piece) => Effect.sync(() => seen.push(piece))),
        device,
        (id) => `#x${id} a\n!x${id} busy later\n`
      )
      assert.strictEqual((yield* Effect.flip(failed.exit))._tag, "RequestFailed")
      assert.strictEqual(seen.length, 1)
    })
  )

  it.effect(
    "sends again in each run; ending early abandons the request, and later messages cause no anomaly",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect()
      const first = Stream.runHead(client.callStream("x"))
      for (const id of [1, 2]) {
        const fiber = yield* Effect.forkScoped(first)
        yield* device.expect(`?x[${id}]`)
        yield* device.send(`#x[${id}] a\n`)
        assert.strictEqual((yield* Fiber.join(fiber))._tag, "Some")
        yield* device.send(`#x[${id}] b\n!x[${id}] ok\n`)
      }
      yield* device.settle
      assert.strictEqual(client.anomalies.counts.LateReply, 2)
      assert.strictEqual(client.anomalies.counts.UnexpectedInform, 0)
    })
  )

  it.effect(
    "has a timeout for the whole stream, and fails on a lost connection",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect()
      const slow = yield* Effect.forkScoped(Effect.flip(Stream.runDrain(client.callStream("x"))))
      yield* device.next
      yield* TestClock.adjust("4 seconds")
      yield* device.send("#x[1] a\n")
      yield* TestClock.adjust("1 second")
      const error = yield* Fiber.join(slow)
      assert.isTrue(error._tag === "KatcpError" && error.reason._tag === "TimedOut")
      const lost = yield* Effect.forkScoped(Effect.flip(Stream.runDrain(client.callStream("y"))))
      yield* device.next
      yield* device.close
      const gone = yield* Fiber.join(lost)
      assert.isTrue(gone._tag === "KatcpError" && gone.reason._tag === "Disconnected")
    })
  )

  it.effect(
    "fails on endless informs, collected or streamed, and nothing else does",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect({ maxInforms: 100 })
      const flood = (id: string) => `${`#x${id} a\n`.repeat(101)}!x${id} ok\n`
      const gathered = yield* answered(client.call("x"), device, flood)
      const streamed = yield* answered(Stream.runDrain(client.callStream("x")), device, flood)
      for (const { exit } of [gathered, streamed]) {
        const error = yield* Effect.flip(exit)
        assert.isTrue(error._tag === "KatcpError" && error.reason._tag === "MalformedReply")
        assert.include(error.message, "more than 100 informs")
      }
      const enough = yield* answered(client.call("x"), device, (id) => `${`#x${id} a\n`.repeat(100)}!x${id} ok\n`)
      assert.strictEqual((yield* enough.exit).informs.length, 100)
    })
  )
})
