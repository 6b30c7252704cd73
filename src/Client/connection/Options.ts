import type * as Duration from "effect/Duration"
import * as Schedule from "effect/Schedule"
import type * as Semaphore from "effect/Semaphore"
import { defaultMaxLine } from "../../Codec/index.ts"
import type { KatcpError, Protocol } from "../../Message/index.ts"
import type { MirrorObserver } from "../sensors/MirrorObserver.ts"
import { reconnectSchedule } from "./backOff.ts"
import type { DeviceRequestHandler } from "./DeviceRequests.ts"
import type { InformHandler } from "./Informs.ts"
import type { OnMessage } from "./MessageHook.ts"
import { milliseconds } from "./milliseconds.ts"
import type { TypedInform } from "./TypedInform.ts"

/**
 * Options of a client. Each has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** The name of the device in errors: `antenna-7:7147`. A Socket does not provide its address. None by default. */
  readonly host?: string | undefined
  /**
   * The timeout of a request if neither the call, the contract nor the device gives one. Default 5 seconds (Rev 5.1
   * §5.1).
   */
  readonly timeout?: Duration.Input | undefined
  /**
   * The protocol of the device, if the device does not announce it. The client then does not wait for an announcement,
   * and warns if one contradicts this option. By default the client determines the protocol from the informs that the
   * device sends on connecting.
   */
  readonly protocol?: Protocol | undefined
  /**
   * The time that the device may take to announce its protocol, and then to send its timeout hints. Default 5 seconds.
   * The client does not connect without the announcement, and connects without the hints. After a fifth of this time it
   * sends `?version-list` (Rev 5.1 §4.1): behind a gateway, the device's informs on connecting may have gone to another
   * client.
   */
  readonly negotiationTimeout?: Duration.Input | undefined
  /** The accepted major versions of the protocol. A device of another version is refused. Default 4 and 5. */
  readonly acceptMajors?: ReadonlyArray<number> | undefined
  /**
   * The Schedule of reconnecting, default {@link reconnectSchedule}. Its input is the reason why the connection was
   * lost or could not be made. When the schedule ends, the client is closed. `false` makes one connection only.
   *
   * The schedule restarts after a connection that lasted at least as long as the delay before it. Otherwise two clients
   * of a device that accepts only one would constantly evict each other. The client does not reconnect to a device that
   * contradicts itself about its protocol (P-134).
   */
  readonly reconnect?: Schedule.Schedule<unknown, KatcpError> | false | undefined
  /**
   * The behaviour of `Client.make` until the device is reached for the first time.
   *
   * - `wait` (default): continues by `reconnect`, and logs each failure. Programs can then start in any order (P-332).
   * - `fail`: fails at the first failure.
   * - `background`: returns the client at once, not connected.
   */
  readonly connecting?: "wait" | "fail" | "background" | undefined
  /**
   * The handling of requests made without a connection. `fail` (default): they fail with `Disconnected`. `wait`: they
   * wait for the next connection, within their timeout. Requests in flight always fail when the connection is lost,
   * because the device may have carried them out.
   */
  readonly onDisconnected?: "fail" | "wait" | undefined
  /**
   * `true` (default) reads the device's own timeouts (`?request-timeout-hint`, Rev 5.1 §5) on connecting, if it has
   * flag T. They apply to requests without a timeout from the call or the contract.
   */
  readonly timeoutHints?: boolean | undefined
  /**
   * `true` (default) passes `#log` informs to the program's Effect loggers, at their level, with the device's logger
   * name and host as annotations (Rev 5.1 §6, P-336).
   */
  readonly deviceLog?: boolean | undefined
  /**
   * `true` (default) logs lost connections, failed attempts to connect, and successful reconnections. `false` is for
   * programs that report these states themselves.
   */
  readonly connectionLog?: boolean | undefined
  /**
   * `true` reads the whole interface of the device, requests and sensors, on connecting, and keeps it up to date
   * (`Client.device`). Default `false`: the client queries only sensors with consumers.
   */
  readonly inspect?: boolean | undefined
  /**
   * A semaphore that several clients share, or another object with its `withPermit`. Its permits limit the number that
   * connect at a time, so a fleet does not connect all at once. None by default.
   */
  readonly gate?: Pick<Semaphore.Semaphore, "withPermit"> | undefined
  /** The timeout of each request that reads the interface or sets a strategy. Default 20 seconds. */
  readonly syncTimeout?: Duration.Input | undefined
  /** `true` treats an asynchronous `#sensor-value` as a reading, like `#sensor-status`. Default `false`. */
  readonly sensorValueInforms?: boolean | undefined
  /**
   * `true` (default) compares the device with the contract on connecting, in the background, by `?help` and `?sensor-list`.
   * `Client.differences` then has the differences, and those that break clients are logged at Warn.
   */
  readonly checkContract?: boolean | undefined
  /**
   * The silence after which the client sends `?watchdog`. Default 10 seconds; `Infinity` disables it. Any byte from the
   * device is a sign of life. Without one for {@link Options.aliveWait}, the connection is lost: requests in flight
   * fail, mirrored readings become unreachable, and the client reconnects.
   */
  readonly alive?: Duration.Input | undefined
  /**
   * The time that the device may take for a sign of life after `?watchdog`. Default twice `alive`, for version 4 at
   * least 30 seconds, because a device may be busy with another client's request. It is never less than the timeout of
   * a request in flight, because devices may answer one request at a time. A request without a timeout is waited for
   * without a limit.
   */
  readonly aliveWait?: Duration.Input | undefined
  /** The longest line that is read, in bytes. Default 16 MiB. A longer line is dropped and counted as an anomaly. */
  readonly maxLine?: number | undefined
  /**
   * The largest number of arguments of a message that is read. Default 1048576, because devices describe long lists of
   * values in one message. A reply or inform with more is a malformed line, and its request fails.
   */
  readonly maxArguments?: number | undefined
  /**
   * The number of bytes that may wait for a device that does not read. Above that, requests wait unsent. Default 1 MiB.
   */
  readonly maxBacklog?: number | undefined
  /**
   * The number of informs of one request that are held until its reply. Default 1000000. With more, the request fails
   * with `MalformedReply`. A streamed answer holds many only while other requests wait for their answers: see
   * `Client.stream`.
   */
  readonly maxInforms?: number | undefined
  /**
   * Handlers of asynchronous informs by name, in place before the first byte is read. The client's `onInform` is too
   * late for informs that the device sends on connecting. `Client.informOf` builds typed handlers.
   */
  readonly onInform?: Readonly<Record<string, InformHandler | TypedInform>> | undefined
  /** A hook around each message that is received or sent. None by default. */
  readonly onMessage?: OnMessage | undefined
  /**
   * Receives everything that happens to the mirrored sensors. With it, their readings keep the bytes of their values,
   * and decode them on first access: see `WireReading`. None by default.
   */
  readonly mirrorObserver?: MirrorObserver | undefined
  /** Handlers of requests that the device sends, by name. Other requests of the device are answered with `invalid`. */
  readonly requests?: Readonly<Record<string, DeviceRequestHandler>> | undefined
}

/** The options with their defaults, durations in milliseconds. */
export interface Resolved {
  readonly host: string | undefined
  readonly timeout: number
  readonly protocol: Protocol | undefined
  readonly negotiationTimeout: number
  readonly reconnect: Schedule.Schedule<unknown, KatcpError>
  readonly connecting: "wait" | "fail" | "background"
  readonly onDisconnected: "fail" | "wait"
  readonly timeoutHints: boolean
  readonly deviceLog: boolean
  readonly connectionLog: boolean
  readonly inspect: boolean
  readonly checkContract: boolean
  readonly gate: Pick<Semaphore.Semaphore, "withPermit"> | undefined
  readonly syncTimeout: number
  readonly sensorValueInforms: boolean
  readonly acceptMajors: ReadonlyArray<number>
  readonly alive: number
  /** `undefined`: the default of the protocol version. */
  readonly aliveWait: number | undefined
  readonly maxLine: number
  readonly maxArguments: number
  readonly maxBacklog: number
  readonly maxInforms: number
  readonly onInform: Readonly<Record<string, InformHandler | TypedInform>>
  readonly onMessage: OnMessage | undefined
  readonly mirrorObserver: MirrorObserver | undefined
  readonly requests: Readonly<Record<string, DeviceRequestHandler>>
}

/** Milliseconds that an answer may take by default. Given by katcp-python, whose default it is. */
const fiveSeconds = 5000

export const resolve = (options: Options = {}): Resolved => ({
  host: options.host,
  timeout: options.timeout === undefined ? fiveSeconds : milliseconds(options.timeout, "Client.make: timeout"),
  protocol: options.protocol,
  negotiationTimeout:
    options.negotiationTimeout === undefined
      ? fiveSeconds
      : milliseconds(options.negotiationTimeout, "Client.make: negotiationTimeout"),
  reconnect: options.reconnect === false ? Schedule.recurs(0) : (options.reconnect ?? reconnectSchedule),
  connecting: options.connecting ?? "wait",
  onDisconnected: options.onDisconnected ?? "fail",
  timeoutHints: options.timeoutHints ?? true,
  deviceLog: options.deviceLog ?? true,
  connectionLog: options.connectionLog ?? true,
  inspect: options.inspect ?? false,
  checkContract: options.checkContract ?? true,
  gate: options.gate,
  syncTimeout:
    options.syncTimeout === undefined ? 20000 : milliseconds(options.syncTimeout, "Client.make: syncTimeout"),
  sensorValueInforms: options.sensorValueInforms ?? false,
  acceptMajors: options.acceptMajors ?? [4, 5],
  alive: options.alive === undefined ? 10_000 : milliseconds(options.alive, "Client.make: alive"),
  aliveWait: options.aliveWait === undefined ? undefined : milliseconds(options.aliveWait, "Client.make: aliveWait"),
  maxLine: options.maxLine ?? defaultMaxLine,
  maxArguments: options.maxArguments ?? 1048576,
  maxBacklog: options.maxBacklog ?? 1048576,
  maxInforms: options.maxInforms ?? 1000000,
  onInform: options.onInform ?? {},
  onMessage: options.onMessage,
  mirrorObserver: options.mirrorObserver,
  requests: options.requests ?? {}
})
