import * as Schema from "effect/Schema"
import { Role } from "../../Interface/index.ts"
import { decodeText, quoteText } from "../../Message/index.ts"

/**
 * A request and its outcome as plain JSON, recorded for each request that needs more than the role `read`. The value is
 * its Schema.
 *
 * @category audit
 * @since 0.1.0
 */
export const AuditRecord = Schema.Struct({
  /** When the request was read, in seconds since 1970. */
  time: Schema.Finite,
  /** The name in the client's certificate; absent without a certificate. */
  who: Schema.optionalKey(Schema.String),
  /** The address of the client. */
  from: Schema.String,
  /** The server's address that the client connected to. */
  listener: Schema.String,
  /** The role of the client. */
  role: Role,
  /** The name of the request. */
  request: Schema.String,
  /** The id of the request; absent if it has none. */
  id: Schema.optionalKey(Schema.Int),
  /** The arguments, shortened: the first eight, each cut after 40 characters, with a note on the rest. */
  arguments: Schema.Array(Schema.String),
  /**
   * `ok`: done. `refused`: access rules, a guard or the option `refuse` denied it. `fail`, `invalid`: the device failed
   * or found the request invalid. `cancelled`: the client disconnected or the device stopped first.
   */
  outcome: Schema.Literals(["ok", "refused", "fail", "invalid", "cancelled"]),
  /**
   * The reason, for people, cut after 200 characters. Absent if the outcome is `ok`, and for requests whose arguments
   * are withheld, because it can repeat them.
   */
  reason: Schema.optionalKey(Schema.String),
  /** Seconds from the request to its reply. */
  seconds: Schema.Finite,
  /** The number of records before this one that this reader of the stream has lost by being too slow. Usually 0. */
  missed: Schema.Int
})

/**
 * A request and its outcome.
 *
 * @category audit
 * @since 0.1.0
 */
export type AuditRecord = typeof AuditRecord.Type

/** Arguments that a record shows. Not measured: a line of a log holds them. */
const shownArguments = 8
/** Characters of each that are shown. Not measured: as above. */
const shownCharacters = 40

/** Characters of a reason that are shown. Not measured: the reasons of this library are shorter. */
const shownText = 200

/**
 * Returns a text for a record, such as a reason: cut after 200 characters, with a note on its length. A reply can
 * repeat an argument of any length.
 *
 * @category audit
 * @since 0.1.0
 */
export const elideText = (text: string): string => {
  if (text.length <= shownText) return text
  // not within a character of two code units
  const end = /[\ud800-\udbff]$/.test(text.slice(0, shownText)) ? shownText - 1 : shownText
  return `${text.slice(0, end)}… (${text.length} characters)`
}

/**
 * Returns the arguments of a request for a record: the first eight, each cut after 40 characters, then the number
 * omitted.
 *
 * @category audit
 * @since 0.1.0
 */
export const elide = (message: {
  readonly length: number
  readonly bytes: (index: number) => Uint8Array | undefined
}): ReadonlyArray<string> => {
  const shown: Array<string> = []
  for (let index = 0; index < Math.min(message.length, shownArguments); index++) shown.push(cut(message.bytes(index)!))
  if (message.length > shownArguments) shown.push(`… ${message.length - shownArguments} more`)
  return shown
}

const cut = (bytes: Uint8Array): string => {
  // a character of UTF-8 has at most four bytes
  const text = decodeText(bytes.subarray(0, shownCharacters * 4))
  const characters = [...text].slice(0, shownCharacters)
  return bytes.length <= shownCharacters * 4 && characters.length === [...text].length
    ? text
    : `${characters.join("")}… (${bytes.length} bytes)`
}

/**
 * Returns a record as one line for people.
 *
 * @category audit
 * @since 0.1.0
 */
export const formatRecord = (record: AuditRecord): string => {
  const { from, id, outcome, reason, request, role, who } = record
  const asked = [`?${request}${id === undefined ? "" : `[${id}]`}`, ...record.arguments.map(quoted)].join(" ")
  const holder = who === undefined ? "" : `${quoted(who)}, `
  return `${asked} of ${from} (${holder}${role}): ${outcome}${reason === undefined ? "" : `, ${visible(reason)}`}`
}

const quoted = (text: string): string =>
  /^[!-~]+$/.test(text) && !/["\\]/.test(text) ? text : visible(quoteText(text))

/** Shows invisible characters by number, so a peer cannot manipulate the log. */
const visible = (text: string): string =>
  text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)
