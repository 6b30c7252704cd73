/** Programs started by commands, and their output. */
import { type ChildProcessByStdio, spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { constants } from "node:os"
import type { Readable } from "node:stream"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { causeOf } from "../Message/index.ts"
import { cannotRun, type Failure } from "./Failure.ts"

/** A running program. */
export interface Program {
  /** The exit code, once all output was read. */
  readonly exitCode: Effect.Effect<number, Failure>
  /**
   * The exit code, at once: other programs that it started may still print. Waits for ever if it could not be started.
   */
  readonly exited: Effect.Effect<number>
  /** Sends a signal, if it still runs. */
  readonly signal: (signal: NodeJS.Signals) => void
  /** The lines of its standard output. */
  readonly out: Stream.Stream<string, Failure>
  /** The lines of its standard error. */
  readonly err: Stream.Stream<string, Failure>
}

/**
 * Runs a program, or a shell command without `args`. If the scope fails or is interrupted, ends the program and
 * everything that the shell has started.
 */
export const run = (command: string, args?: ReadonlyArray<string>): Effect.Effect<Program, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() =>
        // its own process group, so it can be ended with everything that the shell has started
        args === undefined
          ? spawn(command, { shell: true, detached: true, stdio: ["ignore", "pipe", "pipe"] })
          : spawn(command, args, { stdio: ["inherit", "pipe", "pipe"] })
      ),
      // after a success, remaining programs are intended
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

/** A program ended by a signal has the exit code of a shell. */
const codeOf = (code: number | null, signal: NodeJS.Signals | null): number => code ?? 128 + constants.signals[signal!]

/**
 * Returns `true` if this process is in the foreground of its terminal, which sends Ctrl-C to all foreground processes:
 * to this one and to those it has started.
 */
export const inForeground = (): boolean => {
  try {
    // after the name, which may have blanks: state, parent, group, session, terminal, foreground group of the terminal
    const [, , , group, , terminal, foreground] = readFileSync("/proc/self/stat", "latin1")
      .replace(/^.*\)/s, "")
      .split(" ")
    return terminal !== "0" && group === foreground
  } catch {
    // not Linux
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
      // includes programs that outlive the shell
      process.kill(-child.pid)
    } catch {
      // nothing is left
    }
  }
}
