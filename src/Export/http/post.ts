import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Stream from "effect/Stream"
import { joinBytes } from "../../Codec/index.ts"
import { errorText } from "../../Message/index.ts"
import { SinkFailed } from "../push/Sink.ts"
import type { HttpTarget } from "./HttpTarget.ts"

/** The bytes of an answer that are read. Not measured: servers describe refused data in some dozens of lines. */
const longestAnswer = 65_536

/** An answer of a destination. */
export interface Answer {
  readonly status: number
  readonly body: Uint8Array
  /** `true` if the body is longer than the part that was read. */
  readonly isCut: boolean
  /** The wait that the destination requests, in seconds (`Retry-After`); `undefined` without one. */
  readonly retryAfter: number | undefined
}

/** Formats the answer for people: one line, not too long. */
const saidBy = ({ body, status }: Answer): string => {
  const text = new TextDecoder()
    .decode(body)
    .replace(/[\x00-\x1f\x7f]+/g, " ")
    .trim()
  return `it answers ${status}${text === "" ? "" : `: ${text.length > 300 ? `${text.slice(0, 300)}…` : text}`}`
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "there is no host of that name",
  EAI_AGAIN: "the name of the host cannot be looked up now",
  EHOSTUNREACH: "the host cannot be reached",
  ETIMEDOUT: "the host does not answer",
  ECONNRESET: "the connection was cut",
  UND_ERR_SOCKET: "the connection was cut"
}

/** Returns the error that caused another: for a host with several addresses, that of the first. */
const causeWithin = (error: Error): unknown =>
  error.cause ?? (error as { readonly errors?: ReadonlyArray<unknown> }).errors?.[0]

/** Returns the reason for a missing answer: the system error, deep within the error. */
const whyNot = (error: unknown): string => {
  let deepest = error
  for (let cause = error; cause instanceof Error; cause = causeWithin(cause)) {
    deepest = cause
    const { code } = cause as { readonly code?: unknown }
    if (typeof code === "string" && code in reasons) return `${reasons[code]} (${code})`
  }
  return errorText(deepest)
}

/** Returns the seconds in `Retry-After`: seconds, or a date (RFC 9110, 10.2.3). `undefined` for other text. */
const secondsOf = (text: string | undefined, now: number): number | undefined => {
  if (text === undefined) return undefined
  if (/^\d+$/.test(text)) return Number(text)
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000)
}

/** Reads the answer of a destination, up to the limit. */
const answerOf = Effect.fnUntraced(function* (response: HttpClientResponse.HttpClientResponse) {
  let size = 0
  const chunks = yield* response.stream.pipe(
    Stream.takeUntil((chunk) => {
      size += chunk.length
      return size >= longestAnswer
    }),
    Stream.runCollect,
    // some answers have no body
    Effect.catchReason("HttpClientError", "EmptyBodyError", () => Effect.succeed<Array<Uint8Array>>([]))
  )
  return {
    status: response.status,
    body: joinBytes(chunks),
    isCut: size >= longestAnswer,
    retryAfter: secondsOf(response.headers["retry-after"], yield* Clock.currentTimeMillis)
  } satisfies Answer
})

/** Sends a body. Fails with `away` if there is no answer. */
export const post = (
  client: HttpClient.HttpClient,
  { headers, shown, url }: HttpTarget,
  body: Uint8Array,
  contentType: string
): Effect.Effect<Answer, SinkFailed> =>
  client
    .execute(HttpClientRequest.post(url, { headers }).pipe(HttpClientRequest.bodyUint8Array(body, contentType)))
    .pipe(
      Effect.flatMap(answerOf),
      Effect.mapError((error) => new SinkFailed({ why: "away", message: `${shown}: ${whyNot(error)}` })),
      Effect.provideService(HttpClient.TracerPropagationEnabled, false),
      // a redirected request has not written
      Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
      Effect.withTracerEnabled(false)
    )

/**
 * Converts an answer other than 2xx into a failure. A 400 or 422 refuses the data, a 413 their number. All others mean
 * that the destination takes nothing now: it is away, or configured wrongly, which can be corrected.
 */
export const failureOf = (target: HttpTarget, answer: Answer): SinkFailed =>
  new SinkFailed({
    why: answer.status === 400 || answer.status === 422 ? "refused" : answer.status === 413 ? "large" : "away",
    message: `${target.shown}: ${saidBy(answer)}`,
    ...(answer.retryAfter === undefined ? {} : { after: answer.retryAfter })
  })
