import * as Effect from "effect/Effect"
import * as Client from "../Client/index.ts"
import type { ArgumentValue, Message } from "../Message/index.ts"
import type { Abortable } from "./bridge.ts"

/**
 * The delays of reconnecting: `initial` milliseconds (default 500), then twice as long each time up to `longest`
 * (default 60000). Each delay is randomly chosen between half of it and all of it.
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

/** The options of every client with promises. Its types need nothing of Node, so a web page can use them. */
export interface CommonOptions extends Inherited, Abortable {
  /** The host name or address. Default `127.0.0.1`. */
  readonly host?: string | undefined
  readonly port: number
  /** The local address to dial from. Default: chosen by the system's routing. */
  readonly localAddress?: string | undefined
  /** The time for which an absent device is tried. Default 10000; `Infinity` for ever, as `wait: true`. */
  readonly connectTimeout?: number | undefined
  /** `true` to wait for an absent device without a limit. Default `false`. */
  readonly wait?: boolean | undefined
  /** The default timeout of a request. Default 5000. */
  readonly timeout?: number | undefined
  /** The time that the device may take to announce its protocol. Default 5000. */
  readonly negotiationTimeout?: number | undefined
  /** The timeout of each request that reads the device's interface. Default 20000. */
  readonly syncTimeout?: number | undefined
  /** The silence after which the client checks that the device is alive. Default 10000; `Infinity` disables it. */
  readonly alive?: number | undefined
  /** The time that the device may then take for a sign of life. Default twice `alive`, for version 4 at least 30000. */
  readonly aliveWait?: number | undefined
  /** `true`, or the delays, to reconnect when the connection is lost. Default `true`. */
  readonly reconnect?: boolean | Reconnect | undefined
  /** Handlers of requests that the device sends, by name: they return the values after `ok`. */
  readonly requests?:
    | Readonly<
        Record<string, (message: Message) => ReadonlyArray<ArgumentValue> | Promise<ReadonlyArray<ArgumentValue>>>
      >
    | undefined
}

/** Returns `true` if an absent device is tried for some time, and then given up. */
export const isPatient = ({ connecting, connectTimeout, wait }: CommonOptions): boolean =>
  connecting === undefined && wait !== true && connectTimeout !== Number.POSITIVE_INFINITY

/** Returns the options of the client below. */
export const clientOptions = (options: CommonOptions & { readonly tls?: unknown }): Client.Options => {
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
