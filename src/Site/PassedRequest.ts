import * as Schema from "effect/Schema"
import { Role } from "../Interface/index.ts"
import { quoteText } from "../Message/index.ts"

/**
 * The audit record of a request that a client asked to pass on to a device: the client, the request and the outcome.
 * The value is its Schema.
 *
 * @category audit
 * @since 0.1.0
 */
export const PassedRequest = Schema.Struct({
  /** The time of the request, in seconds since 1970. */
  time: Schema.Finite,
  /** The name in the client's certificate or token; absent without one. */
  who: Schema.optionalKey(Schema.String),
  /** The origin: an address, or the name of the part of this program. */
  from: Schema.String,
  /** The role of the client. */
  role: Role,
  /** The interface of the request: `proxy`, `http`, `websocket`, `program`. */
  via: Schema.String,
  /** The name of the device. */
  device: Schema.String,
  /** The name of the request. */
  request: Schema.String,
  /** The arguments, shortened: the first eight, each up to 40 characters. */
  arguments: Schema.Array(Schema.String),
  /**
   * `ok`: done. `refused`: not passed on. `fail`, `invalid`: the reply of the device. `lost`: no reply, because the
   * device is lost, was lost, or took too long. `cancelled`: the client disconnected or cancelled.
   */
  outcome: Schema.Literals(["ok", "refused", "fail", "invalid", "lost", "cancelled"]),
  /**
   * The reason, for people, cut after 200 characters. Absent for `ok`, and for requests whose arguments are withheld,
   * because it can repeat them.
   */
  reason: Schema.optionalKey(Schema.String),
  /** Seconds from the request to its reply. */
  seconds: Schema.Finite,
  /**
   * The number of records before this one that this reader of the stream has missed because it was too slow. Mostly 0.
   */
  missed: Schema.Int
})

/**
 * The audit record of a request that a client asked to pass on to a device.
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
  const asked = [`?${quoted(request)}`, ...record.arguments.map(quoted)].join(" ")
  const holder = who === undefined ? "" : `${quoted(who)}, `
  const why = reason === undefined ? "" : `, ${visible(reason)}`
  return `${asked} to ${quoted(device)} of ${quoted(from)} by ${via} (${holder}${role}): ${outcome}${why}`
}

const quoted = (text: string): string =>
  /^[!-~]+$/.test(text) && !/["\\]/.test(text) ? text : visible(quoteText(text))

/** Escapes invisible characters as numbers: input from clients must not corrupt the log. */
const visible = (text: string): string =>
  text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)
