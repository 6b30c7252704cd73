import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { logLevels } from "../../Interface/index.ts"
import * as flags from "../flags.ts"

/** `katcp log`. */
export const log = Command.make(
  "log",
  {
    words: flags.words("HOST", "The device"),
    level: Flag.Literals("level", logLevels).pipe(
      Flag.withAlias("l"),
      Flag.withDescription("Show what is at least so grave; all that the device reports by default"),
      Flag.withDefault("all")
    ),
    setLevel: Flag.Literals("set-level", logLevels).pipe(
      Flag.withDescription("From which level the device is to report: this is for all its clients"),
      Flag.optional
    ),
    for: flags.duration("for", "End after that time"),
    timeout: flags.timeout,
    protocol: flags.protocol,
    ...flags.lasting,
    json: flags.json
  },
  (input) =>
    Effect.flatMap(
      Effect.promise(() => import("../log.ts")),
      ({ run }) => run(input)
    )
).pipe(
  Command.withDescription("The log of the device as it comes; goes on when the device goes and comes back"),
  Command.withExamples([{ command: "katcp log dish-7 --level info", description: "What is of interest to operators" }])
)
