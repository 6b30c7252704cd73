import * as Command from "effect/cli/Command"
import { call } from "./commands/call.ts"

/** The `katcp` command. */
export const root = Command.make("katcp").pipe(
  Command.withDescription("Talk to devices that speak KATCP"),
  Command.withSubcommands([call])
)
