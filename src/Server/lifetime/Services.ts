import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import type * as Scope from "effect/Scope"
import type { Runtime } from "../Runtime.ts"

/**
 * The fibers that run as long as a server: one that completes is forgotten, one that fails ends the server (B-123), and
 * all are interrupted when the server ends.
 */
export class Services {
  private readonly runtime: Pick<Runtime, "device" | "runOwn">
  private readonly onFailure: (cause: Cause.Cause<unknown>) => void
  private readonly fibers = new Set<Fiber.Fiber<unknown, unknown>>()
  private closed = false

  constructor(runtime: Pick<Runtime, "device" | "runOwn">, onFailure: (cause: Cause.Cause<unknown>) => void) {
    this.runtime = runtime
    this.onFailure = onFailure
  }

  /** Starts a service with a Scope of its own; its log records go to the device's log. */
  start<R>(effect: Effect.Effect<unknown, unknown, R>, context: Context.Context<Exclude<R, Scope.Scope>>): void {
    if (this.closed) return
    const logging = Context.pick(References.MinimumLogLevel, Logger.CurrentLoggers)(this.runtime.device.context)
    this.supervise(
      Effect.runForkWith(Context.merge(context as Context.Context<never>, logging))(
        Effect.scoped(effect as Effect.Effect<unknown, unknown, Scope.Scope>)
      )
    )
  }

  /** Ends the server if the fiber fails. */
  supervise(fiber: Fiber.Fiber<unknown, unknown>): void {
    this.fibers.add(fiber)
    fiber.addObserver((exit) => {
      this.fibers.delete(fiber)
      if (Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) return
      this.runtime.runOwn(Effect.logError("a service of the device has failed", exit.cause))
      this.onFailure(exit.cause)
    })
  }

  /** Interrupts all services, and waits until they have ended. */
  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    this.closed = true
    return Fiber.interruptAll([...this.fibers])
  })
}
