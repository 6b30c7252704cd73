import type * as Effect from "effect/Effect"
import type * as NetAddress from "effect/net/NetAddress"
import type { ArgumentValue, Message, Protocol, RequestFailed, RequestInvalid } from "../Message/index.ts"
import type { Certificate } from "./Certificate.ts"
import type * as Request from "./Request.ts"
import type { Role } from "./Role.ts"

/**
 * A connected client, as seen by a device.
 *
 * @category models
 * @since 0.1.0
 */
export interface ConnectedClient {
  /** The client's address, like `127.0.0.1:41234` or `[::1]:41234`: an address of Rev 5.1 §3. */
  readonly address: string
  /** The address of the device that it connected to, one of the server's `addresses`. */
  readonly listener: NetAddress.SocketAddress
  /** The role that the server's access rules gave it at connection. */
  readonly role: Role
  /** The client's verified certificate (mutual TLS), or `undefined`. */
  readonly certificate: Certificate | undefined
  /** All clients connected to the same server now, including this one. */
  readonly peers: ReadonlySet<ConnectedClient>
  /** The protocol of the connection. */
  readonly protocol: Protocol
  /**
   * Sends an asynchronous inform to this client only. Returns `false` if the client is gone. Throws a `TypeError` for a
   * bad name, and for the name of a request, which an asynchronous inform cannot have (Rev 5.1 §2.3).
   */
  readonly inform: (name: string, values?: ReadonlyArray<ArgumentValue>) => boolean
  /** Sends `#disconnect` with the reason and closes the connection (Rev 5.1 §4.2). */
  readonly disconnect: (reason: string) => Effect.Effect<void>
  /** Sets its sampling strategies for all sensors to `none`, as `?sensor-sampling-clear` does. */
  readonly clearSampling: Effect.Effect<void>
}

/**
 * The second parameter of a handler.
 *
 * @category models
 * @since 0.1.0
 */
export interface RequestContext<R extends Request.Any> {
  /** The client that sent the request. */
  readonly client: ConnectedClient
  /** The id of the request, or `undefined`. */
  readonly id: number | undefined
  /** The request as received, with the bytes of its arguments. It may be kept. */
  readonly message: Message
  /**
   * Sends an inform that is part of the answer, with the name and id of the request (Rev 5.1 §2.3). Call it before the
   * reply: afterwards it throws (P-063). It also throws for values that do not fit the contract.
   */
  readonly inform: (values: Request.InformInput<R>) => void
  /** Sends many informs, and waits between them if the client does not keep up. */
  readonly informs: (values: Iterable<Request.InformInput<R>>) => Effect.Effect<void>
  /** Waits until the client has taken everything sent so far. */
  readonly drain: Effect.Effect<void>
  /**
   * Replies now, while the handler continues. The handler's result is then ignored. If it fails later, the client
   * receives `#log error`. Throws if there was a reply already.
   */
  readonly reply: (values: Request.ReplyInput<R>) => void
}

/** The result of a handler: nothing, if all arguments of the reply are optional. */
type Returned<R extends Request.Any> =
  Record<never, never> extends Request.ReplyInput<R> ? Request.ReplyInput<R> | void : Request.ReplyInput<R>

/**
 * A handler of a request. An effect that completes at once (`Effect.succeed`, an `Exit`) is answered without a fiber.
 * Others run in their own fiber, which is interrupted when the client disconnects.
 *
 * @category models
 * @since 0.1.0
 */
export type Handler<R extends Request.Any, X = never> = (
  args: Request.Arguments<R>,
  context: RequestContext<R>
) => Effect.Effect<Returned<R>, RequestFailed | RequestInvalid, X>

/**
 * A handler for each request of an interface.
 *
 * @category models
 * @since 0.1.0
 */
export type Handlers<R extends Request.Any> = {
  // biome-ignore lint/suspicious/noExplicitAny: what handlers need is inferred from them
  readonly [Name in R["name"]]: Handler<Request.Named<R, Name>, any>
}

/** The services that the handlers need. @since 0.1.0 */
export type Services<H> = {
  // biome-ignore lint/suspicious/noExplicitAny: parameters do not matter here
  [K in keyof H]: H[K] extends (...args: any) => Effect.Effect<any, any, infer X> ? X : never
}[keyof H]
