/** Requests of pages. */

import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { Answer } from "../../Client/index.ts"
import type { ArgumentValue, KatcpError, Message } from "../../Message/index.ts"
import type { Allow, Caller, NoSuchDevice, RequestRefused, SiteShape } from "../../Site/index.ts"
import { nameFault } from "../requestNames.ts"
import type { Call, LiveText, Reply } from "./frames.ts"

type Reason = NonNullable<(typeof Reply.Type)["reason"]>

/** The frame for a request without an answer. */
export const noAnswer = (call: number, reason: Reason, why: string): string =>
  JSON.stringify({ reply: call, code: "error", args: [why], reason } satisfies typeof Reply.Type)

/**
 * Makes a request of a page, if the allow list and the role permit it, with an audit record of the outcome. Sends its
 * informs and its reply. `send` waits until the page has read the earlier output, and meanwhile the device is held
 * back.
 */
export const makeCall = (
  { call, device, request, timeout }: typeof Call.Type,
  values: ReadonlyArray<ArgumentValue>,
  {
    allow,
    caller,
    send,
    site
  }: {
    readonly site: SiteShape
    readonly allow: Allow.Allow
    readonly caller: Caller["Service"]
    readonly send: (frame: string) => Effect.Effect<void>
  }
): Effect.Effect<void> => {
  const asked = {
    ...(caller.name === undefined ? {} : { who: caller.name }),
    from: caller.from,
    role: caller.role,
    via: "websocket",
    allow,
    device,
    request,
    arguments: values
  }
  return site
    .passWith(asked, ({ client }) => {
      let reply: Message | undefined
      const options = timeout === undefined ? undefined : { timeout: timeout * 1000 }
      return Stream.runForEach(client.callRawStream(request, values, options), (piece) => {
        if (piece._tag === "Reply") reply = piece.reply
        else return send(JSON.stringify({ inform: call, name: piece.inform.name, args: argumentsOf(piece.inform, 0) }))
        return Effect.void
      }).pipe(Effect.map(() => new Answer(reply!, [])))
    })
    .pipe(
      Effect.map(({ code, reply }) =>
        code === "ok" || code === "fail" || code === "invalid"
          ? JSON.stringify({ reply: call, code, args: argumentsOf(reply, 1) })
          : JSON.stringify({ reply: call, code: "fail", args: argumentsOf(reply, 0) })
      ),
      Effect.catch((error: NoSuchDevice | RequestRefused | KatcpError) =>
        Effect.succeed(noAnswer(call, reasonOf(error), error.message))
      ),
      Effect.catchDefect((defect) =>
        Effect.as(
          Effect.logError(`the request ${request} of a page failed`, defect),
          JSON.stringify({ reply: call, code: "error", args: ["the gateway has a defect here; see its log"] })
        )
      ),
      Effect.flatMap(send)
    )
}

const reasonOf = (error: NoSuchDevice | RequestRefused | KatcpError): Reason => {
  switch (error._tag) {
    case "NoSuchDevice":
      return "no-device"
    case "RequestRefused":
      return "not-allowed"
    case "KatcpError":
      return error.reason._tag === "TimedOut" ? "timeout" : "away"
  }
}

const argumentsOf = (message: Message, from: number): ReadonlyArray<LiveText> =>
  Array.from({ length: Math.max(0, message.length - from) }, (_, index): LiveText => {
    const text = message.text(from + index)!
    return text.isWellFormed() ? text : { base64: Base64.encode(message.bytes(from + index)!) }
  })

/** Returns the arguments of a request, or its fault for people. */
export const valuesOf = ({
  args = [],
  device,
  request
}: typeof Call.Type): Result.Result<ReadonlyArray<ArgumentValue>, string> => {
  const fault = nameFault(device, request)
  if (fault !== undefined) return Result.fail(fault)
  const values: Array<ArgumentValue> = []
  for (const [at, value] of args.entries()) {
    if (typeof value === "string") values.push(value)
    else {
      const bytes = Base64.decode(value.base64)
      if (Result.isFailure(bytes)) return Result.fail(`args[${at}].base64: this is not base64`)
      values.push(bytes.success)
    }
  }
  return Result.succeed(values)
}
