/**
 * A terminal screen that a command draws on: the alternate screen, without cursor, with single key presses. The
 * terminal is restored however the command ends.
 */
import { writeSync } from "node:fs"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Output } from "../show/Output.ts"

/** Enters the alternate screen without cursor and line wrapping. */
const enter = "\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[2J"
const leave = "\u001b[?7h\u001b[?25h\u001b[?1049l"

/** Milliseconds after which a process that still runs was not stopped. Not measured: a stop takes effect at once. */
const notStopped = 100

/** A screen to draw on. */
export interface Screen {
  /** Draws lines from the top, replacing the former ones. */
  readonly draw: (lines: ReadonlyArray<string>) => Effect.Effect<void>
  /** Waits until a key is pressed or the terminal is resized. */
  readonly changed: Effect.Effect<void>
}

/** Opens the screen until the scope closes. Calls `press` for each key. */
export const openScreen = (press: (key: string) => void): Effect.Effect<Screen, never, Output | Scope.Scope> =>
  Effect.gen(function* () {
    const output = yield* Output
    const run = Effect.runForkWith(yield* Effect.context<never>())
    const { stdin, stdout } = process
    let waiting = Deferred.makeUnsafe<void>()
    const wake = () => {
      const before = waiting
      waiting = Deferred.makeUnsafe()
      Deferred.doneUnsafe(before, Effect.void)
    }
    // a closed terminal has no mode
    const raw = (mode: boolean) => {
      if (stdin.isTTY === true && !stdin.destroyed) stdin.setRawMode(mode)
    }
    /** The process may continue before it is notified. */
    let isSuspended = false
    const enterNow = () => {
      isSuspended = false
      raw(true)
      stdout.write(enter)
      wake()
    }
    const comeBack = () => {
      process.off("SIGCONT", comeBack)
      if (isSuspended) enterNow()
    }
    /** Synchronously, because the process may end now. */
    const leaveNow = () => {
      try {
        writeSync(1, leave)
      } catch {
        // the terminal is gone
      }
      raw(false)
    }
    const took = (keys: Buffer) => {
      // an arrow key or another escape sequence
      const text = keys.length > 1 && keys[0] === 0x1b ? "" : keys.toString("latin1")
      for (const key of text)
        if (key === "\u0003") process.kill(process.pid, "SIGINT")
        else if (key === "\u001a") {
          // as the terminal itself does without single key presses
          leaveNow()
          isSuspended = true
          process.once("SIGCONT", comeBack)
          process.kill(process.pid, "SIGTSTP")
          // a process without a shell to continue it is not stopped
          run(Effect.delay(Effect.sync(comeBack), notStopped))
        } else press(key)
      wake()
    }
    const ignored = () => {}
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        // a second signal ends the process at once
        process.once("exit", leaveNow)
        stdout.on("resize", wake)
        if (stdin.isTTY === true) stdin.on("data", took).on("error", ignored).resume()
        enterNow()
      }),
      () =>
        Effect.sync(() => {
          process.off("exit", leaveNow)
          process.off("SIGCONT", comeBack)
          isSuspended = false
          stdout.off("resize", wake)
          stdin.off("data", took).pause()
          leaveNow()
        })
    )
    return {
      // overwrites each line, and clears below the last one
      draw: (lines) =>
        isSuspended
          ? Effect.void
          : output.raw(`\u001b[H${lines.map((line) => `${line}\u001b[K`).join("\r\n")}\u001b[J`),
      changed: Effect.suspend(() => Deferred.await(waiting))
    }
  })
