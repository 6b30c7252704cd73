/** Prints `#log` lines. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Severity } from "../Interface/index.ts"
import { unasked } from "./Failure.ts"
import { inputLines } from "./input.ts"
import { type Logging, logger } from "./logger.ts"

interface Input extends Logging {
  readonly words: ReadonlyArray<string>
  readonly level: Severity
}

/** `katcp msg`. */
export const run = Effect.fnUntraced(function* (input: Input) {
  const { level, words } = input
  if (words.length === 0) return yield* unasked("say what is to be logged, or - for the lines of the standard input")
  const { log } = yield* logger(input)
  if (words.length === 1 && words[0] === "-") return yield* Stream.runForEach(inputLines, (line) => log(level, line))
  yield* log(level, words.join(" "))
})
