/** Runs a program, and prints what it prints as `#log` lines. */
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Severity } from "../Interface/index.ts"
import { Exited, unasked } from "./Failure.ts"
import { logLine } from "./msg.ts"
import * as Program from "./program.ts"

interface Input {
  readonly words: ReadonlyArray<string>
  readonly out: Severity
  readonly err: Severity
  readonly subsystem: Option.Option<string>
}

/** `katcp run`. */
export const run = Effect.fnUntraced(function* (input: Input) {
  const [command, ...args] = input.words
  if (command === undefined) return yield* unasked("say which program to run")
  const { err, exitCode, out } = yield* Program.run(command, args)
  const [code] = yield* Effect.all(
    [
      exitCode,
      Stream.runForEach(out, (line) => logLine(input.out, input.subsystem, line)),
      Stream.runForEach(err, (line) => logLine(input.err, input.subsystem, line))
    ],
    { concurrency: 3 }
  )
  if (code !== 0) return yield* new Exited({ code })
}, Effect.scoped)
