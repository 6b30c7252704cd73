import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { Strategy } from "../../Sampling/index.ts"
import * as flags from "../flags.ts"

/** An example as it is typed in a shell. */
const quoted = (example: string): string => (example.includes(" ") ? `"${example}"` : example)

/** `katcp monitor`. */
export const monitor = Command.make(
  "monitor",
  {
    words: flags.words(
      "HOST PATTERN",
      "The device, and which sensors: names, globs (rx.*) or regular expressions (/temp/)"
    ),
    strategy: Flag.String("strategy").pipe(
      Flag.withAlias("s"),
      Flag.withDescription(`When to be told: ${Strategy.examples.map(quoted).join(", ")}`),
      Flag.withDefault("event")
    ),
    count: Flag.Int("count").pipe(
      Flag.withAlias("n"),
      Flag.withDescription("End after so many readings"),
      Flag.filter(
        (count) => count > 0,
        (count) => `${count} is no number of readings: write 1 or more`
      ),
      Flag.optional
    ),
    for: flags.duration("for", "End after that time"),
    lines: Flag.Boolean("lines").pipe(
      Flag.withDescription("A line for each reading also on a terminal, where else a table is kept up to date"),
      Flag.withDefault(false)
    ),
    timeout: flags.timeout,
    protocol: flags.protocol,
    ...flags.lasting,
    json: flags.json
  },
  (input) =>
    Effect.flatMap(
      Effect.promise(() => import("../monitor.ts")),
      ({ run }) => run(input)
    )
).pipe(
  Command.withDescription("Readings of sensors as they come; goes on when the device goes and comes back"),
  Command.withExamples([
    { command: "katcp monitor dish-7 'rx.*'", description: "Every change" },
    {
      command: 'katcp monitor --strategy "period 1" --for 10s dish-7 azimuth',
      description: "Ten seconds, once a second"
    }
  ])
)
