/**
 * Sockets for clients on Node.
 *
 * @since 0.1.0
 */
import * as Net from "node:net"
import type { Duplex } from "node:stream"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Socket from "effect/socket/Socket"
import type { DialledSocket } from "../Client/index.ts"
import { expectOptions, expectValue } from "../Message/index.ts"
import { type ClientCredentials, clientOptions, explained } from "./credentials.ts"
import { dial } from "./dial.ts"
import { nodeTls } from "./onDemand.ts"

export type { ClientCredentials, Pem } from "./credentials.ts"

/** Milliseconds. Not measured: a person waits so long. It is a number, because text would be parsed for each client. */
const usualOpenTimeout = 5000

/**
 * The options of a TCP connection.
 *
 * @category models
 * @since 0.1.0
 */
export interface TcpOptions {
  /**
   * The host name or address, IPv4 or IPv6 (`::1`). Default `127.0.0.1`. If a name has several addresses, each further
   * one is tried once the ones before have failed or taken a quarter of a second; the first that answers is used. A
   * name that was found before keeps its addresses while the name server does not answer.
   */
  readonly host?: string | undefined
  /** The port. */
  readonly port: number
  /** The timeout of connecting, by a timer of Node: a `TestClock` has no effect on it. Default 5 seconds. */
  readonly openTimeout?: Duration.Input | undefined
  /**
   * The local address to dial from, if this machine has several: one of its own IPv4 or IPv6 addresses. Default: chosen
   * by the system's routing. Addresses of the host in the other family cannot be reached from it.
   */
  readonly localAddress?: string | undefined
}

/** Returns a Socket that provides its destination. */
const towards = (host: string, port: number, socket: Socket.Socket): DialledSocket => ({
  ...socket,
  destination: { host, port }
})

/** Names the local address in the error if this machine does not have it. */
const fromHere = (localAddress: string | undefined, cause: unknown): unknown =>
  localAddress !== undefined && cause instanceof Error && "code" in cause && cause.code === "EADDRNOTAVAIL"
    ? new Error(`this machine has no address ${localAddress} to dial from`)
    : cause

const from = (localAddress: string | undefined) => (localAddress === undefined ? {} : { localAddress })

/**
 * Dials TCP whenever a client connects. Nagle's algorithm is off, so a message does not wait for the next one.
 *
 * @category layers
 * @since 0.1.0
 */
export const tcp = (options: TcpOptions): Layer.Layer<Socket.Socket> => dialTcp(withPort("NodeClient.tcp", options))

/** Returns options with a valid port. Throws a `TypeError` for others. */
const withPort = <A extends { readonly port: number }>(call: string, options: A): A => {
  const { port } = expectOptions(call, options, ["port"])
  expectValue(call, Number.isInteger(port) && port >= 0 && port <= 65535, "a port up to 65535", port)
  return options
}

const dialTcp = ({
  host = "127.0.0.1",
  localAddress,
  openTimeout = usualOpenTimeout,
  port
}: TcpOptions): Layer.Layer<Socket.Socket> =>
  Layer.sync(Socket.Socket, () =>
    towards(
      host,
      port,
      dial({
        host,
        connect: (address) =>
          Net.connect({ host: address, port, noDelay: true, allowHalfOpen: true, ...from(localAddress) }),
        ready: "connect",
        openTimeout,
        explain: (cause) => fromHere(localAddress, cause)
      })
    )
  )

/**
 * The options of a TLS connection: destination, trusted authorities and the client's certificate.
 *
 * @category models
 * @since 0.1.0
 */
export interface TlsOptions extends TcpOptions, ClientCredentials {
  /** The name that the server's certificate must be valid for. Default: the host. */
  readonly servername?: string | undefined
}

/**
 * Dials TCP with TLS whenever a client connects. Fails to open if the server's certificate is not signed by an
 * authority of `ca` or not valid for its name. A server that refuses the client's certificate (mutual TLS) may report
 * it only after the connection is open: then reading fails.
 *
 * @category layers
 * @since 0.1.0
 */
export const tls = (options: TlsOptions): Layer.Layer<Socket.Socket> => {
  const {
    host = "127.0.0.1",
    localAddress,
    openTimeout = usualOpenTimeout,
    port,
    servername
  } = withPort("NodeClient.tls", options)
  const name = servername ?? (Net.isIP(host) === 0 ? host : undefined)
  const halfOpen = {
    ...clientOptions(options),
    ...from(localAddress),
    port,
    allowHalfOpen: true,
    ...(name === undefined ? {} : { servername: name })
  }
  return Layer.sync(Socket.Socket, () =>
    towards(
      host,
      port,
      dial({
        host,
        connect: (address) =>
          nodeTls()
            .connect({ ...halfOpen, host: address })
            .setNoDelay(true),
        ready: "secureConnect",
        openTimeout,
        explain: (cause) => explained(`TLS to ${host}:${port}`, fromHere(localAddress, cause))
      })
    )
  )
}

/**
 * The options of a connection on this machine.
 *
 * @category models
 * @since 0.1.0
 */
export interface UnixOptions {
  /** The path of the socket. */
  readonly path: string
  /** The timeout of connecting, by a timer of Node: a `TestClock` has no effect on it. Default 5 seconds. */
  readonly openTimeout?: Duration.Input | undefined
}

/**
 * Dials a Unix socket whenever a client connects.
 *
 * @category layers
 * @since 0.1.0
 */
export const unix = (options: UnixOptions): Layer.Layer<Socket.Socket> =>
  dialUnix(expectOptions("NodeClient.unix", options, ["path"]))

const dialUnix = ({ openTimeout = usualOpenTimeout, path }: UnixOptions): Layer.Layer<Socket.Socket> =>
  Layer.sync(Socket.Socket, () =>
    dial({ host: undefined, connect: () => Net.connect({ path, allowHalfOpen: true }), ready: "connect", openTimeout })
  )

/**
 * Dials by opening a duplex stream: a serial port, a pipe to a process, or the stream of a transport library. The
 * function is called whenever a client connects, and may throw.
 *
 * @example
 * ```ts
 * import { spawn } from "node:child_process"
 * import { Duplex } from "node:stream"
 * import { NodeClient } from "katcp/Node"
 *
 * // a device that speaks KATCP on its standard input and output
 * export const device = NodeClient.duplex(() => {
 *   const { stdin, stdout } = spawn("ssh", ["dish-7", "dish-device"], { stdio: ["pipe", "pipe", "inherit"] })
 *   return Duplex.from({ readable: stdout, writable: stdin })
 * })
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const duplex = (open: () => Duplex): Layer.Layer<Socket.Socket> =>
  Layer.sync(Socket.Socket, () =>
    dial({ host: undefined, connect: open, ready: undefined, openTimeout: usualOpenTimeout })
  )

/**
 * The options of a WebSocket connection. Each has a default. The credentials are for `wss:`.
 *
 * @category models
 * @since 0.1.0
 */
export interface WebSocketOptions extends ClientCredentials {
  /** The timeout of connecting. Default 5 seconds. */
  readonly openTimeout?: Duration.Input | undefined
  /** The local address to dial from. Default: chosen by the system's routing. */
  readonly localAddress?: string | undefined
  /** The name that the server's certificate must be valid for. Default: the host of the URL. */
  readonly servername?: string | undefined
  /** Headers of the request, such as `authorization`. None by default. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/**
 * Dials a WebSocket (RFC 6455) at a URL like `ws://127.0.0.1:8080/katcp` whenever a client connects, with the
 * subprotocol `katcp`, which the server must accept. A WebSocket cannot be half-closed.
 *
 * @category layers
 * @since 0.1.0
 */
export const webSocket = (url: string, options: WebSocketOptions = {}): Layer.Layer<Socket.Socket> =>
  Layer.effect(
    Socket.Socket,
    // its modules are loaded only by those who use it
    Effect.flatMap(
      Effect.promise(() => import("./dialWebSocket.ts")),
      ({ dialWebSocket }) => {
        const { headers = {}, localAddress, openTimeout = usualOpenTimeout, servername } = options
        const name = servername === undefined ? {} : { servername }
        return dialWebSocket(url, { ...clientOptions(options), ...from(localAddress), ...name, headers }, openTimeout)
      }
    )
  )
