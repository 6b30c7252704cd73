import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as flags from "../flags.ts"

/** `katcp help`. */
export const help = Command.make(
  "help",
  {
    words: flags.words("HOST REQUEST", "The device, and perhaps one of its requests"),
    timeout: flags.timeout,
    protocol: flags.protocol,
    json: flags.json
  },
  (input) =>
    Effect.flatMap(
      Effect.promise(() => import("../help.ts")),
      ({ run }) => run(input)
    )
).pipe(
  Command.withDescription("The requests that the device has, or all that it says of one of them"),
  Command.withExamples([
    { command: "katcp help dish-7", description: "All requests, a line each" },
    { command: "katcp help dish-7 track", description: "One request" }
  ])
)
