import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Inspectable from "effect/Inspectable"
import { escapeArgument } from "../../Codec/index.ts"
import { isMessage, isOk, type KatcpError, type Message, RequestFailed, RequestInvalid } from "../../Message/index.ts"
import { ExpectationFailed } from "../ExpectationFailed.ts"
import { wireText } from "../wireText.ts"
import { type Matcher, matchesArguments, shownArguments, type ToleranceOptions } from "./matching.ts"

/**
 * The expected reply `ok`. Omitted properties match everything.
 *
 * @category models
 * @since 0.1.0
 */
export interface ExpectedReply extends ToleranceOptions {
  /** The arguments after `ok`. */
  readonly values?: ReadonlyArray<Matcher> | undefined
  /** Several lists of arguments: one must match. */
  readonly oneOf?: ReadonlyArray<ReadonlyArray<Matcher>> | undefined
  /** The number of arguments after `ok`. */
  readonly length?: number | undefined
  /** The number of informs, or the arguments of each, in order. */
  readonly informs?: number | ReadonlyArray<ReadonlyArray<Matcher>> | undefined
}

/**
 * The expected failure. Omitted properties match everything.
 *
 * @category models
 * @since 0.1.0
 */
export interface ExpectedFailure {
  /** The return code: `fail`, `invalid` or another word. */
  readonly code?: string | undefined
  /** The text after it: exactly, or a regular expression. */
  readonly message?: string | RegExp | undefined
}

/**
 * An answer as messages: the result of `client.call` and `Handling.message`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Answered {
  readonly reply: Message
  readonly informs: ReadonlyArray<Message>
}

type Refusal = RequestFailed | RequestInvalid
type Failure = Refusal | KatcpError

const decoder = new TextDecoder()

const isRefusal = (error: Failure): error is Refusal =>
  error instanceof RequestFailed || error instanceof RequestInvalid

const codeOf = (error: Refusal): string => (error instanceof RequestFailed ? error.code : "invalid")

/** Returns the reply of a failure. */
const shownFailure = (error: Failure): string =>
  isRefusal(error) ? `${codeOf(error)} ${decoder.decode(escapeArgument(error.message))}` : error.message

const head = (message: Message): string => wireText(message).split(" ", 1)[0]!

/** Returns the fault of an answer. */
const faultOf = ({ informs, reply }: Answered, expected: ExpectedReply): ExpectationFailed | undefined => {
  const failed = (should: string, is: string) =>
    new ExpectationFailed({ what: `?${reply.name}`, expected: should, actual: is })
  const actual = wireText(reply)
  const ok = `${head(reply)} ok`
  if (!isOk(reply)) return failed(ok, actual)
  const lists = expected.values === undefined ? expected.oneOf : [expected.values]
  if (lists !== undefined && !lists.some((values) => matchesArguments(values, reply, 1, expected)))
    return failed(lists.map((values) => `${ok}${shownArguments(values)}`).join("\nor "), actual)
  if (expected.length !== undefined && reply.length - 1 !== expected.length)
    return failed(`${expected.length} arguments behind ok`, actual)
  const { informs: wanted } = expected
  if (wanted === undefined) return undefined
  const lines = informs.map(wireText).join("\n") || "no inform"
  if (typeof wanted === "number")
    return informs.length === wanted ? undefined : failed(`${wanted} informs`, `${informs.length} informs\n${lines}`)
  const same = informs.length === wanted.length
  return same && informs.every((inform, at) => matchesArguments(wanted[at]!, inform, 0, expected))
    ? undefined
    : failed(
        wanted.map((values) => `#${head(reply).slice(1)}${shownArguments(values)}`).join("\n") || "no inform",
        lines
      )
}

/**
 * Expects a request to succeed with the given reply and informs. Returns the answer.
 *
 * @example
 * ```ts
 * import { Client } from "katcp"
 * import { Expect } from "katcp/Testing"
 *
 * export const test = (client: Client.Client<never, never>) =>
 *   client.call("add", [1, 2]).pipe(Expect.ok({ values: [3], informs: 0 }))
 * ```
 *
 * @category replies
 * @since 0.1.0
 */
export const ok: {
  (
    expected?: ExpectedReply
  ): <A extends Answered, R>(request: Effect.Effect<A, Failure, R>) => Effect.Effect<A, ExpectationFailed, R>
  <A extends Answered, R>(
    request: Effect.Effect<A, Failure, R>,
    expected?: ExpectedReply
  ): Effect.Effect<A, ExpectationFailed, R>
} = dual(
  (args) => Effect.isEffect(args[0]),
  <A extends Answered, R>(request: Effect.Effect<A, Failure, R>, expected: ExpectedReply = {}) =>
    Effect.matchEffect(request, {
      onFailure: (error) =>
        Effect.fail(
          new ExpectationFailed({
            what: "a request",
            expected: `ok${shownArguments(expected.values ?? [])}`,
            actual: shownFailure(error)
          })
        ),
      onSuccess: (answer) => {
        const fault = faultOf(answer, expected)
        return fault === undefined ? Effect.succeed(answer) : Effect.fail(fault)
      }
    })
)

/** Returns the failure of a reply, if it is one. */
const refusalOf = (reply: Message): Refusal | undefined => {
  const code = reply.text(0) ?? ""
  const message = reply.text(1) ?? ""
  if (code === "ok") return undefined
  return code === "invalid" ? new RequestInvalid({ message }) : new RequestFailed({ code, message })
}

/** Returns the reply of an answer that consists of messages. */
const replyOf = (value: unknown): Message | undefined =>
  typeof value === "object" && value !== null && "reply" in value && isMessage(value.reply) ? value.reply : undefined

/**
 * Expects the device to refuse a request. Works on calls by name, typed methods and `Handling.request`. Returns the
 * failure.
 *
 * @example
 * ```ts
 * import { Client } from "katcp"
 * import { Expect } from "katcp/Testing"
 *
 * export const test = (client: Client.Client<never, never>) =>
 *   client.call("track", [10, -5]).pipe(Expect.fails({ code: "invalid", message: /horizon/ }))
 * ```
 *
 * @category replies
 * @since 0.1.0
 */
export const fails: {
  (
    expected?: ExpectedFailure
  ): <A, R>(request: Effect.Effect<A, Failure, R>) => Effect.Effect<Refusal, ExpectationFailed, R>
  <A, R>(
    request: Effect.Effect<A, Failure, R>,
    expected?: ExpectedFailure
  ): Effect.Effect<Refusal, ExpectationFailed, R>
} = dual(
  (args) => Effect.isEffect(args[0]),
  <A, R>(request: Effect.Effect<A, Failure, R>, { code, message }: ExpectedFailure = {}) => {
    const failed = (actual: string) => {
      const text = typeof message === "string" ? decoder.decode(escapeArgument(message)) : (message ?? "")
      const expected = `${code ?? "a failure"} ${text}`.trimEnd()
      return Effect.fail(new ExpectationFailed({ what: "a request", expected, actual }))
    }
    const judge = (error: Refusal): Effect.Effect<Refusal, ExpectationFailed> =>
      (code === undefined || codeOf(error) === code) &&
      (message === undefined ||
        (typeof message === "string" ? error.message === message : error.message.search(message) !== -1))
        ? Effect.succeed(error)
        : failed(shownFailure(error))
    return Effect.matchEffect(request, {
      onFailure: (error) => (isRefusal(error) ? judge(error) : failed(shownFailure(error))),
      onSuccess: (value) => {
        const reply = replyOf(value)
        if (reply === undefined) return failed(`ok, with ${Inspectable.toStringUnknown(value, 0)}`)
        const refusal = refusalOf(reply)
        return refusal === undefined ? failed(wireText(reply)) : judge(refusal)
      }
    })
  }
)
