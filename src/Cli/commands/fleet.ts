/** `katcp fleet`: devices distributed over several machines. */
import * as Command from "effect/cli/Command"
import { add, rm } from "./fleet/devices.ts"
import { ls } from "./fleet/list.ts"
import { drain, move } from "./fleet/place.ts"
import { run } from "./fleet/run.ts"
import { top } from "./fleet/top.ts"

/** `katcp fleet`. */
export const fleet = Command.make("fleet").pipe(
  Command.withDescription(
    "Devices distributed over several machines: run a runner, show the fleet, change its devices"
  ),
  Command.withSubcommands([run, ls, top, add, rm, move, drain])
)
