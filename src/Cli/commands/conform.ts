import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as flags from "../flags.ts"

/** `katcp conform`. */
export const conform = Command.make(
  "conform",
  {
    words: flags.words("HOST", "The device"),
    json: flags.json,
    only: Flag.String("only").pipe(
      Flag.withMetavar("wire,help-011"),
      Flag.withDescription("Only checks whose ids begin with one of these"),
      Flag.optional
    ),
    list: Flag.Boolean("list").pipe(
      Flag.withDescription("List the checks and do not run them; no device is needed"),
      Flag.withDefault(false)
    ),
    destructive: Flag.Boolean("destructive").pipe(
      Flag.withDescription("Also run checks that are known to harm some devices, and restart and halt the device"),
      Flag.withDefault(false)
    ),
    connections: Flag.Int("connections").pipe(
      Flag.withMetavar("N"),
      Flag.withDescription("Open at most N connections at once; by default as many as the checks need, up to 20"),
      Flag.filter(
        (count) => count > 0,
        (count) => `${count} is no number of connections: write 1 or more`
      ),
      Flag.optional
    ),
    testRequests: Flag.Boolean("test-requests").pipe(
      Flag.withDescription(
        "The device's echo, sleep, raise, set-sensor, … are those of the katcp example, and may be used"
      ),
      Flag.withDefault(false)
    ),
    all: Flag.Boolean("all").pipe(
      Flag.withAlias("a"),
      Flag.withDescription("Show also what has passed, and what is not applicable"),
      Flag.withDefault(false)
    ),
    patience: flags.duration("patience", "How long an answer may take; 3s by default")
  },
  (input) =>
    Effect.flatMap(
      Effect.promise(() => import("../conform.ts")),
      ({ run }) => run(input)
    )
).pipe(
  Command.withDescription(
    "Hold a device against the specification, clause by clause; exit code 1 where it departs from it"
  ),
  Command.withExamples([
    { command: "katcp conform dish-7", description: "What can be checked without harm" },
    { command: "katcp conform --connections 3 dish-7", description: "A device that takes three clients" },
    { command: "katcp conform --list --only wire", description: "Which checks there are" },
    { command: "katcp conform dish-7 --json --destructive", description: "Everything, for a program" }
  ])
)
