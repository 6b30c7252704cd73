import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { exitCodes } from "./Failure.ts"
import { isClosedPipe, onOutputFault, outputFault, outputFaultText } from "./show/standardOutput.ts"

/** A signal that ends a command. */
export type Signal = (typeof signals)[number]
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const

/** What the process exits with after a signal that has interrupted its command. */
const interrupted: Readonly<Record<Signal, number>> = { SIGINT: 130, SIGTERM: 130, SIGHUP: 129 }

/**
 * What ends the command of this process before it is done: a signal, or a standard output that cannot be written. Both
 * interrupt the command, so that it ends in order: clients get `#disconnect`, the terminal is put in order. A second signal
 * ends the process at once.
 */
export class Ending extends Context.Service<
  Ending,
  {
    /** Says that the command is a service: SIGTERM is its regular end, with exit code 0, from its start on. */
    readonly isService: Effect.Effect<void>
    /**
     * Says that the command serves others from now on: an output that cannot be written does not end it, unless the reader
     * of a pipe has gone. The fault is reported once.
     */
    readonly serves: Effect.Effect<void>
    /** Says that something was lost on the way, and reported: the exit code of the regular end is then 2. */
    readonly fails: Effect.Effect<void>
    /** Gives the signals to a function, until the Scope closes: they do not end the command meanwhile. */
    readonly take: (listener: (signal: Signal) => void) => Effect.Effect<void, never, Scope.Scope>
    /** Has SIGHUP call a function, until the Scope closes: it does not end the command meanwhile. */
    readonly onHangup: (listener: () => void) => Effect.Effect<void, never, Scope.Scope>
  }
>()("katcp/Cli/Ending") {
  /** Takes the signals of this process; they interrupt the fiber. Returns the service and the exit code of an interrupted command. */
  static readonly watch = (fiber: Fiber.Fiber<unknown, unknown>) => {
    let service = false
    let serving = false
    let failed = false
    let signal: Signal | undefined
    let signalHandler: ((signal: Signal) => void) | undefined
    let hangup: (() => void) | undefined
    const codeOf = (): number => {
      if (signal === "SIGTERM" && service) return failed ? exitCodes.cannotRun : exitCodes.ok
      if (signal !== undefined) return interrupted[signal]
      const fault = outputFault()
      return fault === undefined || isClosedPipe(fault) ? exitCodes.ok : exitCodes.cannotRun
    }
    for (const name of signals)
      process.on(name, () => {
        if (signalHandler !== undefined) return signalHandler(name)
        if (name === "SIGHUP" && hangup !== undefined) return hangup()
        if (signal !== undefined) process.exit(codeOf())
        signal = name
        fiber.interruptUnsafe(fiber.id)
      })
    onOutputFault((error) => {
      if (!isClosedPipe(error))
        process.stderr.write(`${outputFaultText(error)}${serving ? "; clients are served on" : ""}\n`)
      if (isClosedPipe(error) || !serving) fiber.interruptUnsafe(fiber.id)
    })
    const ending = Ending.of({
      onHangup: (listener) =>
        Effect.asVoid(
          Effect.acquireRelease(
            Effect.sync(() => {
              hangup = listener
            }),
            () =>
              Effect.sync(() => {
                hangup = undefined
              })
          )
        ),
      isService: Effect.sync(() => {
        service = true
      }),
      serves: Effect.sync(() => {
        serving = true
      }),
      fails: Effect.sync(() => {
        failed = true
      }),
      take: (listener) =>
        Effect.acquireRelease(
          Effect.sync(() => {
            signalHandler = listener
          }),
          () =>
            Effect.sync(() => {
              signalHandler = undefined
            })
        )
    })
    return { ending, codeOf }
  }
}
