import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as flags from "../flags.ts"

/** `katcp shell`. */
export const shell = Command.make(
  "shell",
  { words: flags.words("HOST", "The device"), timeout: flags.timeout, protocol: flags.protocol, ...flags.lasting },
  (input) =>
    Effect.flatMap(
      Effect.promise(() => import("../shell/shell.ts")),
      ({ run }) => run(input)
    )
).pipe(
  Command.withDescription(
    "Talk to a device line by line: Tab completes requests, sensors and values, the history is kept, informs come as they come"
  ),
  Command.withExamples([
    { command: "katcp shell dish-7", description: "Ctrl-D ends it, Ctrl-C gives up what is under way" }
  ])
)
