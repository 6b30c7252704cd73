import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { liveLimits } from "../../../src/Gateway/live/frames.ts"
import { type FrameFault, readFrame } from "../../../src/Gateway/live/readFrame.ts"

const limits = { ...liveLimits, frameBytes: 1000, targets: 3 }
const read = (frame: unknown) =>
  Result.getOrThrow(readFrame(typeof frame === "string" ? frame : JSON.stringify(frame), limits))
const refused = (frame: unknown): FrameFault => {
  const result = readFrame(
    typeof frame === "string" || frame instanceof Uint8Array ? frame : JSON.stringify(frame),
    limits
  )
  if (Result.isSuccess(result)) throw new Error(`taken: ${JSON.stringify(result.success)}`)
  return result.failure
}

describe("frames of a page", () => {
  const good = [
    { sub: 1, targets: ["m000/rx.*"], maxHz: 0.5 },
    { sub: 0, targets: [] },
    { unsub: 1 },
    { ack: 7 },
    { call: 3, device: "m000", request: "track", args: ["1", { base64: "AAE=" }], timeout: 5 },
    { call: 3, device: "m000", request: "track" },
    { cancel: 3 },
    { logs: "warn" }
  ]
  for (const frame of good)
    it(`are read: ${JSON.stringify(frame)}`, () => assert.deepStrictEqual(read(frame), frame as never))

  const bad: ReadonlyArray<readonly [frame: unknown, of: object | undefined, words: RegExp]> = [
    ["", undefined, /not JSON/],
    ["{", undefined, /not JSON: "\{"/],
    ["[1]", undefined, /one JSON object/],
    ["null", undefined, /one JSON object/],
    [{}, undefined, /one of the keys sub, unsub/],
    [{ subs: 1 }, undefined, /did you mean sub/],
    [{ sub: 1, ack: 2, targets: [] }, undefined, /this one has sub and ack/],
    [{ sub: 1 }, { sub: 1 }, /targets: this key is missing/],
    [{ sub: 1, targets: [], maxhz: 1 }, { sub: 1 }, /no key "maxhz" in a frame sub; did you mean maxHz\?/],
    [{ sub: 1, targets: ["a", 5] }, { sub: 1 }, /targets\[1\]: expected string/],
    [{ sub: 1, targets: ["a", "b", "c", "d"] }, { sub: 1 }, /at most 3 targets, and this subscription has 4/],
    [{ sub: 1, targets: ["a".repeat(513)] }, { sub: 1 }, /targets\[0\]: a target has at most 512/],
    [{ sub: 1, targets: [], maxHz: 0 }, { sub: 1 }, /maxHz: expected a number above 0, at most 50, got 0/],
    [{ sub: 1, targets: [], maxHz: 51 }, { sub: 1 }, /at most 50/],
    [{ sub: -1, targets: [] }, { sub: -1 }, /sub: expected a whole number/],
    [{ sub: 1.5, targets: [] }, undefined, /sub: /],
    [{ sub: "1", targets: [] }, undefined, /sub: expected/],
    [
      { call: 1, device: "m000", request: "track", args: ["\ud800"] },
      { call: 1 },
      /args\[0\]: this text is not Unicode/
    ],
    [{ call: 1, device: "m000", request: "track", timeout: 1e9 }, { call: 1 }, /timeout: .*at most 3600/],
    [{ call: 1, device: "m000" }, { call: 1 }, /request: this key is missing/],
    [{ logs: "warning" }, undefined, /logs: expected "off" \| "fatal"/],
    [{ sub: 1, targets: ["x".repeat(500), "y".repeat(500)] }, undefined, /at most 1000 bytes/],
    [`{"sub": 1, "targets": ["${"é".repeat(490)}"]}`, undefined, /at most 1000 bytes/],
    [new TextEncoder().encode('{"ack": 1}'), undefined, /text, not bytes/]
  ]
  for (const [frame, of, words] of bad)
    it(`are refused with a reason: ${JSON.stringify(frame).slice(0, 60)}`, () => {
      const fault = refused(frame)
      assert.match(fault.detail, words)
      assert.deepStrictEqual(fault.of, of as never)
      assert.isBelow(fault.detail.length, 400)
    })

  it("may subscribe with nearly 1 MiB, and no more", () => {
    const targets = Array.from(
      { length: 10_000 },
      (_, index) => `m000/${"s".repeat(88)}.${String(index).padStart(5, "0")}`
    )
    const text = JSON.stringify({ sub: 1, targets })
    assert.isAbove(text.length, 990_000)
    assert.isTrue(Result.isSuccess(readFrame(text, liveLimits)))
    const longer = JSON.stringify({ sub: 1, targets: [...targets, "x".repeat(100_000)] })
    const result = readFrame(longer, liveLimits)
    assert.isTrue(Result.isFailure(result) && /at most 1048576 bytes/.test(result.failure.detail))
  })

  const piece = Schema.Union([
    Schema.String,
    Schema.Finite,
    Schema.Null,
    Schema.Literals([
      '{"sub":',
      '"targets":[',
      "]",
      "}",
      ",",
      '"call":',
      "1",
      '"m000/*"',
      '"args":',
      "__proto__",
      '{"ack":'
    ])
  ])
  it.prop("are answered with a frame or a reason", { pieces: Schema.Array(piece) }, ({ pieces }) => {
    const result = readFrame(pieces.join(""), limits)
    if (Result.isFailure(result)) assert.isAbove(result.failure.detail.length, 10)
  })
  it.prop(
    "never throw, whatever the values are",
    {
      value: Schema.Json,
      key: Schema.Literals(["sub", "unsub", "ack", "call", "cancel", "logs", "x"]),
      other: Schema.Json
    },
    ({ key, other, value }) => {
      const result = readFrame(JSON.stringify({ [key]: value, targets: other, device: other, args: other }), limits)
      if (Result.isFailure(result)) assert.isString(result.failure.title)
    }
  )
})
