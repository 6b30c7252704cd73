import * as Command from "effect/cli/Command"
import { call } from "./commands/call.ts"
import { get } from "./commands/get.ts"
import { help } from "./commands/help.ts"
import { info } from "./commands/info.ts"
import { list } from "./commands/list.ts"

/** The `katcp` command. */
export const root = Command.make("katcp").pipe(
  Command.withDescription("Talk to devices that speak KATCP"),
  Command.withSubcommands([call, info, list, get, help])
)
