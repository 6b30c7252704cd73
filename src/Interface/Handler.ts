import type * as Effect from "effect/Effect"
import type * as NetAddress from "effect/net/NetAddress"
import type { ArgumentValue, Message, Protocol, RequestFailed, RequestInvalid } from "../Message/index.ts"
import type { Certificate } from "./Certificate.ts"
import type * as Request from "./Request.ts"
import type { Role } from "./Role.ts"

/**
 * A connected client, as a device sees it.
 *
 * @category models
 * @since 0.1.0
 */
export interface ConnectedClient {
  /** Its address, like `127.0.0.1:41234` or `[::1]:41234`: an address of Rev 5.1 §3. */
  readonly address: string
  /** The address of the device that it came in at, one of the server's `addresses`. */
  readonly listener: NetAddress.SocketAddress
  /** The role that the server's access rules gave it when it connected. */
  readonly role: Role
  /** The certificate that it has shown and that was verified (mutual TLS); undefined if there is none. */
  readonly certificate: Certificate | undefined
  /** All clients that are connected to the same server now, this one among them. */
  readonly peers: ReadonlySet<ConnectedClient>
  /** The protocol that it is served. */
  readonly protocol: Protocol
  /**
   * Sends an asynchronous inform to this client alone. False where it is gone. Throws a `TypeError` for a bad name,
   * and for that of a request, which no asynchronous inform may bear (Rev 5.1 §2.3).
   */
  readonly inform: (name: string, values?: ReadonlyArray<ArgumentValue>) => boolean
  /** Sends `#disconnect` with the reason and closes the connection (Rev 5.1 §4.2). */
  readonly disconnect: (reason: string) => Effect.Effect<void>
  /** Sets its sampling strategies of all sensors to `none`, as `?sensor-sampling-clear` does. */
  readonly clearSampling: Effect.Effect<void>
}

/**
 * What a handler has beside the arguments.
 *
 * @category models
 * @since 0.1.0
 */
export interface RequestContext<R extends Request.Any> {
  /** Who asks. */
  readonly client: ConnectedClient
  /** The id of the request, undefined where it has none. */
  readonly id: number | undefined
  /** The request as it was sent, with the bytes of its arguments. It may be kept. */
  readonly message: Message
  /**
   * Sends an inform that is part of the answer: it bears the name and the id of the request (Rev 5.1 §2.3). To be
   * called before the reply; afterwards it throws (P-063), and so it does for values that do not fit the contract.
   */
  readonly inform: (values: Request.InformInput<R>) => void
  /** Sends many informs, and waits between them whenever the client does not keep up. */
  readonly informs: (values: Iterable<Request.InformInput<R>>) => Effect.Effect<void>
  /** Waits until the client has taken what was sent to it so far. */
  readonly drain: Effect.Effect<void>
  /**
   * Replies now, while the handler goes on. What the handler returns is then ignored, and if it fails later, the
   * client is told by `#log error`. Throws where there was a reply already.
   */
  readonly reply: (values: Request.ReplyInput<R>) => void
}

/** What a handler may return: nothing, where all of the reply may be left out. */
type Returned<R extends Request.Any> =
  Record<never, never> extends Request.ReplyInput<R> ? Request.ReplyInput<R> | void : Request.ReplyInput<R>

/**
 * A handler of a request. An effect that is done at once (`Effect.succeed`, an `Exit`) is answered without a fiber;
 * others run in a fiber of their own, which is interrupted when the client goes.
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

/** What the handlers need. @since 0.1.0 */
export type Services<H> = {
  // biome-ignore lint/suspicious/noExplicitAny: parameters do not matter here
  [K in keyof H]: H[K] extends (...args: any) => Effect.Effect<any, any, infer X> ? X : never
}[keyof H]
