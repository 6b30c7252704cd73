import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { Message } from "katcp"
import { connect, connectTo, hello4, immediately, logged } from "../connect.ts"

describe("what a device should not send", () => {
  it.effect(
    "bad lines are logged, counted and reported; nothing is sent, and reading continues (P-012, P-032, P-020)",
    Effect.fnUntraced(function* () {
      const lines = ["junk", "?1a", "!x \\z", " #a", "#a \x00", "!x[0] ok", "#x[2147483648]", "\xff\xfe", "#"]
      const { records } = yield* logged(
        Effect.gen(function* () {
          const { client, device } = yield* connect()
          const seen = yield* Effect.forkScoped(
            Stream.runCollect(Stream.take(client.anomalies.stream, lines.length)),
            immediately
          )
          const open = yield* Effect.forkScoped(client.call("x"), immediately)
          yield* device.expect("?x[1]")
          yield* device.send(`${lines.join("\n")}\n!x[1] ok\n`)
          assert.isTrue((yield* Fiber.join(open)).ok)
          assert.strictEqual(client.anomalies.counts.BadLine, lines.length)
          const raws = (yield* Fiber.join(seen)).map((anomaly) =>
            anomaly._tag === "BadLine" ? String.fromCharCode(...anomaly.error.raw) : undefined
          )
          assert.deepStrictEqual(raws, lines)
          assert.deepStrictEqual(yield* device.settle, [])
        })
      )
      // the first five one by one
      assert.strictEqual(records.length, 5)
      assert.match(
        records[0]!,
        /^Warn katcp\.client: a line that is not a message: Expected .* at character 1: "junk"$/
      )
    })
  )

  it.effect(
    "any bytes may arrive, and an over-long line is skipped (P-016, P-017)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect({ maxLine: 1000 })
      yield* device.send(Uint8Array.from({ length: 256 }, (_, byte) => byte))
      yield* device.send(`\n#a ${"x".repeat(5000)}`)
      yield* device.send(`${"x".repeat(5000)}\n`)
      const open = yield* Effect.forkScoped(client.call("x"), immediately)
      yield* device.expect("?x[1]")
      yield* device.send("!x[1] ok\n")
      assert.isTrue((yield* Fiber.join(open)).ok)
      assert.isAtLeast(client.anomalies.counts.BadLine, 2)
      assert.deepStrictEqual(yield* device.settle, [])
    })
  )

  it.effect(
    "a reply or an inform with too many arguments fails its request, and later replies are dropped (P-408)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect({ maxArguments: 2 })
      for (const [id, kind] of [
        [1, "!"],
        [2, "#"]
      ] as const) {
        const open = yield* Effect.forkScoped(Effect.flip(client.call("x")), immediately)
        yield* device.expect(`?x[${id}]`)
        yield* device.send(`${kind}x[${id}] ok a b\n${kind}x ok a b\n`)
        const error = yield* Fiber.join(open)
        assert.strictEqual(error._tag, "KatcpError")
        assert.match(error.message, /More than 2 arguments \(see the option maxArguments\)/)
        yield* device.send(`!x[${id}] ok\n`)
        yield* device.settle
      }
      assert.strictEqual(client.anomalies.counts.BadLine, 4)
    })
  )

  it.effect(
    "unexpected and late replies are logged at their levels, nothing is sent, and no text is built for a level without loggers (P-012)",
    Effect.fnUntraced(function* () {
      const provoke = Effect.gen(function* () {
        const { client, device } = yield* connect()
        yield* Fiber.interrupt(yield* Effect.forkScoped(client.call("x"), immediately))
        yield* device.settle
        yield* device.send(`!x[1] ok ${"y".repeat(3000)}\n!x[1] ok\n#x[1] a\n!y ok\n`)
        assert.deepStrictEqual(yield* device.settle, [])
        const { LateReply, UnexpectedInform, UnexpectedReply } = client.anomalies.counts
        assert.deepStrictEqual([LateReply, UnexpectedReply, UnexpectedInform], [1, 2, 1])
      })
      const warn = yield* logged(provoke)
      assert.deepStrictEqual(warn.records, [
        "Warn katcp.client: a reply without a waiting request: !x[1] ok",
        "Warn katcp.client: a reply without a waiting request: !y ok"
      ])
      const debug = yield* logged(provoke, "Debug")
      assert.strictEqual(debug.records.length, 4)
      const late = debug.records.find((record) => record.includes("late reply"))
      assert.match(late!, /^Debug katcp\.client: a late reply: !x\[1\] ok y{1000}\.\.\.$/)
    })
  )
})

describe("requests of the device", () => {
  it.effect(
    "are answered as unknown with their id, exactly once (P-002, P-003, P-051, A-320, A-321)",
    Effect.fnUntraced(function* () {
      const { client, device } = yield* connect({ requests: { known: () => Effect.void } })
      yield* device.send("?nope\n?nope[7] a b\n?toString\n?known\n?KNOWN[2]\n")
      yield* device.expect(
        "!nope invalid Unknown\\_request.",
        "!nope[7] invalid Unknown\\_request.",
        "!toString invalid Unknown\\_request.",
        "!known ok",
        "!KNOWN[2] invalid Unknown\\_request."
      )
      assert.strictEqual(client.anomalies.counts.UnknownRequest, 4)
      assert.deepStrictEqual(yield* device.settle, [])
    })
  )

  it.effect(
    "are answered by their handler: values, failures with their code, defects (A-320, A-321, P-006, P-007)",
    Effect.fnUntraced(function* () {
      const { records } = yield* logged(
        Effect.gen(function* () {
          const { device } = yield* connect({
            requests: {
              add: (message) => Effect.succeed([Number(message.text(0)) + Number(message.text(1)), "a b"]),
              busy: () => Effect.fail(new Message.RequestFailed({ code: "busy", message: "not now" })),
              fail: () => Effect.fail(new Message.RequestFailed({ message: "no" })),
              bad: () => Effect.fail(new Message.RequestInvalid({ message: "what?" })),
              throw: () => {
                throw new Error("oops")
              },
              die: () => Effect.die("dead"),
              odd: () => Effect.succeed([null as unknown as string])
            }
          })
          yield* device.send("?add[1] 1 2\n?busy[2]\n?fail\n?bad\n?throw[3]\n?die\n?odd\n?add 1 1\n")
          yield* device.expect(
            "!add[1] ok 3 a\\_b",
            "!busy[2] busy not\\_now",
            "!fail fail no",
            "!bad invalid what?",
            "!throw[3] fail oops",
            "!die fail dead",
            "!odd fail argument\\_1\\_is\\_neither\\_text,\\_number,\\_boolean\\_nor\\_bytes",
            "!add ok 2 a\\_b"
          )
        })
      )
      assert.strictEqual(records.length, 3)
      assert.isTrue(records.every((record) => record.startsWith("Error katcp.client: the handler of ?")))
    })
  )

  it.effect(
    "that take time delay nothing, are bounded, and end with the connection",
    Effect.fnUntraced(function* () {
      const gate = yield* Deferred.make<void>()
      let interrupted = 0
      const wait = Effect.onInterrupt(Deferred.await(gate), () => Effect.sync(() => interrupted++))
      const { client, device } = yield* connect(
        {
          requests: {
            wait: () => Effect.as(wait, ["done"]),
            never: () => Effect.onInterrupt(Effect.never, () => Effect.sync(() => interrupted++))
          }
        },
        hello4
      )
      yield* device.send("?wait[1]\n")
      const call = yield* Effect.forkScoped(client.call("x"), immediately)
      yield* device.expect("?x")
      yield* device.send(`!x ok\n${"?never\n".repeat(256)}`)
      assert.isTrue((yield* Fiber.join(call)).ok)
      yield* device.expect("!never fail More\\_than\\_256\\_requests\\_at\\_once.")
      yield* Deferred.succeed(gate, undefined)
      yield* device.expect("!wait[1] ok done")
      yield* device.close
      yield* client.closed
      yield* TestClock.adjust(0)
      assert.strictEqual(interrupted, 255)
    })
  )

  it.effect(
    "a device that sends requests without reading the replies is disconnected",
    Effect.fnUntraced(function* () {
      const contract = { requests: new Map<string, never>(), sensorTypes: new Map<string, never>() }
      const { client, device } = yield* connectTo(contract, { maxBacklog: 1000 }, undefined, { limit: 1000 })
      yield* device.settle
      yield* device.pause
      const asking = yield* Effect.forkScoped(
        Effect.ignore(Effect.forever(Effect.andThen(device.send("?nope\n".repeat(50)), TestClock.adjust(0)))),
        immediately
      )
      const { reason } = yield* client.closed
      assert.isTrue(
        reason._tag === "Disconnected" && reason.detail === "the device sends requests and does not read the answers"
      )
      yield* Fiber.interrupt(asking)
    })
  )
})

describe("a flood of what a device should not send (P-414)", () => {
  it.effect(
    "is logged a few times, then counted, separately for each kind and sensor",
    Effect.fnUntraced(function* () {
      const { records } = yield* logged(
        Effect.gen(function* () {
          const { client, device } = yield* connect()
          yield* client.mirror(/^(amp|volt)$/)
          yield* device.settle
          yield* device.send("#sensor-list[1] amp A. A float\n#sensor-list[1] volt V. V float\n!sensor-list[1] ok 2\n")
          yield* device.settle
          for (let n = 0; n < 30; n++) yield* device.send("#sensor-status 1 1 volt nominal high\n".repeat(100))
          yield* device.send("#sensor-status 1 1 amp nominal low\n!y ok\n")
          yield* device.send("junk\n".repeat(3000))
          yield* device.settle
          const { BadLine, BadReading } = client.anomalies.counts
          assert.deepStrictEqual([BadReading, BadLine], [3001, 3000])
        })
      )
      const count = (pattern: RegExp) => records.filter((record) => pattern.test(record)).length
      assert.strictEqual(count(/reading of sensor volt/), 14)
      assert.strictEqual(count(/reading of sensor amp/), 1)
      assert.strictEqual(count(/without a waiting request: !y/), 1)
      assert.strictEqual(count(/not a message/), 14)
      assert.match(records.filter((record) => /volt/.test(record)).at(-1)!, /\(number 2560; 1279 were not logged\)$/)
    })
  )

  it.effect(
    "does not log a line for each sensor or each failure of a handler",
    Effect.fnUntraced(function* () {
      const { records } = yield* logged(
        Effect.gen(function* () {
          const { client, device } = yield* connect()
          yield* client.onInform("boom", () => {
            throw new Error("broken")
          })
          yield* client.mirror("*")
          yield* device.settle
          const list = Array.from({ length: 3000 }, (_, n) => `#sensor-list[1] s${n} S. V nonsense\n`).join("")
          yield* device.send(`${list}!sensor-list[1] ok 3000\n${"#boom\n".repeat(3000)}`)
          yield* device.settle
          assert.strictEqual(client.anomalies.counts.BadDescription, 3000)
        })
      )
      assert.isBelow(records.filter((record) => /description of sensor/.test(record)).length, 130)
      assert.strictEqual(records.filter((record) => /a handler of #boom failed/.test(record)).length, 14)
    })
  )
})
