import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as flags from "../flags.ts"

/** `katcp con`. */
export const con = Command.make(
  "con",
  {
    commands: Argument.String("COMMAND").pipe(
      Argument.withDescription("Commands, each in quotes, as the shell takes them"),
      Argument.variadic()
    ),
    jobs: Flag.Int("jobs").pipe(Flag.withDescription("How many run at once; 64 by default"), Flag.withDefault(64)),
    label: Flag.Boolean("label").pipe(
      Flag.withAlias("l"),
      Flag.withDescription("Put the number of the command before each line"),
      Flag.withDefault(false)
    ),
    quiet: Flag.Boolean("quiet").pipe(
      Flag.withAlias("q"),
      Flag.withDescription("Show only which commands have failed"),
      Flag.withDefault(false)
    ),
    json: flags.json
  },
  (input) =>
    Effect.flatMap(
      Effect.promise(() => import("../con.ts")),
      ({ run }) => run(input)
    )
).pipe(
  Command.withDescription("Run several commands at once; the exit code is the highest of theirs"),
  Command.withExamples([
    { command: 'katcp con "katcp call dish-1 stow" "katcp call dish-2 stow"', description: "Two devices at once" },
    {
      command: 'katcp con -q "katcp wait dish-1 mode stow" "katcp wait dish-2 mode stow"',
      description: "Until both are there"
    }
  ])
)
