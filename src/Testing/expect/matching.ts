import { Arg, Dialect, escapeArgument } from "../../Codec/index.ts"
import { type ArgumentValue, formatArgument, type Message } from "../../Message/index.ts"

/**
 * An expected argument: text or bytes, exactly; a number, in any form, within the tolerance; a boolean; a regular
 * expression; or a predicate of the text.
 *
 * @category models
 * @since 0.1.0
 */
export type Matcher = ArgumentValue | RegExp | ((text: string) => boolean)

/**
 * The tolerance for numbers.
 *
 * @category models
 * @since 0.1.0
 */
export interface ToleranceOptions {
  /** The largest difference of numbers. Default 1e-7. */
  readonly tolerance?: number | undefined
}

/** Returns `true` if two numbers are equal within the tolerance. */
export const isNear = (
  one: number | bigint,
  other: number | bigint,
  { tolerance = 1e-7 }: ToleranceOptions
): boolean => {
  if (one === other) return true
  if (typeof one === "bigint" && typeof other === "bigint") return false
  const [left, right] = [Number(one), Number(other)]
  return (Number.isNaN(left) && Number.isNaN(right)) || Math.abs(left - right) <= tolerance
}

const sameBytes = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, at) => byte === other[at])

const matchesArgument = (matcher: Matcher, bytes: Uint8Array, text: string, options: ToleranceOptions): boolean => {
  if (matcher instanceof RegExp) return text.search(matcher) !== -1
  if (typeof matcher === "function") return matcher(text)
  if (typeof matcher !== "number" && typeof matcher !== "bigint") return sameBytes(formatArgument(matcher), bytes)
  const arg: Arg.Arg<number | bigint> = typeof matcher === "bigint" ? Arg.Int : (Arg.Float as Arg.Any)
  const value = arg.decode(bytes, 0, bytes.length, Dialect.v5)
  return !(value instanceof Arg.Invalid) && isNear(value, matcher, options)
}

/** Returns `true` if the arguments of a message, from an index on, match. */
export const matchesArguments = (
  matchers: ReadonlyArray<Matcher>,
  message: Message,
  from: number,
  options: ToleranceOptions
): boolean =>
  message.length - from === matchers.length &&
  matchers.every((matcher, at) =>
    matchesArgument(matcher, message.bytes(from + at)!, message.text(from + at)!, options)
  )

/** Returns the expected message, as far as possible in wire form. */
export const shownArguments = (matchers: ReadonlyArray<Matcher>): string =>
  matchers.map((matcher) => ` ${shownMatcher(matcher)}`).join("")

const decoder = new TextDecoder()

const shownMatcher = (matcher: Matcher): string => {
  if (matcher instanceof RegExp) return String(matcher)
  if (typeof matcher === "function") return matcher.name === "" ? "<a condition>" : `<${matcher.name}>`
  return decoder.decode(escapeArgument(formatArgument(matcher)))
}
