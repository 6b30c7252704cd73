/** `katcp fleet`: devices spread over several machines. */
import * as Command from "effect/cli/Command"
import { ls } from "./fleet/list.ts"
import { drain, move } from "./fleet/place.ts"
import { run } from "./fleet/run.ts"
import { top } from "./fleet/top.ts"
import { add, rm } from "./fleet/wish.ts"

/** `katcp fleet`. */
export const fleet = Command.make("fleet").pipe(
  Command.withDescription(
    "Devices spread over several machines: run a runner, look at the fleet, change what it holds"
  ),
  Command.withSubcommands([run, ls, top, add, rm, move, drain])
)
