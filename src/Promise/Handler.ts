import * as Effect from "effect/Effect"
import type * as EffectInterface from "../Interface/index.ts"
import type { Request } from "../Interface/index.ts"
import { errorText, RequestFailed, RequestInvalid } from "../Message/index.ts"
import { toPromise } from "./bridge.ts"

/**
 * A connected client: its address, its role, and its certificate.
 *
 * @category models
 * @since 0.1.0
 */
export type ServedClient = Pick<
  EffectInterface.ConnectedClient,
  "address" | "certificate" | "inform" | "listener" | "protocol" | "role"
>

/**
 * The second parameter of a handler: see `Interface.RequestContext`.
 *
 * @category models
 * @since 0.1.0
 */
export interface RequestContext<R extends Request.Any>
  extends Pick<EffectInterface.RequestContext<R>, "id" | "message" | "inform" | "reply"> {
  /** The client that sent the request. */
  readonly client: ServedClient
  /** Sends many informs, and waits if the client does not keep up. */
  readonly informs: (values: Iterable<Request.InformInput<R>>) => Promise<void>
  /** Aborted when the client disconnects or the device stops. */
  readonly signal: AbortSignal
}

type Returned<R extends Request.Any> =
  Record<never, never> extends Request.ReplyInput<R> ? Request.ReplyInput<R> | void : Request.ReplyInput<R>

/**
 * A handler of a request: its result, or the value of its promise, is the reply. A thrown `RequestFailed` or
 * `RequestInvalid` is answered as such, and any other error with `fail` and its message.
 *
 * @category models
 * @since 0.1.0
 */
export type Handler<R extends Request.Any> = (
  args: Request.Arguments<R>,
  context: RequestContext<R>
) => Returned<R> | Promise<Returned<R>>

/**
 * A handler for each request of a contract.
 *
 * @category models
 * @since 0.1.0
 */
export type Handlers<R extends Request.Any> = {
  readonly [Name in R["name"]]: Handler<Request.Named<R, Name>>
}

type AnyHandler = (args: unknown, context: RequestContext<Request.RawRequest<string>>) => unknown

/**
 * Returns a handler as an effect that waits for its promise. Its signal is aborted when the answer is no longer needed.
 */
export const effectHandler = (handler: unknown): unknown => {
  if (typeof handler !== "function") return handler
  return (args: unknown, context: EffectInterface.RequestContext<Request.RawRequest<string>>) =>
    Effect.tryPromise({
      try: async (signal) =>
        (handler as AnyHandler)(args, {
          client: context.client,
          id: context.id,
          get message() {
            return context.message
          },
          inform: context.inform,
          reply: context.reply,
          informs: (values) => toPromise(context.informs(values)),
          signal
        }),
      catch: failureOf
    })
}

/** Returns the handlers of a contract as effects. */
export const effectHandlers = (handlers: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(handlers).map(([name, handler]) => [name, effectHandler(handler)]))

/** Returns the answer to a request whose handler or guard has thrown. */
export const failureOf = (error: unknown): RequestFailed | RequestInvalid =>
  error instanceof RequestFailed || error instanceof RequestInvalid
    ? error
    : new RequestFailed({ message: errorText(error) })
