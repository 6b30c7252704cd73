/** Parses the frames of a page from text. Errors are for people, with the place in the frame. */
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { didYouMean, quoteText } from "../../Message/index.ts"
import { argumentFault } from "../argumentFault.ts"
import { type LiveLimits, type PageFrame, pageFrames, type Refused } from "./frames.ts"

type Kind = keyof typeof pageFrames

/** The reason why a frame is refused: the `error` of the frame that answers it. */
export type FrameFault = (typeof Refused.Type)["error"]

const kinds = Object.keys(pageFrames) as ReadonlyArray<Kind>
const decoders = Object.fromEntries(
  kinds.map((kind) => [
    kind,
    Schema.decodeUnknownExit(pageFrames[kind] as Schema.Codec<PageFrame>, { onExcessProperty: "error" })
  ])
) as Readonly<Record<Kind, (input: unknown) => Exit.Exit<PageFrame, Schema.SchemaError>>>
const format = SchemaIssue.makeFormatterStandardSchemaV1()
const encoder = new TextEncoder()

/** The characters of a frame that an answer repeats. Not measured: enough to find the place. */
const shown = 40

const cut = (text: string): string => quoteText(text.length <= shown ? text : `${text.slice(0, shown)}…`)

/** Returns a fault of a frame: `of` is its kind and number. */
export const faultOf = (of: Readonly<Record<string, unknown>>, title: string, detail: string): FrameFault => {
  const known = Object.entries(of).filter((entry): entry is [string, number] => Number.isSafeInteger(entry[1]))
  return { ...(known.length === 0 ? {} : { of: Object.fromEntries(known) }), title, detail }
}

const badFrame = (detail: string, of: Readonly<Record<string, unknown>> = {}) =>
  Result.fail(faultOf(of, "bad frame", detail))

/** Compares the length of a text in UTF-8, counting bytes only if the number of characters does not decide. */
const isLonger = (text: string, bytes: number): boolean =>
  text.length > bytes || (text.length * 3 > bytes && encoder.encode(text).length > bytes)

/** Parses a frame of a page. Checks its length, and the limits of one subscription; the session checks the rest. */
export const readFrame = (frame: string | Uint8Array, limits: LiveLimits): Result.Result<PageFrame, FrameFault> => {
  if (typeof frame !== "string") return badFrame("a frame is text, not bytes: send a string of JSON")
  if (isLonger(frame, limits.frameBytes))
    return badFrame(
      `a frame has at most ${limits.frameBytes} bytes, and this one has more; subscribe in several parts, or by patterns`
    )
  let data: unknown
  try {
    data = JSON.parse(frame)
  } catch {
    return badFrame(`this is not JSON: ${cut(frame)}`)
  }
  if (typeof data !== "object" || data === null || Array.isArray(data))
    return badFrame(`a frame is one JSON object, like {"sub": 1, "targets": ["m000/*"]}; got ${cut(frame)}`)
  const found = kinds.filter((kind) => Object.hasOwn(data, kind))
  const [kind] = found
  if (kind === undefined) {
    const key = Object.keys(data)[0]
    const meant = key === undefined ? "" : didYouMean(key.slice(0, shown), kinds)
    return badFrame(`a frame has one of the keys ${kinds.join(", ")}, and this one has none${meant}`)
  }
  if (found.length > 1)
    return badFrame(`a frame has one of the keys ${kinds.join(", ")}; this one has ${found.join(" and ")}`)
  const of = { [kind]: (data as Record<string, unknown>)[kind] }
  const decoded = decoders[kind](data)
  if (Exit.isFailure(decoded)) {
    const reason = decoded.cause.reasons[0]
    return badFrame(reason?._tag === "Fail" ? wordsOf(reason.error.issue, kind) : "it is malformed", of)
  }
  const frame_ = decoded.value
  const why = beyond(frame_, limits)
  return why === undefined ? Result.succeed(frame_) : badFrame(why, of)
}

/** Describes the first mistake, with its place. */
const wordsOf = (issue: SchemaIssue.Issue, kind: Kind): string => {
  const [first] = format(issue).issues
  if (first === undefined) return "it is malformed"
  const path = (first.path ?? []).map((part) => (typeof part === "object" ? part.key : part))
  const place = path
    .map((part, at) => (typeof part === "number" ? `[${part}]` : at === 0 ? String(part) : `.${String(part)}`))
    .join("")
  if (/excess|Unexpected key/.test(first.message)) {
    const known = Object.keys(pageFrames[kind].fields)
    const meant = didYouMean(place.slice(0, shown), known)
    return `there is no key ${cut(place)} in a frame ${kind}${meant === "" ? `; there are ${known.join(", ")}` : meant}`
  }
  const message = first.message === "Missing key" ? "this key is missing" : first.message.split("\n")[0]!
  return `${place.slice(0, shown)}: ${message.charAt(0).toLowerCase()}${message.slice(1, 200)}`
}

/** Checks the limits, which the Schema does not have. */
const beyond = (frame: PageFrame, limits: LiveLimits): string | undefined => {
  if ("sub" in frame) {
    const { maxHz, targets } = frame
    if (targets.length > limits.targets)
      return `targets: a socket has at most ${limits.targets} targets, and this subscription has ${targets.length}; write patterns, or open another socket`
    const long = targets.findIndex((target) => target.length > limits.targetLength)
    if (long !== -1) return `targets[${long}]: a target has at most ${limits.targetLength} characters`
    if (maxHz !== undefined && !(maxHz > 0 && maxHz <= limits.maxHz))
      return `maxHz: expected a number above 0, at most ${limits.maxHz}, got ${maxHz}`
  }
  if ("call" in frame) {
    const { args = [], timeout } = frame
    for (const [at, value] of args.entries()) {
      const fault = argumentFault(value)
      if (fault !== undefined) return `args[${at}]: ${fault}`
    }
    if (timeout !== undefined && !(timeout > 0 && timeout <= longestTimeout))
      return `timeout: expected seconds above 0, at most ${longestTimeout}, got ${timeout}`
  }
  return undefined
}

/**
 * The longest time that a page may wait for a reply, in seconds. Not measured: telescopes move for minutes, and every
 * wait has an end.
 */
const longestTimeout = 3600
