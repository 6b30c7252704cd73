import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { TestClock } from "effect/testing"
import type { Client } from "katcp"
import type { OpenRequest } from "../../../src/Client/connection/RequestTable.ts"
import { RequestTable } from "../../../src/Client/connection/RequestTable.ts"
import { ParsedMessage, Parser } from "../../../src/Codec/index.ts"
import { connect, hello4, hello5, immediately } from "../connect.ts"

/** A request whose end is noted. */
const call = (client: Client.Client<never, never>, name: string, options?: Client.CallOptions) =>
  Effect.forkScoped(
    Effect.map(client.call(name, [], options), ({ informs, values }) => [
      ...informs.map((inform) => inform.text(0)!),
      ...values
    ]),
    immediately
  )

describe("with ids", () => {
  it.effect(
    "a request receives only messages with its id and its name (P-050, P-052, A-350, A-351)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect()
      const one = yield* call(client, "x")
      const two = yield* call(client, "x")
      yield* device.expect("?x[1]", "?x[2]")
      const informs: Array<string> = []
      yield* client.onInform("x", (message) => informs.push(message.text(0)!))
      yield* device.send("#x[2] two\n#x[1] one\n#x none\n#y[1] other\n#x[3] three\n")
      yield* device.send("!x ok none\n!y[1] ok other\n!x[3] ok three\n")
      yield* device.settle
      assert.isUndefined(one.pollUnsafe())
      assert.isUndefined(two.pollUnsafe())
      yield* device.send("!x[2] ok b\n!x[2] ok again\n!x[1] ok a\n")
      assert.deepStrictEqual(yield* Fiber.join(one), ["one", "a"])
      assert.deepStrictEqual(yield* Fiber.join(two), ["two", "b"])
      yield* device.settle
      assert.deepStrictEqual(informs, ["none"])
      assert.strictEqual(client.anomalies.counts.UnexpectedReply, 4)
      assert.strictEqual(client.anomalies.counts.UnexpectedInform, 2)
      assert.deepStrictEqual(yield* device.settle, [])
    })
  )

  it.effect(
    "a given id is used, if no open request has it (A-331)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect()
      const mine = yield* call(client, "x", { id: 2 })
      const none = yield* call(client, "x", { useId: false })
      const first = yield* call(client, "x")
      const second = yield* call(client, "x", { useId: true })
      yield* device.expect("?x[2]", "?x", "?x[1]", "?x[3]")
      const taken = yield* Effect.flip(client.call("x", [], { id: 2 }))
      assert.isTrue(taken._tag === "KatcpError" && taken.reason._tag === "BadArgument")
      yield* device.send("!x ok none\n!x[3] ok third\n!x[2] ok mine\n!x[1] ok first\n")
      for (const [fiber, value] of [
        [mine, "mine"],
        [none, "none"],
        [first, "first"],
        [second, "third"]
      ] as const)
        assert.deepStrictEqual(yield* Fiber.join(fiber), [value])
      const again = yield* call(client, "x", { id: 2 })
      yield* device.expect("?x[2]")
      yield* device.send("!x[2] ok again\n")
      assert.deepStrictEqual(yield* Fiber.join(again), ["again"])
    })
  )

  it.effect(
    "an id is not reused while its former request may still be answered",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect()
      yield* Fiber.interrupt(yield* call(client, "x", { id: 1 }))
      const next = yield* call(client, "x")
      yield* device.expect("?x[1]", "?x[2]")
      const refused = yield* Effect.flip(client.call("x", [], { id: 1 }))
      assert.isTrue(refused._tag === "KatcpError" && refused.reason._tag === "BadArgument")
      yield* device.send("!x[1] ok late\n!x[2] ok\n")
      yield* Fiber.join(next)
      assert.strictEqual(client.anomalies.counts.LateReply, 1)
      const free = yield* call(client, "x", { id: 1 })
      yield* device.send("!x[1] ok mine\n")
      assert.deepStrictEqual(yield* Fiber.join(free), ["mine"])
    })
  )
})

for (const [title, hello] of [
  ["version 4", hello4],
  ["version 5 without flag I", hello5.replace("I", "")]
] as const)
  describe(`without ids, ${title}`, () => {
    it.effect(
      "requests with the same name are answered in the order of sending, others independently (P-055, P-056, B-151)",
      Effect.fnUntraced(function* () {
        const { client, device } = yield* connect({}, hello)
        const a = yield* call(client, "x")
        const b = yield* call(client, "x")
        const c = yield* call(client, "y")
        yield* device.expect("?x", "?x", "?y")
        yield* device.send("#y 1\n#x 2\n!y ok c\n#x 3\n!x ok a\n#x 4\n#z 5\n!x ok b\n")
        assert.deepStrictEqual(yield* Fiber.join(a), ["2", "3", "a"])
        assert.deepStrictEqual(yield* Fiber.join(b), ["4", "b"])
        assert.deepStrictEqual(yield* Fiber.join(c), ["1", "c"])
      })
    )

    it.effect(
      "an inform without a request of its name is asynchronous, even after the reply (P-056, P-062)",
      Effect.fnUntraced(function* () {
        const { client, device } = yield* connect({}, hello)
        const informs: Array<string> = []
        yield* client.onInform("x", (message) => informs.push(message.text(0)!))
        const a = yield* call(client, "x")
        yield* device.next
        yield* device.send("#x 1\n!x ok\n#x 2\n")
        assert.deepStrictEqual(yield* Fiber.join(a), ["1"])
        yield* device.settle
        assert.deepStrictEqual(informs, ["2"])
      })
    )

    it.effect(
      "the late answer of a request never reaches the next one of its name (trap: timeout races reply)",
      Effect.fnUntraced(function* () {
        const { client, device } = yield* connect({}, hello)
        const late = yield* call(client, "x", { timeout: "1 second" })
        const interrupted = yield* call(client, "x")
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* Effect.flip(Fiber.join(late)))._tag, "KatcpError")
        yield* Fiber.interrupt(interrupted)
        const next = yield* call(client, "x")
        yield* device.settle
        yield* device.send("#x late\n!x ok late\n#x late\n!x ok interrupted\n#x mine\n!x ok mine\n!x ok more\n")
        assert.deepStrictEqual(yield* Fiber.join(next), ["mine", "mine"])
        yield* device.settle
        assert.strictEqual(client.anomalies.counts.LateReply, 2)
        assert.strictEqual(client.anomalies.counts.UnexpectedReply, 1)
      })
    )

    it.effect(
      "asking for an id is Unsupported (A-331)",
      Effect.fnUntraced(function* () {
        const { client, device } = yield* connect({}, hello)
        for (const options of [{ id: 1 }, { useId: true }]) {
          const error = yield* Effect.flip(client.call("x", [], options))
          assert.isTrue(error._tag === "KatcpError" && error.reason._tag === "Unsupported")
        }
        assert.deepStrictEqual(yield* device.settle, [])
        yield* call(client, "x", { useId: false })
        yield* device.expect("?x")
      })
    )

    it.effect(
      "a reply with an id has no request",
      Effect.fnUntraced(function* () {
        const { client, device } = yield* connect({}, hello)
        const a = yield* call(client, "x")
        yield* device.next
        yield* device.send("#x[1] no\n!x[1] ok no\n!x ok yes\n")
        assert.deepStrictEqual(yield* Fiber.join(a), ["yes"])
        assert.strictEqual(client.anomalies.counts.UnexpectedReply, 1)
      })
    )
  })

describe("the counter of ids", () => {
  const open = (id: number | undefined, name = "x") => ({ id, name }) as OpenRequest
  const parsed = (line: string) => {
    const [message] = new Parser().push(new TextEncoder().encode(`${line}\n`))
    if (!(message instanceof ParsedMessage)) throw new Error(line)
    return message
  }

  it("restarts at 1 after 2147483647, and skips ids in flight (P-057)", () => {
    const table = new RequestTable(2147483646)
    table.add(open(1))
    table.add(open(3))
    assert.deepStrictEqual(
      [1, 2, 3, 4, 5].map(() => table.allocate()),
      [2147483646, 2147483647, 2, 4, 5]
    )
    const other = new RequestTable(2147483647)
    table.add(open(2147483647))
    assert.deepStrictEqual([other.allocate(), other.allocate()], [2147483647, 1])
  })

  it("ignores those of cancelled requests: the last 1024 are remembered (P-057)", () => {
    const table = new RequestTable()
    for (let id = 1; id <= 1030; id++) {
      const given = open(id)
      table.add(given)
      table.giveUp(given)
    }
    assert.isFalse(table.has(6))
    assert.isTrue(table.has(7))
    assert.isUndefined(table.takeReply(parsed("!x[6] ok")))
    assert.strictEqual(table.takeReply(parsed("!x[7] ok")), "late")
    assert.isUndefined(table.takeReply(parsed("!y[8] ok")))
    assert.strictEqual(table.findInform(parsed("#x[8]")), "late")
    assert.strictEqual(table.allocate(), 1)
  })
})
