import { assert, describe, it } from "@effect/vitest"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { Arg, Interface, Request, RequestFailed, RequestInvalid } from "katcp"
import { layer as serve } from "katcp/Server"
import { keptLog, say, start } from "./harness.ts"

class Lab extends Interface.make("lab").add(
  Request.make("add", { doc: "Add.", args: { x: Arg.Float, y: Arg.Float }, reply: { sum: Arg.Float } }),
  Request.make("Add", { doc: "Add, in capitals.", reply: { big: Arg.Boolean } }),
  Request.make("later", { doc: "Reply after a second.", reply: { done: Arg.Boolean } }),
  Request.make("nothing", { doc: "Reply with nothing." }),
  Request.make("some", { doc: "An optional reply.", reply: { value: Arg.optional(Arg.Int) } }),
  Request.make("fail", { doc: "Fail.", args: { code: Arg.Text, text: Arg.Text } }),
  Request.make("refuse", { doc: "Fail with invalid.", args: { text: Arg.Text } }),
  Request.make("die", { doc: "Die.", args: { how: Arg.Text } }),
  Request.make("misfit", { doc: "Give what does not fit.", args: { how: Arg.Text }, reply: { value: Arg.Int } })
) {}

class Foreign extends Data.TaggedError("Foreign")<{ readonly message: string }> {}

const thrown: Record<string, () => Effect.Effect<never>> = {
  throw: () => {
    throw new Error("thrown")
  },
  die: () => Effect.die(new Error("died")),
  text: () => Effect.die("plain text"),
  number: () => Effect.die(42),
  nothing: () => Effect.die(undefined),
  empty: () => Effect.die(new RangeError()),
  later: () => Effect.andThen(Effect.sleep("1 second"), Effect.die(new Error("late"))),
  interrupt: () => Effect.interrupt,
  binary: () => Effect.die(new Error("bell \x07, escape \x1b, tab \t, line\nnext")),
  bare: () => Effect.die(Object.create(null))
}
// what only code without types can give
const untyped: Record<string, () => unknown> = {
  text: () => Effect.succeed({ value: "text" }),
  missing: () => Effect.succeed({}),
  nothing: () => Effect.void,
  undefined: () => undefined,
  promise: () => Promise.resolve({ value: 1 }),
  plain: () => ({ value: 1 }),
  foreign: () => Effect.fail(new Foreign({ message: "foreign failure" })),
  word: () => Effect.fail("word"),
  scope: () =>
    Effect.as(
      Effect.addFinalizer(() => Effect.void),
      { value: 1 }
    ),
  later: () => Effect.as(Effect.sleep("1 second"), { value: Number.NaN })
}

const LabLive = Lab.toLayer({
  add: ({ x, y }) => Effect.succeed({ sum: x + y }),
  Add: () => Effect.succeed({ big: true }),
  later: () => Effect.as(Effect.sleep("1 second"), { done: true }),
  nothing: () => Effect.void,
  some: () => Effect.void,
  fail: ({ code, text }) => Effect.fail(new RequestFailed({ message: text, ...(code === "" ? {} : { code }) })),
  refuse: ({ text }) => Effect.fail(new RequestInvalid({ message: text })),
  die: ({ how }) => thrown[how]!(),
  misfit: ({ how }) => untyped[how]!() as Effect.Effect<{ readonly value: number }>
})

const lab = serve(Lab).pipe(Layer.provide(LabLive))
const ask = Effect.fnUntraced(function* (...lines: ReadonlyArray<string>) {
  const { connect } = yield* start(lab)
  const client = yield* connect
  yield* say(client, ...lines)
  return yield* client.settle
})

describe("a request", () => {
  it.effect(
    "is answered once, under its name (P-001, P-003, P-009, A-101)",
    Effect.fnUntraced(function* () {
      assert.deepStrictEqual(yield* ask("?add 1 2", "?nothing", "?some", "?watchdog"), [
        "!add ok 3.0",
        "!nothing ok",
        "!some ok",
        "!watchdog ok"
      ])
    })
  )

  it.effect(
    "is answered with its id, if it succeeds, fails, is refused or unknown (P-051, P-053)",
    Effect.fnUntraced(function* () {
      const lines = yield* ask(
        "?add[1] 1 2",
        "?add[2] 1",
        "?fail[2147483647] busy now",
        "?refuse[4] so",
        "?die[5] die",
        "?nosuch[6] a b",
        "?misfit[7] text",
        "?add 1 2",
        "?nosuch"
      )
      assert.deepStrictEqual(
        lines.map((line) => line.split(" ").slice(0, 2).join(" ")),
        [
          "!add[1] ok",
          "!add[2] fail",
          "!fail[2147483647] busy",
          "!refuse[4] invalid",
          "!die[5] fail",
          "!nosuch[6] invalid",
          "!misfit[7] fail",
          "!add ok",
          "!nosuch invalid"
        ]
      )
    })
  )

  it.effect(
    "is answered with its id even if two have the same one (P-054)",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(lab)
      const client = yield* connect
      yield* say(client, "?later[5]", "?later[5]", "?add[5] 1 1")
      assert.deepStrictEqual(yield* client.settle, ["!add[5] ok 2.0"])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* client.settle, ["!later[5] ok 1", "!later[5] ok 1"])
    })
  )

  it.effect(
    "is distinguished from one in upper case (P-015, P-021)",
    Effect.fnUntraced(function* () {
      const lines = yield* ask("?Add", "?WATCHDOG[3]", "?Watchdog")
      assert.strictEqual(lines[0], "!Add ok 1")
      assert.match(lines[1] ?? "", /^!WATCHDOG\[3\] invalid /)
      assert.match(lines[2] ?? "", /^!Watchdog invalid /)
    })
  )

  it.effect(
    "that is unknown is invalid, with a text that says so (P-003, P-006)",
    Effect.fnUntraced(function* () {
      assert.deepStrictEqual(yield* ask("?nosuch a b"), [
        "!nosuch invalid Unknown\\_request\\_nosuch.\\_?help\\_lists\\_all\\_requests."
      ])
    })
  )

  it.effect(
    "with bad arguments fails, naming position and parameter (P-007, P-014, Q-01, A-199, A-210, B-113)",
    Effect.fnUntraced(function* () {
      const lines = yield* ask("?add", "?add 1", "?add 1 2 3", "?add one 2", "?add 1 \xff", "?watchdog x")
      assert.deepStrictEqual(
        lines.map((line) => line.split(" ").length),
        [3, 3, 3, 3, 3, 3]
      )
      assert.match(lines[0] ?? "", /^!add fail Error\\_in\\_parameter\\_1\\_\(x\)/)
      assert.match(lines[1] ?? "", /^!add fail Error\\_in\\_parameter\\_2\\_\(y\)/)
      assert.strictEqual(lines[2], "!add fail Too\\_many\\_parameters\\_given.")
      assert.match(lines[3] ?? "", /^!add fail Error\\_in\\_parameter\\_1\\_\(x\).*one/)
      for (const line of lines) assert.match(line, /^[ -~]*$/)
    })
  )
})

describe("the result of a handler", () => {
  it.effect(
    "with RequestFailed is fail or another code, and the text (P-007, P-008, A-215, B-115)",
    Effect.fnUntraced(function* () {
      assert.deepStrictEqual(yield* ask("?fail \\@ no\\_power", "?fail timeout waited\\_5s", "?fail busy \\@"), [
        "!fail fail no\\_power",
        "!fail timeout waited\\_5s",
        "!fail busy \\@"
      ])
    })
  )

  it.effect(
    "never shows a failure as a success (P-005)",
    Effect.fnUntraced(function* () {
      assert.deepStrictEqual(yield* ask("?fail ok it\\_is\\_not"), ["!fail fail it\\_is\\_not"])
    })
  )

  it.effect(
    "with RequestInvalid is invalid (P-006, B-115)",
    Effect.fnUntraced(function* () {
      assert.deepStrictEqual(yield* ask("?refuse below\\_the\\_horizon"), ["!refuse invalid below\\_the\\_horizon"])
    })
  )

  it.effect(
    "keeps the letters of a text, but no control characters (P-014)",
    Effect.fnUntraced(function* () {
      assert.deepStrictEqual(yield* ask("?refuse 20\\_\xc2\xb0C\\e\x07\\t\\n"), [
        "!refuse invalid 20\\_\xc2\xb0C\\\\x1b\\\\x07\\t\\n"
      ])
    })
  )

  it.effect(
    "for a defect is a failure with its message, without a stack, and in the local log with its cause (A-217, A-222)",
    Effect.fnUntraced(function* () {
      const log = keptLog()
      const { connect } = yield* start(Layer.provide(lab, log.layer))
      const client = yield* connect
      const kinds = ["throw", "die", "text", "number", "nothing", "empty", "binary", "bare"]
      yield* say(client, ...kinds.map((kind, n) => `?die[${n + 1}] ${kind}`))
      assert.deepStrictEqual(yield* client.settle, [
        "!die[1] fail thrown",
        "!die[2] fail died",
        "!die[3] fail plain\\_text",
        "!die[4] fail 42",
        "!die[5] fail undefined",
        "!die[6] fail RangeError",
        "!die[7] fail bell\\_\\\\x07,\\_escape\\_\\\\x1b,\\_tab\\_\\t,\\_line\\nnext",
        "!die[8] fail {}"
      ])
      yield* say(client, "?die[9] later", "?watchdog")
      assert.deepStrictEqual(yield* client.settle, ["!watchdog ok"])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* client.settle, ["!die[9] fail late"])
      const errors = log.records.filter(({ level }) => level === "Error")
      assert.strictEqual(errors.length, kinds.length + 1)
      assert.match(errors[1]?.text ?? "", /^\?die of 127\.0\.0\.1:50001 has a defect.*died/)
    })
  )

  it.effect(
    "that does not fit the contract, is not an effect, or needs a Scope is a defect; the connection continues (P-003)",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(lab)
      const client = yield* connect
      for (const how of Object.keys(untyped)) {
        yield* say(client, `?misfit[3] ${how}`)
        if (how === "later") yield* TestClock.adjust("1 second")
        const lines = yield* client.settle
        assert.strictEqual(lines.length, 1, how)
        assert.match(lines[0] ?? "", /^!misfit\[3\] fail [!-~]+$/, how)
      }
      yield* say(client, "?misfit text", "?misfit undefined", "?misfit foreign")
      const [misfit, none, foreign] = yield* client.settle
      assert.match(misfit ?? "", /reply\\_does\\_not\\_fit\\_its\\_contract.*value/)
      assert.match(none ?? "", /did\\_not\\_return\\_an\\_Effect/)
      assert.strictEqual(foreign, "!misfit fail foreign\\_failure")
    })
  )

  it.effect(
    "by interrupting itself is a failure (P-003)",
    Effect.fnUntraced(function* () {
      assert.deepStrictEqual(yield* ask("?die[1] interrupt"), ["!die[1] fail Request\\_cancelled."])
    })
  )
})
