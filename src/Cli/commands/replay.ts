import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as flags from "../flags.ts"

/** `katcp replay`. */
export const replay = Command.make(
  "replay",
  {
    file: Argument.String("FILE").pipe(Argument.withDescription("What katcp tap --record has written")),
    listen: Flag.String("listen").pipe(
      Flag.withMetavar("PORT"),
      Flag.withDescription("Where to listen, PORT or HOST:PORT; 7147 by default"),
      Flag.withDefault("7147")
    ),
    speed: Flag.Finite("speed").pipe(
      Flag.withDescription("How much faster than recorded: 2 is twice as fast, 0 does not wait at all"),
      Flag.withDefault(1)
    ),
    access: flags.access,
    json: flags.json
  },
  (input) =>
    Effect.flatMap(
      Effect.promise(() => import("../record/replay.ts")),
      ({ run }) => run(input)
    )
).pipe(
  Command.withDescription("Serve a recorded session again, as a device that says what the real one said"),
  Command.withExamples([
    { command: "katcp replay session.ndjson --listen 7148", description: "A device out of a file" }
  ])
)
