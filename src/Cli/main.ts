/** The `katcp` command: its arguments to what the process exits with. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { Exited, exitCodes, Failure } from "./Failure.ts"
import { quiet } from "./reach/connect.ts"
import { root } from "./root.ts"
import { Output } from "./show/Output.ts"
import { visible } from "./show/visible.ts"
import { presenter } from "./usage.ts"
import { version } from "./version.ts"

/** What the process exits with; what went wrong is said on the way. */
const exitCodeOf = (exit: Exit.Exit<unknown, unknown>): number => {
  if (exit._tag === "Success") return exitCodes.ok
  const { cause } = exit
  if (Cause.hasInterruptsOnly(cause)) return 130
  const error = Cause.squash(cause)
  if (error instanceof Failure) {
    process.stderr.write(`katcp: ${visible(error.message)}\n`)
    return error.exitCode
  }
  if (error instanceof Exited) return error.code
  // what is wrong with the words was said
  if (CliError.isCliError(error))
    return error._tag === "ShowHelp" && error.errors.length === 0 ? exitCodes.ok : exitCodes.unasked
  process.stderr.write(`katcp: a fault of this program: ${error instanceof Error ? error.message : String(error)}\n`)
  return exitCodes.unasked
}

/** Runs the command of this process. */
export const main = (): void =>
  Command.runWith(root, { version: version })(process.argv.slice(2)).pipe(
    Effect.provide(Layer.mergeAll(Output.layer, quiet, NodeServices.layer, CliOutput.layerPresenter(presenter))),
    NodeRuntime.runMain({ disableErrorReporting: true, teardown: (exit, onExit) => onExit(exitCodeOf(exit)) })
  )
