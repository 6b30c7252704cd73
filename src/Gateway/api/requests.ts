import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { Answer } from "../../Client/index.ts"
import { type ArgumentValue, encodeText, type KatcpError, type Message } from "../../Message/index.ts"
import type { Allow, Caller, NoSuchDevice, RequestRefused, SiteDevice, SiteShape } from "../../Site/index.ts"
import { noDevice } from "./devices.ts"
import { BadRequest, DeviceAway, DeviceSlow, Forbidden } from "./problems.ts"
import type { RequestAnswer, RequestBody } from "./schemas.ts"

/**
 * The number of informs of the longest collected answer. Not measured: ?sensor-list of the largest device has 200,000;
 * those are for a stream.
 */
const mostInforms = 100_000

const strictUtf8 = new TextDecoder("utf-8", { fatal: true })

/** Refuses a body that is not UTF-8. The server replaces such bytes by U+FFFD: the device would get something else. */
export const expectUtf8 = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<void, BadRequest> =>
  Effect.flatMap(Effect.orDie(request.arrayBuffer), (body) =>
    Effect.try({
      try: () => void strictUtf8.decode(body),
      catch: () =>
        new BadRequest({ detail: `the body is not UTF-8; write arguments of other bytes as {"base64": "…"}` })
    })
  )

type Answered = typeof RequestAnswer.Type
type Text = Answered["args"][number]

/** Passes a request of a caller on to a device, if the allow list and the caller's role permit it. */
export const makeRequest = (
  site: SiteShape,
  allow: Allow.Allow,
  caller: Caller["Service"],
  asked: { readonly device: string; readonly request: string; readonly payload: typeof RequestBody.Type }
) =>
  Effect.gen(function* () {
    const { device, payload, request } = asked
    const args = yield* Effect.forEach(payload.args ?? [], argumentOf)
    let reply: Message | undefined
    const informs: Array<ReadonlyArray<Text>> = []
    const run = ({ client }: SiteDevice) =>
      client
        .callRawStream(
          request,
          args,
          payload.timeout === undefined ? {} : { timeout: `${payload.timeout * 1000} millis` }
        )
        .pipe(
          Stream.runForEachArray((pieces) => {
            for (const piece of pieces)
              if (piece._tag === "Reply") reply = piece.reply
              else informs.push(textsOf(piece.inform))
            return informs.length > mostInforms
              ? Effect.fail(new DeviceAway({ detail: `the answer of ${device} has more than ${mostInforms} informs` }))
              : Effect.void
          }),
          // the audit record has its code
          Effect.map(() => (reply === undefined ? undefined : new Answer(reply, [])))
        )
    const { from, name, role } = caller
    yield* site
      .passWith(
        {
          ...(name === undefined ? {} : { who: name }),
          from,
          role,
          via: "http",
          allow,
          device,
          request,
          arguments: args
        },
        run
      )
      .pipe(Effect.mapError((error) => problemOf(site, device, error)))
    if (reply === undefined) return yield* new DeviceAway({ detail: `${device} sent no reply` })
    const [code = "", ...rest] = textsOf(reply)
    const answer: Answered = { code: typeof code === "string" ? code : code.base64, args: rest, informs }
    return answer
  })

const problemOf = (
  site: SiteShape,
  device: string,
  error: NoSuchDevice | RequestRefused | KatcpError | DeviceAway
): BadRequest | Forbidden | ReturnType<typeof noDevice> | DeviceAway | DeviceSlow => {
  switch (error._tag) {
    case "NoSuchDevice":
      return noDevice(site, device)
    case "RequestRefused":
      return new Forbidden({ detail: error.message.slice(0, 1000).toWellFormed() })
    case "DeviceAway":
      return error
    default: {
      const detail = `${device}: ${error.message}`.slice(0, 1000).toWellFormed()
      const { _tag } = error.reason
      if (_tag === "TimedOut") return new DeviceSlow({ detail })
      return _tag === "BadArgument" || _tag === "TooLong" || _tag === "NotAllowed"
        ? new BadRequest({ detail })
        : new DeviceAway({ detail })
    }
  }
}

const argumentOf = (
  argument: string | number | boolean | { readonly base64: string }
): Effect.Effect<ArgumentValue, BadRequest> => {
  if (typeof argument === "string") return Effect.succeed(argument)
  if (typeof argument !== "object") return Effect.succeed(argument)
  const bytes = Base64.decode(argument.base64)
  return Result.isSuccess(bytes)
    ? Effect.succeed(bytes.success)
    : Effect.fail(new BadRequest({ detail: "args: an argument is not base64" }))
}

const textsOf = (message: Message): ReadonlyArray<Text> =>
  Array.from({ length: message.length }, (_, index) => {
    const text = message.text(index)!
    return text.isWellFormed() ? text : { base64: Base64.encode(encodeText(text)) }
  })
