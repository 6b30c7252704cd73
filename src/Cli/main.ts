/** The `katcp` command: from its arguments to its exit code. */

import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
import { errorText } from "../Message/index.ts"
import { Ending } from "./Ending.ts"
import { Exited, exitCodes, Failure } from "./Failure.ts"
import { withPastTimes } from "./pastTimes.ts"
import { withProgram } from "./programWords.ts"
import { deviceNames } from "./reach/book.ts"
import { quiet } from "./reach/connect.ts"
import { loadRootFor } from "./root.ts"
import { Output } from "./show/Output.ts"
import { finishOutput, isClosedPipe } from "./show/standardOutput.ts"
import { visible } from "./show/visible.ts"
import { presenter } from "./usage.ts"
import { version } from "./version.ts"

/** Returns the exit code, and reports the failure. */
const exitCodeOf = (exit: Exit.Exit<unknown, unknown>, interrupted: () => number): number => {
  if (exit._tag === "Success") return exitCodes.ok
  const { cause } = exit
  if (Cause.hasInterruptsOnly(cause)) return interrupted()
  const error = Cause.squash(cause)
  if (error instanceof Failure) {
    for (const line of [error.message, ...(error.more ?? [])]) process.stderr.write(`katcp: ${visible(line)}\n`)
    return error.exitCode
  }
  if (error instanceof Exited) return error.code
  // the fault of the words was reported
  if (CliError.isCliError(error))
    return error._tag === "ShowHelp" && error.errors.length === 0 ? exitCodes.ok : exitCodes.cannotRun
  process.stderr.write(`katcp: internal error: ${errorText(error)}\n`)
  return exitCodes.cannotRun
}

/** Exits when all output is written, with 2 if it could not be. */
const exitWith = (code: number): void =>
  finishOutput((error) => process.exit(error === undefined || isClosedPipe(error) ? code : exitCodes.cannotRun))

const runMain = Runtime.makeRunMain(({ fiber, teardown }) => fiber.addObserver((exit) => teardown(exit, exitWith)))

/** Returns `true` for `--completions devices`, which the scripts of `--completions` call. */
const asksForDevices = (words: ReadonlyArray<string>): boolean =>
  words.length === 2 && words[0] === "--completions" && words[1] === "devices"

/** Runs the command of this process. */
export const main = (): void => {
  let interrupted = () => exitCodes.ok as number
  const command = Effect.withFiber((fiber) => {
    const words = withPastTimes(withProgram(process.argv.slice(2)))
    return Effect.flatMap(
      Effect.promise(async () => (asksForDevices(words) ? undefined : loadRootFor(words))),
      (root) => {
        // before this point a signal ends the process as usual: nothing needs an orderly end yet
        const { codeOf, ending } = Ending.watch(fiber)
        interrupted = codeOf
        return (root === undefined ? deviceNames : Command.runWith(root, { version })(words)).pipe(
          Effect.provide(Layer.mergeAll(Output.layer, quiet, NodeServices.layer, CliOutput.layerPresenter(presenter))),
          Effect.provideService(Ending, ending)
        )
      }
    )
  })
  runMain(command, {
    disableErrorReporting: true,
    teardown: (exit, onExit) => onExit(exitCodeOf(exit, interrupted))
  })
}
