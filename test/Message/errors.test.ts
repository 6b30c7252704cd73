import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { KatcpError, KatcpSyntaxError, Message, RequestFailed, RequestInvalid } from "katcp"

const reasons = {
  ConnectFailed: new Message.ConnectFailed({ cause: new Error("ECONNREFUSED") }),
  Disconnected: new Message.Disconnected({ sent: true, detail: "reset" }),
  TimedOut: new Message.TimedOut({ which: "default", timeout: 5000 }),
  Unsupported: new Message.Unsupported({ feature: "message ids" }),
  ProtocolConflict: new Message.ProtocolConflict({ detail: "4.0, then 5.1" }),
  MalformedReply: new Message.MalformedReply({ detail: "a count that is not a number" }),
  BadArgument: new Message.BadArgument({ detail: "argument 1 (az): 10.5 is not whole" }),
  TooLong: new Message.TooLong({ limit: 100 })
} as const

describe("errors", () => {
  it("KatcpSyntaxError has reason, position and line (A-117, A-135, B-109)", () => {
    const error = new KatcpSyntaxError({
      reason: "Unknown escape",
      position: 5,
      raw: new TextEncoder().encode("?x \\z")
    })
    assert.instanceOf(error, Error)
    assert.strictEqual(error._tag, "KatcpSyntaxError")
    assert.strictEqual(error.message, "Unknown escape at character 5")
    assert.deepStrictEqual(error.raw, new TextEncoder().encode("?x \\z"))
  })

  it("RequestFailed has a code, fail by default (P-007, P-008, A-140)", () => {
    const failed = new RequestFailed({ message: "no power" })
    assert.deepStrictEqual([failed._tag, failed.message, failed.code], ["RequestFailed", "no power", "fail"])
    assert.strictEqual(new RequestFailed({ message: "try later", code: "busy" }).code, "busy")
  })

  it("RequestInvalid has a text (P-006, B-115)", () => {
    const invalid = new RequestInvalid({ message: "below the horizon" })
    assert.deepStrictEqual([invalid._tag, invalid.message], ["RequestInvalid", "below the horizon"])
  })

  it("each reason says what happened and, if possible, what to do (A-136, A-137, A-138, A-144)", () => {
    const said = Object.entries(reasons).map(([tag, reason]) => {
      assert.strictEqual(reason._tag, tag)
      assert.instanceOf(reason, Error)
      return reason.message
    })
    assert.deepStrictEqual(said, [
      "cannot connect: ECONNREFUSED; is the device running, and are host and port right?",
      "the connection was lost before the reply arrived (reset); the device may have carried out the request",
      "no reply within 5000 ms (the timeout of the default)",
      "the device does not support message ids",
      "the device contradicts itself about its protocol version: 4.0, then 5.1",
      "the device's answer is malformed: a count that is not a number",
      "not sent: argument 1 (az): 10.5 is not whole",
      "a line of more than 100 bytes: raise the line limit if such lines are expected"
    ])
    assert.strictEqual(new Message.Disconnected({ sent: false, detail: "closed" }).message, "not connected (closed)")
    assert.include(new Message.TimedOut({ which: "hint", timeout: 10 }).message, "the server's hint")
    assert.include(
      new Message.TimedOut({ which: "negotiation", timeout: 10 }).message,
      "preset the protocol if the device never does"
    )
  })

  it("KatcpError shows its message when it is printed, as with console.log", () => {
    const error = new KatcpError({ reason: reasons.TimedOut, request: "track", id: 7 })
    assert.include(inspect(error), error.message)
    assert.deepInclude(JSON.parse(JSON.stringify(error)), { _tag: "KatcpError", message: error.message, id: 7 })
  })

  it("KatcpError names request, host and time if they are known (A-136, A-144)", () => {
    const reason = reasons.TimedOut
    assert.strictEqual(new KatcpError({ reason }).message, reason.message)
    assert.strictEqual(
      new KatcpError({ reason, request: "track", id: 7, host: "10.0.0.1:7147", elapsed: 5000.4 }).message,
      `?track[7] to 10.0.0.1:7147 after 5000 ms: ${reason.message}`
    )
    assert.strictEqual(new KatcpError({ reason, request: "track" }).message, `?track: ${reason.message}`)
    assert.strictEqual(new KatcpError({ reason, host: "a:1" }).message, `to a:1: ${reason.message}`)
  })

  it.effect(
    "its reasons are distinguished by their tags (A-136, A-143)",
    Effect.fnUntraced(function* () {
      for (const [tag, reason] of Object.entries(reasons)) {
        const caught = yield* Effect.fail(new KatcpError({ reason })).pipe(
          Effect.catchReason("KatcpError", "TimedOut", (reason) => Effect.succeed(`waited ${reason.timeout}`)),
          Effect.catchReason("KatcpError", "Disconnected", (reason) => Effect.succeed(`sent ${reason.sent}`)),
          Effect.catchTag("KatcpError", (error) => Effect.succeed(error.reason._tag))
        )
        assert.strictEqual(caught, tag === "TimedOut" ? "waited 5000" : tag === "Disconnected" ? "sent true" : tag)
      }
    })
  )
})
