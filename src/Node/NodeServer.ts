/**
 * Listeners for servers on Node.
 *
 * @since 0.1.0
 */
import * as Net from "node:net"
import type { Duplex } from "node:stream"
import type * as Tls from "node:tls"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as SocketServer from "effect/socket/SocketServer"
import { expectOptions } from "../Message/index.ts"
import { explained, type ServerCredentials, serverOptions } from "./credentials.ts"
import { type DuplexOptions, listenDuplex, standardStreams } from "./duplex.ts"
import { listen } from "./listen.ts"
import { nodeTls } from "./onDemand.ts"
import { renewing } from "./renewal.ts"
import { listenScript } from "./script.ts"
import { removeStale, withMode } from "./unix.ts"

export type { Pem, PemFile, ServerCredentials } from "./credentials.ts"
export type { DuplexOptions } from "./duplex.ts"

type Listening = Layer.Layer<SocketServer.SocketServer, SocketServer.SocketServerError>

/**
 * The options of a TCP listener.
 *
 * @category models
 * @since 0.1.0
 */
export interface TcpOptions {
  /**
   * The host name or address to listen at, IPv4 or IPv6. Default `127.0.0.1`: only programs of this machine can
   * connect. `::` means all addresses of the machine, IPv6 and IPv4; `0.0.0.0` those of IPv4. Define the clients'
   * permissions there (see the option `access` of `Server.layer`).
   */
  readonly host?: string | undefined
  /** The port; 0 selects a free one. */
  readonly port: number
  /** The number of connections that may wait to be accepted. Default 511. */
  readonly backlog?: number | undefined
}

/**
 * Listens on TCP. Nagle's algorithm is off, so a message does not wait for the next one. A client may close its end and
 * still receive the answers to its requests. Fails with `SocketServerError` if it cannot listen there.
 *
 * @category layers
 * @since 0.1.0
 */
export const tcp = (options: TcpOptions): Listening =>
  Layer.effect(
    SocketServer.SocketServer,
    listen(
      () => Net.createServer(connections),
      listenOptions(expectOptions("NodeServer.tcp", options, ["port"])),
      "connection"
    )
  )

/** The default address: only this machine can reach it. */
const loopback = "127.0.0.1"

const connections = { noDelay: true, allowHalfOpen: true, pauseOnConnect: false } as const

const listenOptions = ({ backlog, host, port }: TcpOptions): Net.ListenOptions => ({
  port,
  host: host ?? loopback,
  ...(backlog === undefined ? {} : { backlog })
})

/**
 * The options of a TLS listener: address, certificate and client certificates.
 *
 * @category models
 * @since 0.1.0
 */
export interface TlsOptions extends TcpOptions, ServerCredentials {
  /**
   * Called for each handshake that fails, with the IP address of the client, if it is known. Default: a log line at level
   * debug.
   */
  readonly onHandshakeFailed?: ((address: string | undefined, cause: Error) => Effect.Effect<void>) | undefined
}

/**
 * Listens on TCP with TLS 1.2 or later. With `ca`, clients must present a certificate (mutual TLS). A connection
 * reaches the server after its handshake. If the handshake fails, the connection ends with a log line at level debug. A
 * client's certificate is the `certificate` of the connected client, which rules of `access` can use. Certificates in
 * files are reloaded when they change (`reloadEvery`). Fails with `SocketServerError` if it cannot listen there, or if
 * the certificate or its key is invalid.
 *
 * @category layers
 * @since 0.1.0
 */
export const tls = (options: TlsOptions): Listening =>
  Layer.effect(
    SocketServer.SocketServer,
    Effect.suspend(() => {
      expectOptions("NodeServer.tls", options, ["port", "cert", "key"])
      let server: Tls.Server | undefined
      const create = () => {
        server = nodeTls().createServer({ ...secured(options), ...connections })
        return server
      }
      return Effect.tap(
        listen(create, listenOptions(options), "secureConnection", undefined, options.onHandshakeFailed),
        () => renewing(server!, options, placeOf(options))
      )
    })
  )

const placeOf = ({ host, port }: TcpOptions): string => `TLS on ${host ?? loopback}:${port}`

/** Adds the address to the error if a certificate or its key is invalid. */
const secured = (options: TcpOptions & ServerCredentials): Tls.TlsOptions => {
  try {
    return serverOptions(options)
  } catch (cause) {
    throw explained(placeOf(options), cause)
  }
}

/**
 * The options of a listener on this machine.
 *
 * @category models
 * @since 0.1.0
 */
export interface UnixOptions {
  /** The path of the socket, which must not be longer than the system allows (107 bytes on Linux). */
  readonly path: string
  /** The number of connections that may wait to be accepted. Default 511. */
  readonly backlog?: number | undefined
  /**
   * The permissions of the file: connecting needs the right to write. `0o660` admits the group, `0o666` all users of
   * the machine. Default `0o600`: only the user of this process.
   */
  readonly mode?: number | undefined
}

/**
 * Listens on a Unix socket. Its file is removed at the end. A file left behind by a dead process is replaced. If
 * another process listens, or the file is not a socket, this fails with `SocketServerError`. The permissions of the
 * file and its folder decide which users can connect; by default, these clients have the role `admin`. Clients have no
 * address: each is shown under an invented one.
 *
 * @category layers
 * @since 0.1.0
 */
export const unix = (options: UnixOptions): Listening => listenUnix(expectOptions("NodeServer.unix", options, ["path"]))

const listenUnix = ({ backlog, mode = 0o600, path }: UnixOptions): Listening =>
  Layer.effect(
    SocketServer.SocketServer,
    Effect.andThen(
      removeStale(path),
      listen(
        () => Net.createServer(connections),
        { path, ...(backlog === undefined ? {} : { backlog }) },
        "connection",
        withMode(path, mode)
      )
    )
  )

/**
 * Serves over a duplex stream: a serial port, one end of a pipe, or the stream of a transport library. The stream is
 * one client, which is shown under an invented address; for access rules its listener is a Unix socket. When the stream
 * ends no client can connect any more. The device continues, unless `onEnd` ends it. `?restart` closes the stream.
 * Fails with `SocketServerError` if `open` throws.
 *
 * @example
 * ```ts
 * import { duplexPair } from "node:stream"
 * import { NodeServer } from "katcp/Node"
 *
 * const [mine, theirs] = duplexPair()
 * export const listening = NodeServer.duplex(() => mine, { name: "/dev/ttyS0" })
 * theirs.end("?watchdog[1]\n")
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const duplex = (open: () => Duplex, options: DuplexOptions = {}): Listening =>
  Layer.effect(SocketServer.SocketServer, listenDuplex(open, options))

/**
 * Serves the program that has started this process, over standard input and output, as used by `inetd`, `ssh` and
 * supervisors of subprocesses. The device must not print anything else on its standard output; with this layer,
 * Effect's logger writes to standard error. Otherwise as {@link duplex}: at the end of the client's input its requests
 * finish, then `onEnd` runs.
 *
 * @example
 * ```ts no-run
 * import { NodeRuntime } from "@effect/platform-node"
 * import { Deferred, Effect, Layer } from "effect"
 * import { Interface, Server } from "katcp"
 * import { NodeServer } from "katcp/Node"
 *
 * class Dish extends Interface.make("dish") {}
 *
 * // a process for one client, which ends with it
 * const gone = Deferred.makeUnsafe<void>()
 * Server.layer(Dish).pipe(
 *   Layer.provide(Dish.toLayer({})),
 *   Server.launch,
 *   Effect.provide(NodeServer.stdio({ onEnd: Effect.asVoid(Deferred.succeed(gone, undefined)) })),
 *   Effect.raceFirst(Deferred.await(gone)),
 *   NodeRuntime.runMain
 * )
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const stdio = (options: DuplexOptions = {}): Listening =>
  Layer.merge(duplex(standardStreams, { name: "stdio", ...options }), Layer.succeed(Logger.LogToStderr, true))

/**
 * Makes the requests in a file when the device starts, and again after `?restart`: a start-up script. Each line is a
 * request in wire form (`?log-level info`). Empty lines and lines that begin with `#` are skipped. Each request is made
 * when the one before is answered. A reply other than `ok` is logged as a warning with the line number. Combine the
 * script with the listeners of the device by `Server.listeners`.
 *
 * The script is a client like others. Other clients are informed of it, and may connect before it has ended. Access
 * rules identify it by the path of the file; by default it has the role of a Unix socket. A file that cannot be read,
 * or a line that is not a request, ends the server with `SocketServerError`.
 *
 * @example
 * ```ts no-run
 * import { NodeRuntime } from "@effect/platform-node"
 * import { Effect, Layer } from "effect"
 * import { Interface, Server } from "katcp"
 * import { NodeServer } from "katcp/Node"
 *
 * class Dish extends Interface.make("dish") {}
 *
 * Server.layer(Dish).pipe(
 *   Layer.provide(Dish.toLayer({})),
 *   Server.launch,
 *   Effect.provide(Server.listeners(NodeServer.tcp({ port: 7147 }), NodeServer.script("/etc/dish/init.katcp"))),
 *   NodeRuntime.runMain
 * )
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const script = (file: string): Listening => Layer.sync(SocketServer.SocketServer, () => listenScript(file))

/**
 * The options of a WebSocket listener.
 *
 * @category models
 * @since 0.1.0
 */
export interface WebSocketOptions extends TcpOptions {
  /** The path of the URL that is served: `/katcp`; others get 400. All paths by default. */
  readonly path?: string | undefined
  /**
   * The origins of web pages that may connect, like `https://control.example`, or `*` for all: a browser lets any page
   * connect to anything. By default only those of the same host and port. Programs other than browsers may always
   * connect.
   */
  readonly origins?: ReadonlyArray<string> | undefined
  /**
   * The names by which clients may address this server, like `dish.example`, or `*` for any. A page can let a name of
   * its own point to any address (DNS rebinding), and appear to be a page of this server. IP addresses, `localhost` and
   * the `host` of the listener are always accepted. Also applies to programs: other names get 403. None by default.
   */
  readonly hosts?: ReadonlyArray<string> | undefined
  /**
   * The longest accepted WebSocket message, in bytes; a client that sends a longer one is disconnected. Default 1 MiB,
   * which clients of this library never exceed. A longer KATCP line may arrive in several messages. Incomplete messages
   * are held outside `maxTotalBytes`.
   */
  readonly maxFrame?: number | undefined
  /** The timeout of the HTTP request that opens a WebSocket, in milliseconds. Default 10000. */
  readonly handshakeTimeout?: number | undefined
  /** Serves `wss:` with this certificate and these conditions for clients. By default `ws:`. */
  readonly tls?: ServerCredentials | undefined
}

/**
 * Listens for WebSockets (RFC 6455), for browsers. The frames, binary or text, form the byte stream of a TCP
 * connection: a frame may hold many lines or a part of one. The subprotocol `katcp` is accepted if it is offered. A
 * WebSocket cannot be half-closed: a client that closes it receives no more answers. Fails with `SocketServerError` if
 * it cannot listen there.
 *
 * @category layers
 * @since 0.1.0
 */
export const webSocket = (options: WebSocketOptions): Listening =>
  Layer.effect(
    SocketServer.SocketServer,
    // its modules are loaded only by those who use it
    Effect.flatMap(
      Effect.promise(() => import("./listenWebSocket.ts")),
      ({ listenWebSocket }) =>
        listenWebSocket({
          listen: listenOptions(expectOptions("NodeServer.webSocket", options, ["port"])),
          path: options.path,
          admission: {
            origins: options.origins ?? [],
            hosts: [...(options.hosts ?? []), ...(options.host === undefined ? [] : [options.host])]
          },
          maxFrame: options.maxFrame ?? 1048576,
          handshakeTimeout: options.handshakeTimeout ?? 10_000,
          tls: options.tls && (() => secured({ ...options, ...options.tls! })),
          created: (server) =>
            options.tls === undefined ? Effect.void : renewing(server, options.tls, placeOf(options))
        })
    )
  )
