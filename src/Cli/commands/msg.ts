/** Prints `#log` lines. */
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { cannotRun } from "../Failure.ts"
import * as flags from "../flags.ts"
import { inputLines } from "../input.ts"
import { logger } from "../logger.ts"

const config = {
  words: flags.words("TEXT", "The text to log; - logs each line of standard input"),
  level: flags.severity("level", "The level; default: info", "info", "l"),
  subsystem: flags.subsystem,
  protocol: flags.logProtocol
}

type Input = Command.Command.Config.Infer<typeof config>

const handler = Effect.fnUntraced(function* (input: Input) {
  const { level, words } = input
  if (words.length === 0) return yield* cannotRun("give the text to log, or - for the lines of standard input")
  const { log } = yield* logger(input)
  if (words.length === 1 && words[0] === "-") return yield* Stream.runForEach(inputLines, (line) => log(level, line))
  yield* log(level, words.join(" "))
})

/** `katcp msg`. */
export const msg = Command.make("msg", config, handler).pipe(
  Command.withDescription("Print a #log line like a device: for scripts whose output a device relays"),
  Command.withExamples([{ command: "katcp msg --level warn disk is nearly full", description: "A warning" }])
)
