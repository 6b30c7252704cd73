/** Programs that commands run, and what they print. */
import { type ChildProcessByStdio, spawn } from "node:child_process"
import { constants } from "node:os"
import type { Readable } from "node:stream"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { causeOf, type Failure, unasked } from "./Failure.ts"

/** A program that runs. */
export interface Program {
  /** What it exits with, once all that it printed was read. */
  readonly exitCode: Effect.Effect<number, Failure>
  /** The lines that it prints. */
  readonly out: Stream.Stream<string, Failure>
  /** The lines that it prints on its standard error. */
  readonly err: Stream.Stream<string, Failure>
}

/** Runs a program, or a line for the shell where there are no `args`; where the scope fails or is interrupted, it ends, and all that the shell has started. */
export const run = (command: string, args?: ReadonlyArray<string>): Effect.Effect<Program, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() =>
        // a group of its own: it can be ended with all that the shell has started
        args === undefined
          ? spawn(command, { shell: true, detached: true, stdio: ["ignore", "pipe", "pipe"] })
          : spawn(command, args, { stdio: ["inherit", "pipe", "pipe"] })
      ),
      // what it leaves behind when all went well was meant to stay
      (child, exit) => Effect.sync(() => exit._tag === "Failure" && end(child, args === undefined))
    ),
    (child) => ({
      exitCode: Effect.callback((resume) => {
        child.once("error", (error: NodeJS.ErrnoException) => {
          const why = error.code === "ENOENT" ? "there is no such program" : causeOf(error)
          resume(Effect.fail(unasked(`cannot run ${command}: ${why}`)))
        })
        // a program that a signal has ended counts as in a shell
        child.once("close", (code, signal) => resume(Effect.succeed(code ?? 128 + constants.signals[signal!])))
      }),
      out: linesOf(child.stdout, command),
      err: linesOf(child.stderr, command)
    })
  )

const linesOf = (from: Readable, command: string): Stream.Stream<string, Failure> =>
  Stream.fromAsyncIterable(from as AsyncIterable<Uint8Array>, (error) =>
    unasked(`cannot read what ${command} prints: ${error}`)
  ).pipe(Stream.decodeText(), Stream.splitLines)

const end = (child: ChildProcessByStdio<null, Readable, Readable>, group: boolean): void => {
  if (child.pid === undefined) return
  if (!group) child.kill()
  else {
    try {
      // also what goes on after the shell has ended
      process.kill(-child.pid)
    } catch {
      // nothing of it is left
    }
  }
}
