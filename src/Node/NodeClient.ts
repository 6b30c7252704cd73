/**
 * What clients dial, on Node.
 *
 * @since 0.1.0
 */
import * as Net from "node:net"
import type { Duplex } from "node:stream"
import * as Tls from "node:tls"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Socket from "effect/socket/Socket"
import type { DialledSocket } from "../Client/index.ts"
import { expectOptions, expectValue } from "../Message/index.ts"
import { type ClientCredentials, clientOptions, explained } from "./credentials.ts"
import { dial } from "./dial.ts"

export type { ClientCredentials, Pem } from "./credentials.ts"

/**
 * What to dial.
 *
 * @category models
 * @since 0.1.0
 */
export interface TcpOptions {
  /**
   * The host name or address, IPv4 or IPv6 (`::1`). Default `127.0.0.1`. If a name has several addresses, the next one is
   * tried beside those before when these have failed or taken a quarter of a second; the first that answers is used. A
   * name that was found before keeps its addresses while the name server does not answer.
   */
  readonly host?: string | undefined
  /** The port. */
  readonly port: number
  /** How long connecting may take. Default 5 seconds. */
  readonly openTimeout?: Duration.Input | undefined
  /**
   * The address of this machine to dial from, if it has several: an IPv4 or IPv6 address of its own. Default: as the system
   * routes. Addresses of the host that are not of the same family cannot be reached from it.
   */
  readonly localAddress?: string | undefined
}

/** A Socket that tells what it dials. */
const towards = (host: string, port: number, socket: Socket.Socket): DialledSocket => ({
  ...socket,
  destination: { host, port }
})

/** Says which address this machine does not have, if that is why it cannot be dialled from. */
const fromHere = (localAddress: string | undefined, cause: unknown): unknown =>
  localAddress !== undefined && cause instanceof Error && "code" in cause && cause.code === "EADDRNOTAVAIL"
    ? new Error(`this machine has no address ${localAddress} to dial from`)
    : cause

const from = (localAddress: string | undefined) => (localAddress === undefined ? {} : { localAddress })

/**
 * Dials TCP, whenever a client connects. Nagle's algorithm is off, since a message is not to wait for the next.
 *
 * @category layers
 * @since 0.1.0
 */
export const tcp = (options: TcpOptions): Layer.Layer<Socket.Socket> => dialTcp(withPort("NodeClient.tcp", options))

/** Options with a port that can be dialled. Throws a `TypeError` for others. */
const withPort = <A extends { readonly port: number }>(call: string, options: A): A => {
  const { port } = expectOptions(call, options, ["port"])
  expectValue(call, Number.isInteger(port) && port >= 0 && port <= 65535, "a port up to 65535", port)
  return options
}

const dialTcp = ({
  host = "127.0.0.1",
  localAddress,
  openTimeout = "5 seconds",
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
 * What to dial with TLS, what to trust and what to show.
 *
 * @category models
 * @since 0.1.0
 */
export interface TlsOptions extends TcpOptions, ClientCredentials {
  /** The name that the server's certificate must be good for. Default: the host. */
  readonly servername?: string | undefined
}

/**
 * Dials TCP with TLS, whenever a client connects. Fails to open where the server's certificate is not signed by an
 * authority of `ca` or not good for its name. A server that refuses the client's certificate (mutual TLS) may say so
 * only when the connection is open already: then reading fails.
 *
 * @category layers
 * @since 0.1.0
 */
export const tls = (options: TlsOptions): Layer.Layer<Socket.Socket> => {
  const {
    host = "127.0.0.1",
    localAddress,
    openTimeout = "5 seconds",
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
        connect: (address) => Tls.connect({ ...halfOpen, host: address }).setNoDelay(true),
        ready: "secureConnect",
        openTimeout,
        explain: (cause) => explained(`TLS to ${host}:${port}`, fromHere(localAddress, cause))
      })
    )
  )
}

/**
 * What to dial on this machine.
 *
 * @category models
 * @since 0.1.0
 */
export interface UnixOptions {
  /** The path of the socket. */
  readonly path: string
  /** How long connecting may take. Default 5 seconds. */
  readonly openTimeout?: Duration.Input | undefined
}

/**
 * Dials a Unix socket, whenever a client connects.
 *
 * @category layers
 * @since 0.1.0
 */
export const unix = (options: UnixOptions): Layer.Layer<Socket.Socket> =>
  dialUnix(expectOptions("NodeClient.unix", options, ["path"]))

const dialUnix = ({ openTimeout = "5 seconds", path }: UnixOptions): Layer.Layer<Socket.Socket> =>
  Layer.sync(Socket.Socket, () =>
    dial({ host: undefined, connect: () => Net.connect({ path, allowHalfOpen: true }), ready: "connect", openTimeout })
  )

/**
 * Dials by opening a stream with two directions: a serial port, a pipe to a process, or what a library of a transport
 * gives. The function is called whenever a client connects, and may throw.
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
  Layer.sync(Socket.Socket, () => dial({ host: undefined, connect: open, ready: undefined, openTimeout: "5 seconds" }))

/**
 * How to dial a WebSocket. Everything has a default; the credentials are for `wss:`.
 *
 * @category models
 * @since 0.1.0
 */
export interface WebSocketOptions extends ClientCredentials {
  /** How long connecting may take. Default 5 seconds. */
  readonly openTimeout?: Duration.Input | undefined
  /** The address of this machine to dial from. Default: as the system routes. */
  readonly localAddress?: string | undefined
  /** The name that the server's certificate must be good for. Default: the host of the URL. */
  readonly servername?: string | undefined
  /** What is sent along in the header of the request, such as `authorization`. Nothing by default. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/**
 * Dials a WebSocket (RFC 6455) at a URL like `ws://127.0.0.1:8080/katcp`, whenever a client connects, with the
 * sub-protocol `katcp`, which the server has to accept. A WebSocket cannot be closed by halves.
 *
 * @category layers
 * @since 0.1.0
 */
export const webSocket = (url: string, options: WebSocketOptions = {}): Layer.Layer<Socket.Socket> =>
  Layer.effect(
    Socket.Socket,
    // what it takes is loaded by those who use it
    Effect.flatMap(
      Effect.promise(() => import("./dialWebSocket.ts")),
      ({ dialWebSocket }) => {
        const { headers = {}, localAddress, openTimeout = "5 seconds", servername } = options
        const name = servername === undefined ? {} : { servername }
        return dialWebSocket(url, { ...clientOptions(options), ...from(localAddress), ...name, headers }, openTimeout)
      }
    )
  )
