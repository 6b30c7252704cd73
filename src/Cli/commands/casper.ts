/** `katcp casper`: FPGA boards with tcpborphserver. */
import * as Command from "effect/cli/Command"
import { read, watch, write } from "./casper/access.ts"
import { fake } from "./casper/fake.ts"
import { fpg, info, list } from "./casper/look.ts"
import { program, upload } from "./casper/program.ts"

/** `katcp casper`. */
export const casper = Command.make("casper").pipe(
  Command.withDescription("FPGA boards of CASPER: registers, designs, several boards at once"),
  Command.withSubcommands([list, read, write, watch, upload, program, info, fpg, fake])
)
