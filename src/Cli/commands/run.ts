/** Runs a program, and prints its output as `#log` lines. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import { decode } from "../../Codec/index.ts"
import type { Severity } from "../../Interface/index.ts"
import { Ending, type Signal } from "../Ending.ts"
import { cannotRun, Exited } from "../Failure.ts"
import * as flags from "../flags.ts"
import { logger } from "../logger.ts"
import * as Program from "../program.ts"
import { Output } from "../show/Output.ts"

const config = {
  words: flags.words("PROGRAM ARG", "The program and its arguments; flags of katcp come before it"),
  out: flags.severity("out-level", "The level of its output; default: info", "info"),
  err: flags.severity("err-level", "The level of its standard error; default: error", "error"),
  passLog: Flag.Boolean("pass-log").pipe(
    Flag.withDescription("Pass #log lines through unchanged"),
    Flag.withDefault(false)
  ),
  subsystem: flags.subsystem,
  protocol: flags.logProtocol
}

type Input = Command.Command.Config.Infer<typeof config>

/**
 * The time for which the output is still read after a signal has ended the program: programs that it started may hold
 * the output open for ever. Not measured: output written before arrives within milliseconds.
 */
const grace = "1 second"

const handler = Effect.fnUntraced(function* (input: Input) {
  const [command, ...args] = input.words
  if (command === undefined) return yield* cannotRun("name the program to run")
  const { log } = yield* logger(input)
  const { raw } = yield* Output
  const relay = (level: Severity) => (line: string) =>
    input.passLog && line.startsWith("#log ")
      ? Effect.flatMap(isLog(line), (passed) => (passed ? raw(`${line}\n`) : log(level, line)))
      : log(level, line)
  const signalled = yield* Deferred.make<void>()
  const program = yield* Program.run(command, args)
  yield* (yield* Ending).take((signal) => {
    Deferred.doneUnsafe(signalled, Exit.void)
    if (!hasReceived(signal)) program.signal(signal)
  })
  const whole = Effect.all(
    [
      program.exitCode,
      Stream.runForEach(program.out, relay(input.out)),
      Stream.runForEach(program.err, relay(input.err))
    ],
    { concurrency: 3 }
  )
  const ended = Deferred.await(signalled).pipe(Effect.andThen(program.exited), Effect.tap(Effect.sleep(grace)))
  const code = yield* Effect.raceFirst(
    Effect.map(whole, ([code]) => code),
    ended
  )
  if (code !== 0) return yield* new Exited({ code })
}, Effect.scoped)

/** `katcp run`. */
export const run = Command.make("run", config, handler).pipe(
  Command.withDescription("Run a program, and print its output as #log lines; exits with its exit code"),
  Command.withExamples([{ command: "katcp run make -j4", description: "A build, as the log of a device" }])
)

/**
 * Returns `true` if the program has the signal already: Ctrl-C goes to all programs in the foreground of a terminal.
 */
const hasReceived = (signal: Signal): boolean => signal === "SIGINT" && Program.inForeground()

/** Returns `true` for a `#log` line with level, time, name and text (Rev 5.1 §6). */
const isLog = (line: string): Effect.Effect<boolean> =>
  Effect.match(decode(line), { onFailure: () => false, onSuccess: (message) => message.length === 4 })
