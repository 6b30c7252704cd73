import * as Schema from "effect/Schema"
import { Role } from "../../Interface/index.ts"
import { decodeText, quoteText } from "../../Message/index.ts"

/**
 * What somebody asked of a device and what came of it: plain JSON, recorded for each request that needs more than the role
 * `read`. The value is its Schema.
 *
 * @category audit
 * @since 0.1.0
 */
export const AuditRecord = Schema.Struct({
  /** When the request was read, in seconds since 1970. */
  time: Schema.Finite,
  /** The name in the certificate of the client; absent if it has shown none. */
  who: Schema.optionalKey(Schema.String),
  /** The address of the client. */
  from: Schema.String,
  /** The address of the server that the client came in at. */
  listener: Schema.String,
  /** The role of the client. */
  role: Role,
  /** The name of the request. */
  request: Schema.String,
  /** The id of the request; absent if it has none. */
  id: Schema.optionalKey(Schema.Int),
  /** The arguments, elided: the first eight, each cut after 40 characters, with a word on what is left out. */
  arguments: Schema.Array(Schema.String),
  /**
   * `ok`: done. `refused`: the rules of access, a guard or the option `refuse` said no. `fail`, `invalid`: the device
   * could not do it or made no sense of it. `cancelled`: the client went or the device stopped before it was done.
   */
  outcome: Schema.Literals(["ok", "refused", "fail", "invalid", "cancelled"]),
  /** Why, for people; absent if it is done. */
  reason: Schema.optionalKey(Schema.String),
  /** Seconds from the request to its reply. */
  seconds: Schema.Finite,
  /** How many records before this one this reader of the stream has missed, since it was too slow. Mostly 0. */
  missed: Schema.Int
})

/**
 * What somebody asked of a device and what came of it.
 *
 * @category audit
 * @since 0.1.0
 */
export type AuditRecord = typeof AuditRecord.Type

/** Arguments that a record shows. Not measured: a line of a log holds them. */
const shownArguments = 8
/** Characters of each that are shown. Not measured: as above. */
const shownCharacters = 40

/**
 * Returns the arguments of a request for a record: the first eight, each cut after 40 characters, then how many are left
 * out.
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

/** A log must not be led astray by what a peer has sent: characters that do not show are shown by their number. */
const visible = (text: string): string =>
  text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)
