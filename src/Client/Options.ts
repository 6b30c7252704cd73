import * as Duration from "effect/Duration"
import { defaultMaxLine } from "../Codec/index.ts"
import type { Protocol } from "../Message/index.ts"
import type { DeviceRequestHandler } from "./Answers.ts"
import type { InformHandler } from "./Informs.ts"

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
  /** How long the device may take to say which protocol it speaks. Default 5 seconds. */
  readonly negotiationTimeout?: Duration.Input | undefined
  /** Which major versions of the protocol are spoken; a device of another is refused. Default 4 and 5. */
  readonly acceptMajors?: ReadonlyArray<number> | undefined
  /** The longest line that is read, in bytes. Default 16 MiB. A longer one is an oddity, and passed over. */
  readonly maxLine?: number | undefined
  /** How many bytes may wait for a device that does not read; past that, requests wait unsent. Default 1 MiB. */
  readonly maxBacklog?: number | undefined
  /**
   * How many informs of one request are held until its reply comes, or until the reader of its stream takes them.
   * Default 1000000. Past it the request fails with `MalformedReply`.
   */
  readonly maxInforms?: number | undefined
  /**
   * Handlers of asynchronous informs by name, in place before the first byte is read. The same as `onInform` of the
   * client, which comes too late for what the device sends on connecting.
   */
  readonly onInform?: Readonly<Record<string, InformHandler>> | undefined
  /** Answers to requests that the device sends, by name. Others are answered `invalid`. */
  readonly requests?: Readonly<Record<string, DeviceRequestHandler>> | undefined
}

/** The options with their defaults, durations in milliseconds. */
export interface Resolved {
  readonly host: string | undefined
  readonly timeout: number
  readonly protocol: Protocol | undefined
  readonly negotiationTimeout: number
  readonly acceptMajors: ReadonlyArray<number>
  readonly maxLine: number
  readonly maxBacklog: number
  readonly maxInforms: number
  readonly onInform: Readonly<Record<string, InformHandler>>
  readonly requests: Readonly<Record<string, DeviceRequestHandler>>
}

const fiveSeconds = 5000

export const milliseconds = (duration: Duration.Input): number => Duration.toMillis(Duration.fromInputUnsafe(duration))

export const resolve = (options: Options = {}): Resolved => ({
  host: options.host,
  timeout: options.timeout === undefined ? fiveSeconds : milliseconds(options.timeout),
  protocol: options.protocol,
  negotiationTimeout: options.negotiationTimeout === undefined ? fiveSeconds : milliseconds(options.negotiationTimeout),
  acceptMajors: options.acceptMajors ?? [4, 5],
  maxLine: options.maxLine ?? defaultMaxLine,
  maxBacklog: options.maxBacklog ?? 1048576,
  maxInforms: options.maxInforms ?? 1000000,
  onInform: options.onInform ?? {},
  requests: options.requests ?? {}
})

/**
 * What a single request may be given.
 *
 * @category models
 * @since 0.1.0
 */
export interface CallOptions {
  /**
   * How long it may take, from now to the reply; `Infinity` for ever. By default what the contract says of the request
   * (`timeoutHint`), else the `timeout` of the client.
   */
  readonly timeout?: Duration.Input | undefined
  /** An id of your own, 1 to 2147483647. By default the client counts. Fails where the device has no ids (Rev 5.1 §2.2). */
  readonly id?: number | undefined
  /** Whether to mark the request with an id. By default if the device has ids; `true` fails where it has none. */
  readonly useId?: boolean | undefined
}
