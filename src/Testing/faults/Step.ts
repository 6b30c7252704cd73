import * as Duration from "effect/Duration"

/**
 * A direction of a connection: from the client, which dialled, to the server, or back.
 *
 * @category models
 * @since 0.1.0
 */
export type Direction = "toServer" | "toClient"

/**
 * A fault of a connection. Built by {@link hang}, {@link delay}, {@link split}, {@link insert}, {@link cut} and {@link
 * reset}.
 *
 * @category models
 * @since 0.1.0
 */
export type Fault =
  | { readonly _tag: "Hang"; readonly direction: Direction | undefined }
  | { readonly _tag: "Resume"; readonly direction: Direction | undefined }
  | { readonly _tag: "Delay"; readonly millis: number; readonly direction: Direction | undefined }
  | { readonly _tag: "Split"; readonly sizes: ReadonlyArray<number>; readonly direction: Direction | undefined }
  | { readonly _tag: "Insert"; readonly data: string | Uint8Array; readonly direction: Direction | undefined }
  | { readonly _tag: "Cut" }
  | { readonly _tag: "Reset" }

/**
 * Stops all delivery, of bytes and of the end of the connection, until it is resumed; both directions by default.
 * Writers wait once the connection holds its limit.
 *
 * @category faults
 * @since 0.1.0
 */
export const hang = (direction?: Direction): Fault => ({ _tag: "Hang", direction })

/**
 * Ends {@link hang}: held bytes are delivered.
 *
 * @category faults
 * @since 0.1.0
 */
export const resume = (direction?: Direction): Fault => ({ _tag: "Resume", direction })

/**
 * Delays everything sent from now on, by the Clock, in order; both directions by default, 0 to end the delay. Delayed
 * bytes count against the connection's limit.
 *
 * @category faults
 * @since 0.1.0
 */
export const delay = (duration: Duration.Input, direction?: Direction): Fault => ({
  _tag: "Delay",
  millis: Duration.toMillis(Duration.fromInputUnsafe(duration)),
  direction
})

/**
 * Cuts arriving bytes into pieces of these sizes in bytes, cyclically. Each piece arrives separately: the next one when
 * the one before was read. `[1]` is a byte at a time, `[]` restores the original pieces; both directions by default.
 *
 * @category faults
 * @since 0.1.0
 */
export const split = (sizes: ReadonlyArray<number>, direction?: Direction): Fault => ({
  _tag: "Split",
  sizes: sizes.map((size) => Math.max(1, size)),
  direction
})

/**
 * Inserts bytes, or text as Latin-1, that were not sent. By default in the direction of the line that the fault is tied
 * to, or in both.
 *
 * @category faults
 * @since 0.1.0
 */
export const insert = (data: string | Uint8Array, direction?: Direction): Fault => ({ _tag: "Insert", data, direction })

/**
 * Cuts the connection as if each end had closed it: both read the bytes that have arrived, then see the end of their
 * input; their writes are lost, then fail. Held and delayed bytes are lost.
 *
 * @category faults
 * @since 0.1.0
 */
export const cut: Fault = { _tag: "Cut" }

/**
 * Resets the connection as by a RST from the network: both ends read the bytes that have arrived, then fail with
 * `SocketReadError`; waiting writes fail with `SocketWriteError`. Held and delayed bytes are lost.
 *
 * @category faults
 * @since 0.1.0
 */
export const reset: Fault = { _tag: "Reset" }

/**
 * A selection of lines of a direction: the line of that number, counted from 1; lines that a regular expression
 * matches; or lines that a predicate accepts. A line is its bytes as Latin-1 without the `\n`. `"end"` is the end of
 * the direction, when its sender has closed it. While a line is awaited, incomplete lines are held.
 *
 * @category models
 * @since 0.1.0
 */
export type Mark = number | RegExp | ((line: string) => boolean) | "end"

/**
 * A fault at a line, or a rewritten line. Built by {@link before}, {@link within}, {@link after} and {@link rewrite}.
 *
 * @category models
 * @since 0.1.0
 */
export interface AtLine {
  readonly _tag: "AtLine"
  readonly direction: Direction
  readonly mark: Mark
  /** The ordinal of the line among the selected ones. */
  readonly nth: number
  readonly happens:
    | { readonly _tag: "Fault"; readonly fault: Fault; readonly at: number }
    | { readonly _tag: "Rewrite"; readonly rewrite: (line: string) => string }
}

/**
 * The choice among the lines that a {@link Mark} selects.
 *
 * @category models
 * @since 0.1.0
 */
export interface NthOptions {
  /** The ordinal, counted from 1, which is the default. */
  readonly nth?: number | undefined
}

const atLine = (
  direction: Direction,
  mark: Mark,
  happens: AtLine["happens"],
  options: NthOptions | undefined
): AtLine => ({ _tag: "AtLine", direction, mark, nth: options?.nth ?? 1, happens })

/**
 * The fault happens once, just before the line is delivered.
 *
 * @category steps
 * @since 0.1.0
 */
export const before = (direction: Direction, mark: Mark, fault: Fault, options?: NthOptions): AtLine =>
  atLine(direction, mark, { _tag: "Fault", fault, at: 0 }, options)

/**
 * The fault happens once, when that many bytes of the line, but not its end, have been delivered.
 *
 * @category steps
 * @since 0.1.0
 */
export const within = (
  direction: Direction,
  mark: Exclude<Mark, "end">,
  bytes: number,
  fault: Fault,
  options?: NthOptions
): AtLine => atLine(direction, mark, { _tag: "Fault", fault, at: bytes }, options)

/**
 * The fault happens once, when the line has been delivered.
 *
 * @category steps
 * @since 0.1.0
 */
export const after = (direction: Direction, mark: Mark, fault: Fault, options?: NthOptions): AtLine =>
  atLine(direction, mark, { _tag: "Fault", fault, at: Number.POSITIVE_INFINITY }, options)

/**
 * Once, another line is delivered instead: for a reply that differs from the device's.
 *
 * @example
 * ```ts
 * import { Faults } from "katcp/Testing"
 *
 * export const noSensors = Faults.rewrite("toClient", /^!sensor-list/, () => "!sensor-list[1] fail out\\_of\\_order")
 * ```
 *
 * @category steps
 * @since 0.1.0
 */
export const rewrite = (
  direction: Direction,
  mark: Exclude<Mark, "end">,
  rewrite: (line: string) => string,
  options?: NthOptions
): AtLine => atLine(direction, mark, { _tag: "Rewrite", rewrite }, options)

/**
 * A step of a connection: a fault at its very beginning, faults at lines, or a failed dial.
 *
 * @category models
 * @since 0.1.0
 */
export type Step = AtLine | Fault | typeof refused | typeof ignored

/**
 * The dial is refused, as without a listener.
 *
 * @category steps
 * @since 0.1.0
 */
export const refused = { _tag: "Refused" } as const

/**
 * The dial waits for ever, as for a host that is switched off.
 *
 * @category steps
 * @since 0.1.0
 */
export const ignored = { _tag: "Ignored" } as const
