import * as Schema from "effect/Schema"
import { Role } from "../Interface/index.ts"
import { quoteText } from "../Message/index.ts"

/**
 * The audit record of a request that was to be passed on to a device: who asked, from where, and what came of it. The
 * value is its Schema.
 *
 * @category audit
 * @since 0.1.0
 */
export const PassedRequest = Schema.Struct({
  /** When the request came, in seconds since 1970. */
  time: Schema.Finite,
  /** Who asked: the name in a certificate or token; absent if nobody has shown one. */
  who: Schema.optionalKey(Schema.String),
  /** From where: an address, or the name of the part of this program. */
  from: Schema.String,
  /** The role of the one who asked. */
  role: Role,
  /** By which way it came: `proxy`, `http`, `websocket`, `program`. */
  via: Schema.String,
  /** The name of the device. */
  device: Schema.String,
  /** The name of the request. */
  request: Schema.String,
  /** The arguments, elided: the first eight, each cut after 40 characters. */
  arguments: Schema.Array(Schema.String),
  /**
   * `ok`: done. `refused`: not passed on. `fail`, `invalid`: the answer of the device. `lost`: no answer came: the
   * device is away, went away, or took too long. `cancelled`: the one who asked went away.
   */
  outcome: Schema.Literals(["ok", "refused", "fail", "invalid", "lost", "cancelled"]),
  /** Why, for people; absent if it is done. */
  reason: Schema.optionalKey(Schema.String),
  /** Seconds from the request to its reply. */
  seconds: Schema.Finite,
  /** How many records before this one this reader of the stream has missed, since it was too slow. Mostly 0. */
  missed: Schema.Int
})

/**
 * The audit record of a request that was to be passed on to a device.
 *
 * @category audit
 * @since 0.1.0
 */
export type PassedRequest = typeof PassedRequest.Type

/**
 * Returns an audit record as one line for people.
 *
 * @category audit
 * @since 0.1.0
 */
export const formatPassed = (record: PassedRequest): string => {
  const { device, from, outcome, reason, request, role, via, who } = record
  const asked = [`?${request}`, ...record.arguments.map(quoted)].join(" ")
  const holder = who === undefined ? "" : `${quoted(who)}, `
  const why = reason === undefined ? "" : `, ${visible(reason)}`
  return `${asked} to ${device} of ${quoted(from)} by ${via} (${holder}${role}): ${outcome}${why}`
}

const quoted = (text: string): string =>
  /^[!-~]+$/.test(text) && !/["\\]/.test(text) ? text : visible(quoteText(text))

/** A log must not be led astray by what others have sent: characters that do not show are shown by their number. */
const visible = (text: string): string =>
  text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)
