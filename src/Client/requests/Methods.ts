import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import { Arg } from "../../Codec/index.ts"
import type { Request } from "../../Interface/index.ts"
import { fromContract } from "./AnswerDecoder.ts"
import type { CallOptions } from "./CallOptions.ts"
import { type Callable, type Calls, plainValues } from "./Calls.ts"
import type { Failure } from "./Failure.ts"
import type { Piece } from "./Streamed.ts"

/**
 * The result of a request of a contract: the values of its reply, and its informs.
 *
 * @category models
 * @since 0.1.0
 */
export type Result<R extends Request.Any> = Request.Reply<R> & { readonly informs: ReadonlyArray<Request.Inform<R>> }

/** No arguments. */
type Nothing = Record<string, never>

/**
 * The parameters of the method of a request: its arguments, which may be omitted if none is required, and options.
 *
 * @category models
 * @since 0.1.0
 */
export type Parameters<R extends Request.Any> =
  R extends Request.RawRequest<string>
    ? [values?: Request.Input<R> | undefined, options?: CallOptions | undefined]
    : keyof Request.Input<R> extends never
      ? [args?: Nothing | undefined, options?: CallOptions | undefined]
      : Record<never, never> extends Request.Input<R>
        ? [args?: Request.Input<R> | undefined, options?: CallOptions | undefined]
        : [args: Request.Input<R>, options?: CallOptions | undefined]

/**
 * One method for each request of a contract.
 *
 * @category models
 * @since 0.1.0
 */
export type Methods<R extends Request.Any> = {
  readonly [Name in R["name"]]: (
    ...parameters: Parameters<Request.Named<R, Name>>
  ) => Effect.Effect<Result<Request.Named<R, Name>>, Failure>
}

/**
 * One method for each request of a contract. It streams the answer piece by piece.
 *
 * @category models
 * @since 0.1.0
 */
export type StreamMethods<R extends Request.Any> = {
  readonly [Name in R["name"]]: (
    ...parameters: Parameters<Request.Named<R, Name>>
  ) => Stream.Stream<Piece<Request.Inform<Request.Named<R, Name>>, Request.Reply<Request.Named<R, Name>>>, Failure>
}

/** Returns a request of a contract as a callable. */
const ofContract = (request: Request.Any): Callable<unknown, object, object> => ({
  name: request.name,
  values:
    request._tag === "RawRequest"
      ? plainValues
      : (args, { dialect }) => {
          const values = request.args.encode((args ?? {}) as { readonly [name: string]: unknown }, dialect)
          return values instanceof Arg.Invalid ? values.message : values
        },
  timeout: request.timeoutHint === undefined || request.timeoutHint === 0 ? undefined : request.timeoutHint * 1000,
  decoder: fromContract(request)
})

const none = Object.freeze(Object.create(null))

type Method<A> = (args?: unknown, options?: CallOptions) => A

/** Returns the methods of a contract, of both kinds. */
export const make = (
  requests: ReadonlyMap<string, Request.Any>,
  calls: Calls
): { readonly request: Record<string, unknown>; readonly stream: Record<string, unknown> } => {
  if (requests.size === 0) return { request: none, stream: none }
  const request: Record<string, Method<unknown>> = Object.create(null)
  const stream: Record<string, Method<unknown>> = Object.create(null)
  for (const [name, description] of requests) {
    const callable = ofContract(description)
    const call: Method<unknown> = (args, options) => calls.gather(callable, args, options, calls.sites.note(call))
    const pieces: Method<unknown> = (args, options) => calls.stream(callable, args, options, calls.sites.note(pieces))
    request[name] = call
    stream[name] = pieces
  }
  return { request, stream }
}
