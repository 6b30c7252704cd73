import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as flags from "../flags.ts"

/** `katcp info`. */
export const info = Command.make(
  "info",
  { words: flags.words("HOST", "The device"), timeout: flags.timeout, protocol: flags.protocol, json: flags.json },
  (input) =>
    Effect.flatMap(
      Effect.promise(() => import("../info.ts")),
      ({ run }) => run(input)
    )
).pipe(
  Command.withDescription("What the device is: its versions, its protocol, its clients, how many requests and sensors"),
  Command.withExamples([{ command: "katcp info dish-7", description: "Look at a device" }])
)
