/** What the judgements of checks are made of. */
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

/** Fails with a deviation: what the specification expects, and what came. */
export const deviates = (
  expected: string,
  came: string | Line | ReadonlyArray<Line>
): Effect.Effect<never, Deviation> =>
  Effect.fail(
    new Deviation({ expected, came: typeof came === "string" ? came : "raw" in came ? `${came}` : shown(came) })
  )

/** Holds that something is so. */
export const holds = (
  so: boolean,
  expected: string,
  came: string | Line | ReadonlyArray<Line>
): Effect.Effect<void, Deviation> => (so ? Effect.void : deviates(expected, came))

/** Holds that the reply says `ok` and then just these arguments. */
export const ok = ({ reply }: Answer, ...args: ReadonlyArray<string>): Effect.Effect<void, Deviation> =>
  holds(
    reply.isOk && reply.args.length === args.length + 1 && args.every((arg, at) => arg === reply.args[at + 1]),
    `!${reply.name} ok${args.map((arg) => ` ${arg}`).join("")}`,
    reply
  )

/** Holds that the reply is a failure: a code that is not `ok`, and a text for people. */
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

/** Holds that the reply has a return code that is not `ok`. Texts that may be missing are for other checks. */
export const refused = ({ reply, request }: Answer, code?: string): Effect.Effect<void, Deviation> =>
  holds(
    /^[a-z]/.test(reply.args[0] ?? "") && reply.args[0] !== "ok" && (code === undefined || reply.args[0] === code),
    `!${reply.name} ${code ?? "with a failure code"}, for ${request}`,
    reply
  )

/** Holds that the reply counts the informs that came before it. */
export const counted = ({ informs, reply }: Answer): Effect.Effect<void, Deviation> =>
  holds(
    reply.isOk && reply.args.length === 2 && reply.args[1] === `${informs.length}`,
    `!${reply.name} ok ${informs.length}, after as many informs`,
    reply
  )

/** Holds that a text is for people (Rev 5.1 §2). */
export const readable = (what: string, text: string, line: Line): Effect.Effect<void, Deviation> =>
  holds(isHumanReadable(text), `${what} of printable ASCII, tabs and line ends`, line)

/** Holds that something is so of each line. */
export const each = (
  lines: ReadonlyArray<Line>,
  so: (line: Line) => boolean,
  expected: string
): Effect.Effect<void, Deviation> => {
  const wrong = lines.find((line) => !so(line))
  return wrong === undefined ? Effect.void : deviates(expected, wrong)
}

/** What occurs twice in a list. */
export const duplicateIn = (texts: ReadonlyArray<string>): string | undefined =>
  texts.find((text, at) => texts.indexOf(text) !== at)

/** Whether it is a `#log error` that complains of what was sent. */
export const isComplaint = (line: Line): boolean => line.isInform("log") && line.args[0] === "error"
