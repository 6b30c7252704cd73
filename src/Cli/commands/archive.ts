/** `katcp archive`: records every reading of devices. */
import * as Command from "effect/cli/Command"
import { importing } from "./archive/import.ts"
import { config, handler } from "./archive/run.ts"
import { status } from "./archive/status.ts"

/** `katcp archive`. */
export const archive = Command.make("archive", config, handler).pipe(
  Command.withDescription("Record every reading of devices in SQLite or PostgreSQL; katcp history shows them"),
  Command.withSubcommands([status, importing]),
  Command.withExamples([
    { command: "katcp archive --store site.db dish-7 dish-8:7148", description: "All sensors of two devices" },
    {
      command: "katcp archive --store site.db --keep-raw 7d m000=10.0.0.1 --sensors '*/rx.*'",
      description: "Some sensors of one device, for a week"
    }
  ])
)
