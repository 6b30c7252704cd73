/** Programs that commands run, and what they print. */
import { type ChildProcessByStdio, spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { constants } from "node:os"
import type { Readable } from "node:stream"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { causeOf } from "../Message/index.ts"
import { cannotRun, type Failure } from "./Failure.ts"

/** A program that runs. */
export interface Program {
  /** What it exits with, once all that it printed was read. */
  readonly exitCode: Effect.Effect<number, Failure>
  /** What it exits with, at once: it may have started others that still print. Waits for ever if it could not be started. */
  readonly exited: Effect.Effect<number>
  /** Sends it a signal, if it still runs. */
  readonly signal: (signal: NodeJS.Signals) => void
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
          resume(Effect.fail(cannotRun(`cannot run ${command}: ${why}`)))
        })
        child.once("close", (code, signal) => resume(Effect.succeed(codeOf(code, signal))))
      }),
      exited: Effect.callback((resume) => {
        if (child.exitCode !== null || child.signalCode !== null)
          return resume(Effect.succeed(codeOf(child.exitCode, child.signalCode)))
        child.once("exit", (code, signal) => resume(Effect.succeed(codeOf(code, signal))))
      }),
      signal: (signal) => {
        child.kill(signal)
      },
      out: linesOf(child.stdout, command),
      err: linesOf(child.stderr, command)
    })
  )

/** A program that a signal has ended counts as in a shell. */
const codeOf = (code: number | null, signal: NodeJS.Signals | null): number => code ?? 128 + constants.signals[signal!]

/**
 * Returns `true` if this process is in the foreground of its terminal, which sends Ctrl-C to all processes there: to this
 * one and to those that it has started.
 */
export const inForeground = (): boolean => {
  try {
    // behind the name, which may have blanks: state, parent, group, session, terminal, foreground group of the terminal
    const [, , , group, , terminal, foreground] = readFileSync("/proc/self/stat", "latin1")
      .replace(/^.*\)/s, "")
      .split(" ")
    return terminal !== "0" && group === foreground
  } catch {
    // no Linux
    return process.stdin.isTTY === true
  }
}

const linesOf = (from: Readable, command: string): Stream.Stream<string, Failure> =>
  Stream.fromAsyncIterable(from as AsyncIterable<Uint8Array>, (error) =>
    cannotRun(`cannot read what ${command} prints: ${error}`)
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
