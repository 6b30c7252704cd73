import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { Arg, Dialect } from "../../Codec/index.ts"
import type { Handler, Request } from "../../Interface/index.ts"
import { RequestFailed, RequestInvalid } from "../../Message/index.ts"

/**
 * The answer of a fake device to a request: the values of the reply, a failure, an effect that returns one of them, or
 * a handler like that of a real device; or one of these after a delay.
 *
 * @category models
 * @since 0.1.0
 */
export type Answer<R extends Request.Any> = Prompt<R> | Late<R>

/**
 * An answer without a delay.
 *
 * @category models
 * @since 0.1.0
 */
export type Prompt<R extends Request.Any> =
  | Request.ReplyInput<R>
  | RequestFailed
  | RequestInvalid
  | ReturnType<Handler<R>>
  | Handler<R>

/**
 * Answers by the names of requests.
 *
 * @category models
 * @since 0.1.0
 */
export type Answers<R extends Request.Any> = { readonly [Name in R["name"]]?: Answer<Request.Named<R, Name>> }

const TypeId = "~katcp/Testing/Late"

/**
 * An answer with a delay. Built by {@link late}.
 *
 * @category models
 * @since 0.1.0
 */
export interface Late<R extends Request.Any> {
  readonly [TypeId]: typeof TypeId
  readonly after: Duration.Input
  readonly answer: Prompt<R> | undefined
}

/**
 * Answers after a delay, by the Clock: with the given answer, or with the default one.
 *
 * @category answers
 * @since 0.1.0
 */
export const late = <R extends Request.Any>(after: Duration.Input, answer?: NoInfer<Prompt<R>>): Late<R> => ({
  [TypeId]: TypeId,
  after,
  answer
})

/**
 * Never answers. The request ends with the connection, or by its timeout.
 *
 * @category answers
 * @since 0.1.0
 */
export const hang: Effect.Effect<never> = Effect.never

type Handle = (args: unknown, context: unknown) => Effect.Effect<unknown, RequestFailed | RequestInvalid>

const isLate = (answer: unknown): answer is Late<Request.Any> =>
  typeof answer === "object" && answer !== null && TypeId in answer

/** Returns the handler of an answer; `otherwise` is the handler without one. */
export const handlerOf = (answer: unknown, otherwise: Handle): Handle => {
  if (answer === undefined) return otherwise
  if (typeof answer === "function") return answer as Handle
  if (answer instanceof RequestFailed || answer instanceof RequestInvalid) return () => Effect.fail(answer)
  if (Effect.isEffect(answer)) return () => answer as ReturnType<Handle>
  if (!isLate(answer)) return () => Effect.succeed(answer)
  const handle = handlerOf(answer.answer, otherwise)
  return (args, context) =>
    Effect.delay(
      Effect.suspend(() => handle(args, context)),
      answer.after
    )
}

/**
 * Returns a reply that fits the contract: the initial value of each type, without optional arguments. Throws a
 * `TypeError` if that does not fit, as can happen with custom types.
 *
 * @category answers
 * @since 0.1.0
 */
export const plausible = (request: Request.Any): unknown => {
  if (request._tag === "RawRequest") return ["ok"]
  const values: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(request.reply.fields as Record<string, unknown>)) {
    if (typeof field !== "object" || field === null) continue
    if (!("_tag" in field)) values[name] = (field as Arg.Any).initial
    else if (field._tag === "Rest") values[name] = []
  }
  const encoded = request.reply.encode(values, Dialect.v5)
  if (encoded instanceof Arg.Invalid)
    throw new TypeError(`a fake of ?${request.name} needs an answer of its own: ${encoded.message}`)
  return values
}
