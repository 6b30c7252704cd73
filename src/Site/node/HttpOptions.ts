import type * as Duration from "effect/Duration"
import type { NodeServer } from "../../Node/index.ts"
import type { Access } from "../../Server/index.ts"
import type { JwtOptions } from "./jwt.ts"

/**
 * The address of the listener, and access to it.
 *
 * @category models
 * @since 0.1.0
 */
export interface HttpOptions {
  /** Default `127.0.0.1`. Another address than loopback needs `tokens`, `jwt`, `tls` with `ca`, or `insecure`. */
  readonly host?: string | undefined
  /** The port; 0 takes a free one. */
  readonly port: number
  /** Names that clients may use for the server, besides `localhost` and IP addresses; `*` for any. Default none. */
  readonly hosts?: ReadonlyArray<string> | undefined
  /**
   * Origins of web pages that may send requests, besides those of the server itself: `https://plots.example`. Default
   * none.
   */
  readonly origins?: ReadonlyArray<string> | undefined
  /**
   * Returns the role of a client without a token, by its address or certificate; called for each request. Default
   * `Access.defaults`.
   */
  readonly roleOf?: ReturnType<typeof Access.make> | undefined
  /**
   * Returns `true` if `roleOf` gives clients of other machines a role without a token; called for each request.
   * Default: if `insecure`, or if `roleOf` is given.
   */
  readonly isOpen?: (() => boolean) | undefined
  /** `true` listens on another address than loopback, although callers need no credentials. Default `false`. */
  readonly insecure?: boolean | undefined
  /**
   * The role of programs of this machine without a token: that of `roleOf` (`admin`, the default), or none (`token`).
   */
  readonly loopback?: "admin" | "token" | undefined
  /** Networks of proxies that may report the address of a client. Default none. */
  readonly trustedProxies?: ReadonlyArray<string> | undefined
  /** The path of the file of tokens. Default none. */
  readonly tokens?: string | undefined
  /** The duration of a session of the login form. Default 12 hours. */
  readonly session?: Duration.Input | undefined
  /** The issuer of valid tokens. Default none. Needs the package `jose`. */
  readonly jwt?: JwtOptions | undefined
  /** The certificate and key of the server. Default: no TLS. */
  readonly tls?: NodeServer.ServerCredentials | undefined
  /**
   * The limit of requests a second for each address, and for each caller; 20 times as many at once. Default 100; 0: no
   * limit.
   */
  readonly requestsPerSecond?: number | undefined
  /** The longest time for receiving the headers of a request. Default 10 seconds; checked every 5 seconds. */
  readonly headersTimeout?: Duration.Input | undefined
  /** The longest time for receiving a whole request. Default 30 seconds; checked every 5 seconds. */
  readonly requestTimeout?: Duration.Input | undefined
  /** The number of connections at a time. Default 1024. */
  readonly maxConnections?: number | undefined
  /** The number of connections of one address at a time, except for trusted proxies. Default 256. */
  readonly maxConnectionsPerAddress?: number | undefined
}
