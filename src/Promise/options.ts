import * as Effect from "effect/Effect"
import * as Client from "../Client/index.ts"
import type { ArgumentValue, Message } from "../Message/index.ts"
import type { NodeClient } from "../Node/index.ts"
import type { Abortable } from "./bridge.ts"

/**
 * How the client connects again: after `initial` milliseconds (default 500), then twice as long each time up to
 * `longest` (default 60000), each time at random between half of that and all of it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Reconnect {
  readonly initial?: number | undefined
  readonly longest?: number | undefined
}

type Inherited = Pick<
  Client.Options,
  | "protocol"
  | "acceptMajors"
  | "maxLine"
  | "maxArguments"
  | "maxBacklog"
  | "maxInforms"
  | "onInform"
  | "onMessage"
  | "connecting"
  | "onDisconnected"
  | "timeoutHints"
  | "deviceLog"
  | "inspect"
  | "sensorValueInforms"
>

/**
 * Which device, and how the client deals with it. Durations are in milliseconds; the rest is as in `Client.Options`.
 *
 * @category models
 * @since 0.1.0
 */
export interface ConnectOptions extends Inherited, Abortable {
  /** The host name or address. Default `127.0.0.1`. */
  readonly host?: string | undefined
  readonly port: number
  /** The address of this machine to dial from. Default: as the system routes. */
  readonly localAddress?: string | undefined
  /** How long a device that is not there is tried for. Default 10000; `Infinity` for ever, as `wait: true`. */
  readonly connectTimeout?: number | undefined
  /** `true` to wait for a device that is not there, for as long as it takes. Default false. */
  readonly wait?: boolean | undefined
  /** TLS: `true`, or what to trust and to show. Default none. */
  readonly tls?: boolean | Omit<NodeClient.TlsOptions, "host" | "port" | "openTimeout"> | undefined
  /** How long a request may take that says nothing else. Default 5000. */
  readonly timeout?: number | undefined
  /** How long the device may take to say which protocol it speaks. Default 5000. */
  readonly negotiationTimeout?: number | undefined
  /** How long each request may take by which the device is looked at. Default 20000. */
  readonly syncTimeout?: number | undefined
  /** How long nothing may come before the device is asked whether it is there. Default 10000, `Infinity` is off. */
  readonly alive?: number | undefined
  /** How long it may then take for a sign of life. Default twice `alive`, for version 4 at least 30000. */
  readonly aliveWait?: number | undefined
  /** Whether to connect again when the connection is lost, and how. Default true. */
  readonly reconnect?: boolean | Reconnect | undefined
  /** Answers to requests that the device sends, by name: the values behind `ok`. */
  readonly requests?:
    | Readonly<
        Record<string, (message: Message) => ReadonlyArray<ArgumentValue> | Promise<ReadonlyArray<ArgumentValue>>>
      >
    | undefined
}

/** Returns `true` if a device that is not there is tried for some time, and given up then. */
export const isPatient = ({ connecting, connectTimeout, wait }: ConnectOptions): boolean =>
  connecting === undefined && wait !== true && connectTimeout !== Number.POSITIVE_INFINITY

/** The options of the client below. */
export const clientOptions = (options: ConnectOptions): Client.Options => {
  const {
    connectTimeout: _,
    host = "127.0.0.1",
    localAddress: __,
    port,
    reconnect,
    requests,
    signal: ___,
    tls: ____,
    wait: _____,
    ...same
  } = options
  return {
    ...same,
    ...(isPatient(options) ? { connecting: "background" } : {}),
    host: `${host}:${port}`,
    reconnect: reconnect === false ? false : Client.backOff(reconnect === true ? {} : reconnect),
    requests: Object.fromEntries(
      Object.entries(requests ?? {}).map(([name, handler]) => [
        name,
        (message: Message) => Effect.promise(async () => handler(message))
      ])
    )
  }
}
