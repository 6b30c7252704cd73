/** The building blocks of judgements. */
import * as Effect from "effect/Effect"
import type { Answer } from "./Connection.ts"
import { isHumanReadable } from "./formats.ts"
import type { Line } from "./Line.ts"
import { Deviation } from "./Verdict.ts"

/** Returns the lines as text for a report. */
const shown = (lines: ReadonlyArray<Line>): string => {
  if (lines.length === 0) return "nothing"
  const first = lines.slice(0, 4).map(String)
  return [...first, ...(lines.length > 4 ? [`... (${lines.length} lines)`] : [])].join("; ")
}

/** Fails with a deviation: the expected and the actual lines. */
export const deviates = (
  expected: string,
  came: string | Line | ReadonlyArray<Line>
): Effect.Effect<never, Deviation> =>
  Effect.fail(
    new Deviation({ expected, came: typeof came === "string" ? came : "raw" in came ? `${came}` : shown(came) })
  )

/** Expects a condition to hold. */
export const holds = (
  so: boolean,
  expected: string,
  came: string | Line | ReadonlyArray<Line>
): Effect.Effect<void, Deviation> => (so ? Effect.void : deviates(expected, came))

/** Expects the reply `ok` with exactly these arguments. */
export const ok = ({ reply }: Answer, ...args: ReadonlyArray<string>): Effect.Effect<void, Deviation> =>
  holds(
    reply.isOk && reply.args.length === args.length + 1 && args.every((arg, at) => arg === reply.args[at + 1]),
    `!${reply.name} ok${args.map((arg) => ` ${arg}`).join("")}`,
    reply
  )

/** Expects a failure: a code other than `ok`, and a text for people. */
export const failed = ({ reply, request }: Answer, code?: string): Effect.Effect<void, Deviation> =>
  holds(
    reply.args.length === 2 &&
      reply.args[0] !== "ok" &&
      /^[a-z]/.test(reply.args[0]!) &&
      (code === undefined || reply.args[0] === code) &&
      reply.args[1] !== "",
    `!${reply.name} ${code ?? "with a failure code"} and a text, for ${request}`,
    reply
  )

/** Expects a return code other than `ok`. The text is the subject of other checks. */
export const refused = ({ reply, request }: Answer, code?: string): Effect.Effect<void, Deviation> =>
  holds(
    /^[a-z]/.test(reply.args[0] ?? "") && reply.args[0] !== "ok" && (code === undefined || reply.args[0] === code),
    `!${reply.name} ${code ?? "with a failure code"}, for ${request}`,
    reply
  )

/** Expects the reply to count the informs before it. */
export const counted = ({ informs, reply }: Answer): Effect.Effect<void, Deviation> =>
  holds(
    reply.isOk && reply.args.length === 2 && reply.args[1] === `${informs.length}`,
    `!${reply.name} ok ${informs.length}, after as many informs`,
    reply
  )

/** Expects a text for people (Rev 5.1 §2). */
export const readable = (what: string, text: string, line: Line): Effect.Effect<void, Deviation> =>
  holds(isHumanReadable(text), `${what} of printable ASCII, tabs and line ends`, line)

/** Expects a condition to hold for each line. */
export const each = (
  lines: ReadonlyArray<Line>,
  so: (line: Line) => boolean,
  expected: string
): Effect.Effect<void, Deviation> => {
  const wrong = lines.find((line) => !so(line))
  return wrong === undefined ? Effect.void : deviates(expected, wrong)
}

/** Returns a duplicate in a list. */
export const duplicateIn = (texts: ReadonlyArray<string>): string | undefined =>
  texts.find((text, at) => texts.indexOf(text) !== at)

/** Returns `true` for a `#log error` that complains about a line. */
export const isComplaint = (line: Line): boolean => line.isInform("log") && line.args[0] === "error"
