import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as flags from "../flags.ts"

/** `katcp wait`. */
export const wait = Command.make(
  "wait",
  {
    words: flags.words(
      "HOST SENSOR CONDITION",
      "The device, a sensor, and what is waited for: VALUE, '> 5', '!= stow', 'status nominal,warn'; status nominal by default"
    ),
    timeout: flags.duration("timeout", "Give up after that time, with exit code 1; never by default", "t"),
    protocol: flags.protocol,
    ...flags.lasting,
    json: flags.json
  },
  (input) =>
    Effect.flatMap(
      Effect.promise(() => import("../wait.ts")),
      ({ run }) => run(input)
    )
).pipe(
  Command.withDescription("Wait until a sensor is as it should be"),
  Command.withExamples([
    { command: "katcp wait dish-7 mode stow --timeout 60s", description: "A value" },
    { command: "katcp wait dish-7 elevation '>= 15'", description: "A comparison" },
    { command: "katcp wait dish-7 rx.temperature status nominal", description: "A status" }
  ])
)
