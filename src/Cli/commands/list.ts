import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as flags from "../flags.ts"

/** `katcp list`. */
export const list = Command.make(
  "list",
  {
    words: flags.words(
      "HOST PATTERN",
      "The device, and which sensors: names, globs (rx.*) or regular expressions (/temp/)"
    ),
    timeout: flags.timeout,
    protocol: flags.protocol,
    json: flags.json
  },
  (input) =>
    Effect.flatMap(
      Effect.promise(() => import("../list.ts")),
      ({ run }) => run(input)
    )
).pipe(
  Command.withDescription("The sensors of the device: type, units, value, status and age"),
  Command.withExamples([
    { command: "katcp list dish-7", description: "All sensors" },
    { command: "katcp list dish-7 'rx.*' /temp/", description: "Some of them" }
  ])
)
