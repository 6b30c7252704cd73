import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as flags from "../flags.ts"

/** `katcp contract`. */
export const contract = Command.make(
  "contract",
  {
    words: flags.words(
      "HOST | diff A B",
      "The device whose contract is read; or diff, and two contracts: files or devices"
    ),
    typescript: Flag.Boolean("typescript").pipe(
      Flag.withDescription("As the source of a TypeScript module instead of JSON"),
      Flag.withDefault(false)
    ),
    timeout: flags.timeout,
    protocol: flags.protocol,
    json: flags.json
  },
  (input) =>
    Effect.flatMap(
      Effect.promise(() => import("../contract.ts")),
      ({ run }) => run(input)
    )
).pipe(
  Command.withDescription(
    "The contract of a device; or what has changed between two, with exit code 1 where that breaks clients"
  ),
  Command.withExamples([
    { command: "katcp contract dish-7 > dish.json", description: "Keep it" },
    { command: "katcp contract dish-7 --typescript > dish.ts", description: "To program against" },
    { command: "katcp contract diff dish.json dish-7", description: "What is different by now" }
  ])
)
