/** Prints `#log` lines. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Dialect, encode } from "../Codec/index.ts"
import type { Severity } from "../Interface/index.ts"
import { inform, Protocol } from "../Message/index.ts"
import { unasked } from "./Failure.ts"
import { inputLines } from "./input.ts"
import { Output } from "./show/Output.ts"

/** Who logs, and to which version of KATCP. */
export interface Logging {
  readonly subsystem: Option.Option<string>
  readonly protocol: Option.Option<string>
}

interface Input extends Logging {
  readonly words: ReadonlyArray<string>
  readonly level: Severity
}

/** The environment's value of a name; absent if it is empty. */
const fromEnvironment = (name: string): Option.Option<string> =>
  Option.filter(Option.fromUndefinedOr(process.env[name]), (value) => value !== "")

/**
 * Returns what prints `#log level timestamp name text` (Rev 5.1 §6). The name is the subsystem, else KATCP_LABEL, else
 * `root`. The time is in milliseconds for version 4, which is that of `protocol`, else of KATCP_PROTOCOL.
 */
export const logger = Effect.fnUntraced(function* ({ protocol, subsystem }: Logging) {
  const output = yield* Output
  const version = Option.getOrElse(
    Option.orElse(protocol, () => fromEnvironment("KATCP_PROTOCOL")),
    () => "5.1"
  )
  const parsed = Option.getOrUndefined(Protocol.parse(version))
  if (parsed === undefined || parsed.major < 4 || parsed.major > 5)
    return yield* unasked(`${JSON.stringify(version)} is no version of KATCP that can be logged for: write 4.0 or 5.1`)
  const dialect = Dialect.of(parsed)
  const name = Option.getOrElse(subsystem, () => process.env.KATCP_LABEL ?? "root")
  return (level: Severity, text: string) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      output.raw(new TextDecoder().decode(encode(inform("log", [level, dialect.formatTime(now / 1000), name, text]))))
    )
})

/** `katcp msg`. */
export const run = Effect.fnUntraced(function* (input: Input) {
  const { level, words } = input
  if (words.length === 0) return yield* unasked("say what is to be logged, or - for the lines of the standard input")
  const log = yield* logger(input)
  if (words.length === 1 && words[0] === "-") return yield* Stream.runForEach(inputLines, (line) => log(level, line))
  yield* log(level, words.join(" "))
})
