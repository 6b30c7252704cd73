/**
 * Properties of Sockets beyond Effect's own interface. The Sockets of `katcp/Node` and `katcp/Testing` have them. Other
 * Sockets do not provide addresses.
 */
import type * as Effect from "effect/Effect"
import type * as NetAddress from "effect/net/NetAddress"
import type * as Socket from "effect/socket/Socket"

/**
 * The addresses of both ends of a connection.
 *
 * @category models
 * @since 0.1.0
 */
export interface Ends {
  readonly local: NetAddress.SocketAddress | undefined
  readonly remote: NetAddress.SocketAddress | undefined
}

/**
 * The host and port that a client dials, as given.
 *
 * @category models
 * @since 0.1.0
 */
export interface Destination {
  readonly host: string
  readonly port: number
}

/**
 * The reader of a Socket that provides the addresses of its connection, or passes its chunks without waking a fiber.
 *
 * @category models
 * @since 0.1.0
 */
export interface ConnectedReader extends Socket.Reader {
  readonly ends?: Ends | undefined
  /**
   * Calls the function with the bytes that arrive, until it returns `false`: then it succeeds. Fails like `pull`, which
   * must not be used meanwhile.
   */
  readonly read?:
    | ((take: (chunks: ReadonlyArray<Uint8Array | string>) => boolean) => Effect.Effect<void, Socket.SocketError>)
    | undefined
}

/**
 * A Socket that provides its destination.
 *
 * @category models
 * @since 0.1.0
 */
export interface DialledSocket extends Socket.Socket {
  readonly destination?: Destination | undefined
}
