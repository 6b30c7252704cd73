import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { exitCodes } from "./Failure.ts"
import { isClosedPipe, onOutputFault, outputFault, outputFaultText } from "./show/standardOutput.ts"

/** A signal that ends a command. */
export type Signal = (typeof signals)[number]
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const

/** The exit codes after a signal that interrupted the command. */
const interrupted: Readonly<Record<Signal, number>> = { SIGINT: 130, SIGTERM: 130, SIGHUP: 129 }

/**
 * The events that end a command early: a signal, or a standard output that cannot be written. Both interrupt the
 * command, so it ends in order: clients get `#disconnect`, and the terminal is restored. A second signal ends the
 * process at once.
 */
export class Ending extends Context.Service<
  Ending,
  {
    /** Declares the command a service: SIGTERM is its regular end, with exit code 0. */
    readonly isService: Effect.Effect<void>
    /**
     * Declares that the command serves others from now on: an output that cannot be written does not end it, unless the
     * reader of a pipe has gone. The fault is reported once.
     */
    readonly serves: Effect.Effect<void>
    /** Records a reported loss: the exit code of the regular end is then 2. */
    readonly fails: Effect.Effect<void>
    /** Passes the signals to a function until the Scope closes: they do not end the command. */
    readonly take: (listener: (signal: Signal) => void) => Effect.Effect<void, never, Scope.Scope>
    /** Calls a function on SIGHUP until the Scope closes: SIGHUP does not end the command. */
    readonly onHangup: (listener: () => void) => Effect.Effect<void, never, Scope.Scope>
  }
>()("katcp/Cli/Ending") {
  /**
   * Handles the signals of this process, which interrupt the fiber. Returns the service and the exit code of an
   * interrupted command.
   */
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
        process.stderr.write(`${outputFaultText(error)}${serving ? "; clients are still served" : ""}\n`)
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
