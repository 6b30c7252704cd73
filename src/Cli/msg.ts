/** Prints `#log` lines. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Dialect, encode } from "../Codec/index.ts"
import type { Severity } from "../Interface/index.ts"
import { inform } from "../Message/index.ts"
import { unasked } from "./Failure.ts"
import { inputLines } from "./input.ts"
import { Output } from "./show/Output.ts"

interface Input {
  readonly words: ReadonlyArray<string>
  readonly level: Severity
  readonly subsystem: Option.Option<string>
}

/** Prints `#log level timestamp name text` (Rev 5.1 §6); the name is the subsystem, else KATCP_LABEL, else `root`. */
export const logLine = (level: Severity, subsystem: Option.Option<string>, text: string) =>
  Effect.gen(function* () {
    const output = yield* Output
    const time = Dialect.v5.formatTime((yield* Clock.currentTimeMillis) / 1000)
    const name = Option.getOrElse(subsystem, () => process.env.KATCP_LABEL ?? "root")
    yield* output.raw(new TextDecoder().decode(encode(inform("log", [level, time, name, text]))))
  })

/** `katcp msg`. */
export const run = Effect.fnUntraced(function* ({ level, subsystem, words }: Input) {
  if (words.length === 0) return yield* unasked("say what is to be logged, or - for the lines of the standard input")
  if (words.length === 1 && words[0] === "-")
    return yield* Stream.runForEach(inputLines, (line) => logLine(level, subsystem, line))
  yield* logLine(level, subsystem, words.join(" "))
})
