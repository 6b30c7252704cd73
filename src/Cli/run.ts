/** Runs a program, and prints what it prints as `#log` lines. */
import { spawn } from "node:child_process"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Severity } from "../Interface/index.ts"
import { Exited, unasked } from "./Failure.ts"
import { logLine } from "./msg.ts"

interface Input {
  readonly words: ReadonlyArray<string>
  readonly out: Severity
  readonly err: Severity
  readonly subsystem: Option.Option<string>
}

/** `katcp run`. */
export const run = Effect.fnUntraced(function* ({ err, out, subsystem, words }: Input) {
  const [program, ...args] = words
  if (program === undefined) return yield* unasked("say which program to run")
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => spawn(program, args, { stdio: ["inherit", "pipe", "pipe"] })),
    (child) => Effect.sync(() => child.kill())
  )
  const ended = Effect.callback<number, ReturnType<typeof unasked>>((resume) => {
    child.once("error", (error) => resume(Effect.fail(unasked(`cannot run ${program}: ${error.message}`))))
    child.once("close", (code, signal) => resume(Effect.succeed(code ?? (signal === null ? 1 : 128))))
  })
  const lines = (from: AsyncIterable<Uint8Array>, level: Severity) =>
    Stream.fromAsyncIterable(from, (error) => unasked(`cannot read what ${program} prints: ${error}`)).pipe(
      Stream.decodeText(),
      Stream.splitLines,
      Stream.runForEach((line) => logLine(level, subsystem, line))
    )
  const [code] = yield* Effect.all([ended, lines(child.stdout, out), lines(child.stderr, err)], { concurrency: 3 })
  if (code !== 0) return yield* new Exited({ code })
}, Effect.scoped)
