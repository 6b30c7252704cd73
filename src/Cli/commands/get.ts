import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as flags from "../flags.ts"

/** `katcp get`. */
export const get = Command.make(
  "get",
  {
    words: flags.words("HOST SENSOR", "The device, and names of sensors"),
    timeout: flags.timeout,
    protocol: flags.protocol,
    json: flags.json,
    value: Flag.Boolean("value").pipe(
      Flag.withDescription("The values alone, a line each; exit code 1 if the status says that one does not count"),
      Flag.withDefault(false)
    ),
    any: Flag.Boolean("any").pipe(Flag.withDescription("With --value: values of any status"), Flag.withDefault(false))
  },
  (input) =>
    Effect.flatMap(
      Effect.promise(() => import("../get.ts")),
      ({ run }) => run(input)
    )
).pipe(
  Command.withDescription("The present readings of sensors"),
  Command.withExamples([
    { command: "katcp get dish-7 azimuth elevation", description: "Two sensors" },
    { command: "katcp get --value dish-7 mode", description: "For a script" }
  ])
)
