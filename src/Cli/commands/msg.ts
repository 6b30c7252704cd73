import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as flags from "../flags.ts"

/** `katcp msg`. */
export const msg = Command.make(
  "msg",
  {
    words: flags.words("TEXT", "What is to be logged; - takes each line of the standard input"),
    level: flags.severity("level", "How grave it is; info by default", "info", "l"),
    subsystem: flags.subsystem,
    protocol: flags.logProtocol
  },
  (input) =>
    Effect.flatMap(
      Effect.promise(() => import("../msg.ts")),
      ({ run }) => run(input)
    )
).pipe(
  Command.withDescription("Print a #log line, as a device sends it: for scripts whose output a device relays"),
  Command.withExamples([{ command: "katcp msg --level warn disk is nearly full", description: "A warning" }])
)
