import * as Duration from "effect/Duration"

/**
 * A direction of a connection: from the end that dialled, the client, to the server, or back.
 *
 * @category models
 * @since 0.1.0
 */
export type Direction = "toServer" | "toClient"

/**
 * What happens to a connection. Made by {@link hang}, {@link delay}, {@link split}, {@link insert}, {@link cut} and
 * {@link reset}.
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
 * Nothing more is delivered, neither bytes nor the end of the connection, until it is resumed; both directions by
 * default. Writers wait once the connection holds its limit.
 *
 * @category faults
 * @since 0.1.0
 */
export const hang = (direction?: Direction): Fault => ({ _tag: "Hang", direction })

/**
 * The end of {@link hang}: what was held is delivered.
 *
 * @category faults
 * @since 0.1.0
 */
export const resume = (direction?: Direction): Fault => ({ _tag: "Resume", direction })

/**
 * What is sent from now on arrives that much later, by the Clock, in its order; both directions by default, 0 for no
 * more of it. What is under way counts against the connection's limit.
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
 * What arrives is cut anew into pieces of these sizes in bytes, in turn and again from the start, and each piece comes
 * by itself: the next one when that before it was read. `[1]` is a byte at a time, by default in both directions; `[]`
 * is as it was sent.
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
 * Bytes, or text as Latin-1, that nobody has sent arrive in between. By default in the direction of the line that the
 * fault is tied to, or in both.
 *
 * @category faults
 * @since 0.1.0
 */
export const insert = (data: string | Uint8Array, direction?: Direction): Fault => ({ _tag: "Insert", data, direction })

/**
 * The connection is cut as if each end had closed it: both read what has arrived, then see the end of their input, and
 * what they write is lost, then fails. What is held or under way is lost.
 *
 * @category faults
 * @since 0.1.0
 */
export const cut: Fault = { _tag: "Cut" }

/**
 * The connection is reset as by a RST from the network: both ends read what has arrived, then fail with
 * `SocketReadError`; writes that wait fail with `SocketWriteError`. What is held or under way is lost.
 *
 * @category faults
 * @since 0.1.0
 */
export const reset: Fault = { _tag: "Reset" }

/**
 * Which lines of a direction are meant: the line of that number, counted from 1; those in which a regular expression
 * matches; those of which a function says so. A line is its bytes as Latin-1 without the `\n`. `"end"` is the end of the
 * direction, where its sender has closed it. As long as a line is waited for, those that are not complete are held.
 *
 * @category models
 * @since 0.1.0
 */
export type Mark = number | RegExp | ((line: string) => boolean) | "end"

/**
 * A fault that happens when a line passes, or the line made another one. Made by {@link before}, {@link within},
 * {@link after} and {@link rewrite}.
 *
 * @category models
 * @since 0.1.0
 */
export interface AtLine {
  readonly _tag: "AtLine"
  readonly direction: Direction
  readonly mark: Mark
  /** The how many-th of the lines that are meant. */
  readonly nth: number
  readonly happens:
    | { readonly _tag: "Fault"; readonly fault: Fault; readonly at: number }
    | { readonly _tag: "Rewrite"; readonly rewrite: (line: string) => string }
}

/**
 * Which of the lines that a {@link Mark} means.
 *
 * @category models
 * @since 0.1.0
 */
export interface NthOptions {
  /** The how many-th of them, counted from 1, which is the default. */
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
 * The fault happens once, when that many bytes of the line have been delivered, but not its end.
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
 * Once, another line is delivered instead: for a reply that says something else than the device did.
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
 * What becomes of a connection: a fault at its very beginning, faults at lines, or that it does not come to be.
 *
 * @category models
 * @since 0.1.0
 */
export type Step = AtLine | Fault | typeof refused | typeof ignored

/**
 * The connection is refused, as where nobody listens.
 *
 * @category steps
 * @since 0.1.0
 */
export const refused = { _tag: "Refused" } as const

/**
 * Nobody answers who dials: it waits for ever, as for a host that is switched off.
 *
 * @category steps
 * @since 0.1.0
 */
export const ignored = { _tag: "Ignored" } as const
