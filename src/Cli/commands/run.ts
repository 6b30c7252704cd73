import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as flags from "../flags.ts"

/** `katcp run`. */
export const run = Command.make(
  "run",
  {
    words: flags.words("PROGRAM ARG", "The program and its arguments; flags of katcp come before it"),
    out: flags.severity("out-level", "How grave what it prints is; info by default", "info"),
    err: flags.severity("err-level", "How grave what it prints on its standard error is; error by default", "error"),
    passLog: Flag.Boolean("pass-log").pipe(
      Flag.withDescription("Print lines that are #log informs already as they are"),
      Flag.withDefault(false)
    ),
    subsystem: flags.subsystem,
    protocol: flags.logProtocol
  },
  (input) =>
    Effect.flatMap(
      Effect.promise(() => import("../run.ts")),
      ({ run }) => run(input)
    )
).pipe(
  Command.withDescription("Run a program, and print what it prints as #log lines; what it exits with is the exit code"),
  Command.withExamples([{ command: "katcp run make -j4", description: "A build, as the log of a device" }])
)
