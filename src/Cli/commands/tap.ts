import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as flags from "../flags.ts"

/** `katcp tap`. */
export const tap = Command.make(
  "tap",
  {
    words: flags.words("LISTEN HOST", "Where to listen, PORT or HOST:PORT, and the device that is behind it"),
    record: Flag.String("record").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("Write all that goes through to a file, one JSON object a line, for katcp replay"),
      Flag.optional
    ),
    access: flags.access,
    json: flags.json
  },
  (input) =>
    Effect.flatMap(
      Effect.promise(() => import("../record/tap.ts")),
      ({ run }) => run(input)
    )
).pipe(
  Command.withDescription("Stand between clients and a device, and show what both say"),
  Command.withExamples([
    { command: "katcp tap 7148 dish-7", description: "Clients of port 7148 reach dish-7" },
    { command: "katcp tap 7148 dish-7 --record session.ndjson", description: "Keep it" }
  ])
)
