/**
 * Where servers listen, on Node.
 *
 * @since 0.1.0
 */
import * as Net from "node:net"
import type { Duplex } from "node:stream"
import * as Tls from "node:tls"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as SocketServer from "effect/socket/SocketServer"
import { expectOptions } from "../Message/index.ts"
import { explained, type ServerCredentials, serverOptions } from "./credentials.ts"
import { type DuplexOptions, listenDuplex, standardStreams } from "./duplex.ts"
import { listen } from "./listen.ts"
import { renewing } from "./renewal.ts"
import { listenScript } from "./script.ts"
import { removeStale, withMode } from "./unix.ts"

export type { Pem, PemFile, ServerCredentials } from "./credentials.ts"
export type { DuplexOptions } from "./duplex.ts"

type Listening = Layer.Layer<SocketServer.SocketServer, SocketServer.SocketServerError>

/**
 * Where to listen.
 *
 * @category models
 * @since 0.1.0
 */
export interface TcpOptions {
  /**
   * The host name or address to listen at, IPv4 or IPv6. Default `127.0.0.1`: only programs of this machine can connect.
   * `::` are all addresses of the machine, IPv6 and IPv4; `0.0.0.0` those of IPv4. Say who may do what there (see the
   * option `access` of `Server.layer`).
   */
  readonly host?: string | undefined
  /** The port; 0 takes a free one. */
  readonly port: number
  /** How many connections may wait to be accepted. Default 511. */
  readonly backlog?: number | undefined
}

/**
 * Listens on TCP. Nagle's algorithm is off, since a message is not to wait for the next; a client may close its end
 * and still get the answers to what it asked. Fails with `SocketServerError` where it cannot listen there.
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

/** Where servers listen that were not told otherwise: nobody else can reach them. */
const loopback = "127.0.0.1"

const connections = { noDelay: true, allowHalfOpen: true, pauseOnConnect: false } as const

const listenOptions = ({ backlog, host, port }: TcpOptions): Net.ListenOptions => ({
  port,
  host: host ?? loopback,
  ...(backlog === undefined ? {} : { backlog })
})

/**
 * Where to listen with TLS, and what to show and ask for.
 *
 * @category models
 * @since 0.1.0
 */
export interface TlsOptions extends TcpOptions, ServerCredentials {}

/**
 * Listens on TCP with TLS 1.2 or later; with `ca`, clients must show a certificate (mutual TLS). A connection reaches
 * the server when its handshake is done; one whose handshake fails just ends, with a line in the log at level debug. A
 * client's certificate is the `certificate` of the connected client, by which rules of `access` can go. Certificates in
 * files are loaded again when they change (`reloadEvery`). Fails with `SocketServerError` where it cannot listen there, or
 * the certificate and its key are no good.
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
        server = Tls.createServer({ ...secured(options), ...connections })
        return server
      }
      return Effect.tap(listen(create, listenOptions(options), "secureConnection"), () =>
        renewing(server!, options, placeOf(options))
      )
    })
  )

const placeOf = ({ host, port }: TcpOptions): string => `TLS on ${host ?? loopback}:${port}`

/** Says where, too, if a certificate or its key is no good. */
const secured = (options: TcpOptions & ServerCredentials): Tls.TlsOptions => {
  try {
    return serverOptions(options)
  } catch (cause) {
    throw explained(placeOf(options), cause)
  }
}

/**
 * Where to listen on this machine.
 *
 * @category models
 * @since 0.1.0
 */
export interface UnixOptions {
  /** The path of the socket, which must not be longer than the system allows (107 bytes on Linux). */
  readonly path: string
  /** How many connections may wait to be accepted. Default 511. */
  readonly backlog?: number | undefined
  /**
   * The permissions of the file: who may connect, since that takes the right to write. `0o660` lets the group in, `0o666`
   * all users of the machine. Default `0o600`: the user of this process only.
   */
  readonly mode?: number | undefined
}

/**
 * Listens on a Unix socket. Its file is removed at the end. One that was left behind by a process that is dead is
 * replaced; where another process listens, or the file is no socket, this fails with `SocketServerError`. The
 * permissions of the file and its folder decide who can connect; by default, these clients have the role `admin`. Clients
 * have no address: each is shown under a made-up one.
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
 * Serves over a stream with two directions: a serial port, one end of a pipe, or what a library of a transport gives. The
 * stream is one client, which is shown under a made-up address; to access rules its listener is a Unix socket. When the stream ends nobody can connect any more; the
 * device goes on, unless `onEnd` ends it. `?restart` closes the stream. Fails with `SocketServerError` if `open` throws.
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
 * Serves the program that has started this process, over standard input and output, as `inetd`, `ssh` and supervisors of
 * sub-processes use it. The device is not to print anything else on its standard output; the logger of Effect writes to
 * standard error by this layer. Otherwise as {@link duplex}: the client's end of input lets requests finish, then `onEnd` runs.
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
 * Makes the requests in a file when the device starts, and again after `?restart`: a start-up script. Each line is a request
 * as on the wire (`?log-level info`). Empty lines and lines that begin with `#` are skipped. Each request is made when the one
 * before it is answered. A reply other than `ok` is logged as a warning, with the number of the line. Combine the script with
 * the listeners of the device by `Server.listeners`. The script is a client like others: they are told of it, access rules find it by
 * the path of the file (it has the role of a Unix socket by default), and they may connect before the script has ended. A
 * file that cannot be read, or a line that is not a request, ends the server with `SocketServerError`.
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
 * Where to listen for WebSockets.
 *
 * @category models
 * @since 0.1.0
 */
export interface WebSocketOptions extends TcpOptions {
  /** The path of the URL that is served: `/katcp`; others get 400. All by default. */
  readonly path?: string | undefined
  /**
   * The origins of web pages that may connect, like `https://control.example`, or `*` for all: a browser lets any page
   * connect to anything. By default none but those of the same host and port. Programs other than browsers all may.
   */
  readonly origins?: ReadonlyArray<string> | undefined
  /**
   * The names by which clients may call this server, like `dish.example`, or `*` for any: a page can let a name of its own
   * point to any address (DNS rebinding), and pass for a page of this server. IP addresses, `localhost` and the `host` to
   * listen at are always good. Holds for programs too: with a name that is not good they get 403. Default none.
   */
  readonly hosts?: ReadonlyArray<string> | undefined
  /**
   * The longest WebSocket message that is taken, in bytes; a client that sends a longer one is disconnected. Default 1 MiB,
   * which clients of this library never pass. A longer KATCP line may come in several messages. What is not complete is
   * held outside of `maxTotalBytes`.
   */
  readonly maxFrame?: number | undefined
  /** How long the HTTP request that opens a WebSocket may take, in milliseconds. Default 10000. */
  readonly handshakeTimeout?: number | undefined
  /** Serves `wss:`: what to show and ask for. By default `ws:`. */
  readonly tls?: ServerCredentials | undefined
}

/**
 * Listens for WebSockets (RFC 6455), as browsers have them. The frames, binary or text, make up the stream of bytes
 * that a TCP connection would carry: one may hold many lines or a part of one. The sub-protocol `katcp` is accepted
 * where it is offered. A WebSocket cannot be closed by halves: a client that closes it has no answers to wait for.
 * Fails with `SocketServerError` where it cannot listen there.
 *
 * @category layers
 * @since 0.1.0
 */
export const webSocket = (options: WebSocketOptions): Listening =>
  Layer.effect(
    SocketServer.SocketServer,
    // what it takes is loaded by those who use it
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
