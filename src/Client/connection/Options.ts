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
 * How a client deals with its device. Everything has a default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** What the device is called in errors: `antenna-7:7147`. A Socket does not tell its address. None by default. */
  readonly host?: string | undefined
  /** How long a request may take that says nothing else. Default 5 seconds (Rev 5.1 §5.1). */
  readonly timeout?: Duration.Input | undefined
  /**
   * What the device speaks, where it does not say: nothing is waited for then, and what it says of itself is only
   * compared, with a warning. By default it is found out from the informs that the device sends on connecting.
   */
  readonly protocol?: Protocol | undefined
  /**
   * How long the device may take to say which protocol it speaks, and then to tell its time-out hints. Default 5
   * seconds. A device that has not said so in a fifth of this time is asked `?version-list` (Rev 5.1 §4.1): behind a
   * gateway, the informs that it sent on connecting may have gone to somebody else. Without the first it is not connected to, without the second it is.
   */
  readonly negotiationTimeout?: Duration.Input | undefined
  /** Which major versions of the protocol are spoken; a device of another is refused. Default 4 and 5. */
  readonly acceptMajors?: ReadonlyArray<number> | undefined
  /**
   * When to connect again after the connection was lost or could not be made: a Schedule, which is given the reason. It
   * begins anew after a connection that lasted at least as long as the delay before it, so that two clients of a device
   * that takes only one do not evict each other all the time. When it ends, the client is closed. `false` for one
   * connection only. Default
   * {@link reconnectSchedule}. A device that contradicts itself about its protocol is not connected to again (P-134).
   */
  readonly reconnect?: Schedule.Schedule<unknown, KatcpError> | false | undefined
  /**
   * What to do until the device is reached for the first time: `wait` (default) goes on as `reconnect` says, so that the
   * order in which programs start does not matter (P-332), and logs each failure; `fail` gives up at the first failure;
   * `background` has the client at once, not connected.
   */
  readonly connecting?: "wait" | "fail" | "background" | undefined
  /**
   * What becomes of requests that are made while there is no connection: `fail` (default) with `Disconnected`, or `wait`
   * for the next connection, within their time-out. Requests in flight always fail when the connection is lost: the
   * device may have carried them out.
   */
  readonly onDisconnected?: "fail" | "wait" | undefined
  /**
   * Whether the device's own time-outs (`?request-timeout-hint`, Rev 5.1 §5) are read on connecting, where it has flag T.
   * They hold for requests that neither the caller nor the contract gives one. Default true.
   */
  readonly timeoutHints?: boolean | undefined
  /**
   * Whether `#log` informs go to the Effect loggers of who made the client, at their level, under the device's name for
   * its logger and its host as annotations (Rev 5.1 §6, P-336). Default true.
   */
  readonly deviceLog?: boolean | undefined
  /**
   * Whether the whole interface of the device, requests and sensors, is read on connecting and kept up to date
   * (`Client.device`). Default false: then only what somebody wants of its sensors is asked for.
   */
  readonly inspect?: boolean | undefined
  /**
   * What all clients that share it pass through while they connect, so that a fleet does not do so all at once: as many
   * connect at a time as it has permits. None by default.
   */
  readonly gate?: Semaphore.Semaphore | undefined
  /** How long each request may take by which the device is looked at and subscribed to. Default 20 seconds. */
  readonly syncTimeout?: Duration.Input | undefined
  /** Whether an asynchronous `#sensor-value` is taken for a reading like `#sensor-status`. Default false. */
  readonly sensorValueInforms?: boolean | undefined
  /**
   * Whether the device is held against the contract on connecting, in the background, by `?help` and `?sensor-list`:
   * `Client.differences` then has what it does not keep, and what breaks clients is logged at Warn. Default true.
   */
  readonly checkContract?: boolean | undefined
  /**
   * How long nothing may come before the device is asked `?watchdog`. Default 10 seconds, `Infinity` is off. Any byte from
   * the device is a sign of life. Without one for {@link Options.aliveWait} the connection is lost: requests in flight
   * fail, mirrored readings become unreachable, and the client connects again.
   */
  readonly alive?: Duration.Input | undefined
  /**
   * How long the device may take for a sign of life when it was asked. Default twice `alive`, for version 4 at least 30
   * seconds: a device may be busy with another client's request. It is never less than the time-out of a request in
   * flight, since devices may answer one request at a time; a request without a time-out is waited for as long as it
   * takes.
   */
  readonly aliveWait?: Duration.Input | undefined
  /** The longest line that is read, in bytes. Default 16 MiB. A longer one is an anomaly, and passed over. */
  readonly maxLine?: number | undefined
  /**
   * The largest number of arguments of a message that is read. Default 1048576: devices describe long lists of values in
   * one message. A reply or inform with more counts as a malformed line, and the request that it belongs to fails.
   */
  readonly maxArguments?: number | undefined
  /** How many bytes may wait for a device that does not read; past that, requests wait unsent. Default 1 MiB. */
  readonly maxBacklog?: number | undefined
  /**
   * How many informs of one request are held until its reply comes. Default 1000000. Past it the request fails with
   * `MalformedReply`. A streamed answer comes to that only while other requests wait for their answers: see
   * `Client.stream`.
   */
  readonly maxInforms?: number | undefined
  /**
   * Handlers of asynchronous informs by name, in place before the first byte is read. The same as `onInform` of the
   * client, which comes too late for what the device sends on connecting. `Client.informOf` makes typed ones.
   */
  readonly onInform?: Readonly<Record<string, InformHandler | TypedInform>> | undefined
  /** Stands around each message that is received or sent. None by default. */
  readonly onMessage?: OnMessage | undefined
  /**
   * Hears everything that happens to the mirrored sensors. With it, their readings keep the bytes of their values, and
   * decode them when somebody first asks: see `WireReading`. None by default.
   */
  readonly mirrorObserver?: MirrorObserver | undefined
  /** DeviceRequests to requests that the device sends, by name. Others are answered `invalid`. */
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
  readonly inspect: boolean
  readonly checkContract: boolean
  readonly gate: Semaphore.Semaphore | undefined
  readonly syncTimeout: number
  readonly sensorValueInforms: boolean
  readonly acceptMajors: ReadonlyArray<number>
  readonly alive: number
  /** Undefined: as the version of the protocol has it. */
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
