/** The form of recorded sessions: one JSON object a line. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { encode } from "../Codec/index.ts"
import { KatcpSyntaxError, type Message } from "../Message/index.ts"

/** An entry of a tap: a message, a malformed line, or the start or end of a connection. */
export type Entry = {
  /** In seconds since 1970, by the host's clock. */
  readonly time: number
  /** In seconds since the tap began, by the monotonic clock: changes of the host's clock have no effect. */
  readonly elapsed: number
  /** Counts from 1. */
  readonly connection: number
  readonly from: "client" | "device"
} & ({ readonly message: Message | KatcpSyntaxError } | { readonly event: string })

/** An entry in a file: the line as text, or in base64 if its bytes are not text. */
const Stored = Schema.Struct({
  time: Schema.Finite,
  /** Absent in recordings of earlier versions. */
  elapsed: Schema.optionalKey(Schema.Finite),
  connection: Schema.Int,
  from: Schema.Literals(["client", "device"]),
  line: Schema.optionalKey(Schema.String),
  base64: Schema.optionalKey(Schema.String),
  event: Schema.optionalKey(Schema.String)
})

/** A line of a recording. */
export type Stored = typeof Stored.Type

const strict = new TextDecoder("utf-8", { fatal: true })

const lineOf = (bytes: Uint8Array): { readonly line: string } | { readonly base64: string } => {
  try {
    return { line: strict.decode(bytes) }
  } catch {
    return { base64: Buffer.from(bytes).toString("base64") }
  }
}

/** Encodes an entry as a line of a file, without its end. */
export const encodeEntry = (entry: Entry): string => {
  const { connection, from, time } = entry
  const elapsed = Number(entry.elapsed.toFixed(6))
  if (!("message" in entry)) return JSON.stringify({ time, elapsed, connection, from, event: entry.event })
  const { message } = entry
  const bytes = message instanceof KatcpSyntaxError ? message.raw : encode(message)
  return JSON.stringify({ time, elapsed, connection, from, ...lineOf(withoutEnd(bytes)) })
}

const withoutEnd = (bytes: Uint8Array): Uint8Array => {
  let end = bytes.length
  while (end > 0 && (bytes[end - 1] === 10 || bytes[end - 1] === 13)) end--
  return bytes.subarray(0, end)
}

const decode = Schema.decodeUnknownResult(Schema.fromJsonString(Stored))

/**
 * Decodes the entries of a file, or returns the fault of the first malformed line. A truncated last line, for example
 * of a killed recorder, is ignored.
 */
export const decodeEntries = (text: string): Result.Result<ReadonlyArray<Stored>, string> => {
  const entries: Array<Stored> = []
  const lines = text.split("\n")
  for (const [at, line] of lines.entries()) {
    if (line.trim() === "") continue
    const entry = decode(line)
    if (Result.isFailure(entry) && at === lines.length - 1) break
    if (Result.isFailure(entry))
      return Result.fail(`line ${at + 1} is not an entry of a recording: ${entry.failure.message.split("\n")[0]}`)
    entries.push(entry.success)
  }
  return Result.succeed(entries)
}

/** Returns the time of an entry, in seconds: only differences are meaningful. */
export const instantOf = ({ elapsed, time }: Stored): number => elapsed ?? time

/** Returns the bytes of a stored line; `undefined` without one. */
export const bytesOf = ({ base64, line }: Stored): Uint8Array | undefined => {
  if (line !== undefined) return new TextEncoder().encode(line)
  return base64 === undefined ? undefined : new Uint8Array(Buffer.from(base64, "base64"))
}
