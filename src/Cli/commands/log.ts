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
    module: Flag.String("module").pipe(
      Flag.withAlias("m"),
      Flag.withMetavar("NAME"),
      Flag.withDescription(
        "Show only records of this name: a name, a glob (drive.*) or a regular expression (/temp/); may stand more than once"
      ),
      Flag.atLeast(0)
    ),
    setLevel: Flag.Literals("set-level", logLevels).pipe(
      Flag.withDescription("From which level the device is to report: this is for all its clients"),
      Flag.optional
    ),
    output: Flag.String("output").pipe(
      Flag.withAlias("o"),
      Flag.withMetavar("FILE"),
      Flag.withDescription("Add the records to a file; SIGHUP opens it again, after it was renamed"),
      Flag.optional
    ),
    truncate: Flag.Boolean("truncate").pipe(
      Flag.withDescription("With --output: begin with an empty file"),
      Flag.withDefault(false)
    ),
    attempts: Flag.Int("attempts").pipe(
      Flag.withAlias("a"),
      Flag.withMetavar("N"),
      Flag.withDescription("Give up when N attempts in a row to connect again have failed; by default never"),
      Flag.filter(
        (count) => count > 0,
        (count) => `${count} is no number of attempts: write 1 or more`
      ),
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
