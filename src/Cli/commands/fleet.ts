/** `katcp fleet`: devices spread over several machines. */
import * as Command from "effect/cli/Command"
import { run } from "./fleet/run.ts"

/** `katcp fleet`. */
export const fleet = Command.make("fleet").pipe(
  Command.withDescription(
    "Devices spread over several machines: run a runner, look at the fleet, change what it holds"
  ),
  Command.withSubcommands([run])
)
