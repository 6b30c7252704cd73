import * as Command from "effect/cli/Command"
import { call } from "./commands/call.ts"
import { con } from "./commands/con.ts"
import { conform } from "./commands/conform.ts"
import { contract } from "./commands/contract.ts"
import { get } from "./commands/get.ts"
import { help } from "./commands/help.ts"
import { info } from "./commands/info.ts"
import { list } from "./commands/list.ts"
import { log } from "./commands/log.ts"
import { monitor } from "./commands/monitor.ts"
import { msg } from "./commands/msg.ts"
import { replay } from "./commands/replay.ts"
import { run } from "./commands/run.ts"
import { shell } from "./commands/shell.ts"
import { simulate } from "./commands/simulate.ts"
import { tap } from "./commands/tap.ts"
import { wait } from "./commands/wait.ts"

/** The `katcp` command. */
export const root = Command.make("katcp").pipe(
  Command.withDescription("Talk to devices that speak KATCP"),
  Command.withSubcommands([
    call,
    info,
    list,
    get,
    help,
    monitor,
    wait,
    log,
    shell,
    tap,
    replay,
    simulate,
    conform,
    contract,
    msg,
    run,
    con
  ])
)
