import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { Request } from "../../Interface/index.ts"
import type { CallOptions } from "../connection/Options.ts"
import { type Callable, type Calls, ofContract } from "./Calls.ts"
import type { Failure } from "./Gathered.ts"
import type { Piece } from "./Streamed.ts"

/**
 * What a request of a contract gives: the values of its reply, and its informs.
 *
 * @category models
 * @since 0.1.0
 */
export type Result<R extends Request.Any> = Request.Reply<R> & { readonly informs: ReadonlyArray<Request.Inform<R>> }

/** No arguments. */
type Nothing = Record<string, never>

/**
 * What a method of a request takes: its arguments, which may be left out where none must be given, and options.
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
 * One method for each request of a contract, which gives the answer piece by piece.
 *
 * @category models
 * @since 0.1.0
 */
export type StreamMethods<R extends Request.Any> = {
  readonly [Name in R["name"]]: (
    ...parameters: Parameters<Request.Named<R, Name>>
  ) => Stream.Stream<Piece<Request.Inform<Request.Named<R, Name>>, Request.Reply<Request.Named<R, Name>>>, Failure>
}

type Method<A> = (args?: unknown, options?: CallOptions) => A

/** The methods of both kinds. */
export const make = (
  requests: ReadonlyMap<string, Request.Any>,
  calls: Calls
): { readonly request: Record<string, unknown>; readonly stream: Record<string, unknown> } => {
  const request: Record<string, Method<unknown>> = Object.create(null)
  const stream: Record<string, Method<unknown>> = Object.create(null)
  for (const [name, description] of requests) {
    const callable: Callable<unknown, object, object> = ofContract(description)
    const call: Method<unknown> = (args, options) => calls.call(callable, args, options, calls.sites.note(call))
    const pieces: Method<unknown> = (args, options) => calls.stream(callable, args, options, calls.sites.note(pieces))
    request[name] = call
    stream[name] = pieces
  }
  return { request, stream }
}
