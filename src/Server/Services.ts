import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import type * as Scope from "effect/Scope"
import { errorText } from "../Message/index.ts"
import type { Hub } from "./Hub.ts"

/**
 * A service of the device, or a listener of its server, has failed, and the server has ended for that.
 *
 * @category errors
 * @since 0.1.0
 */
export class ServiceFailed extends Data.TaggedError("ServiceFailed")<{
  /** What it failed with: its error, or its defect. */
  readonly cause: Cause.Cause<unknown>
}> {
  override get message(): string {
    return `a service of the device has failed: ${errorText(Cause.squash(this.cause), "it has a defect")}`
  }
}

/**
 * What runs as long as a server does: one that ends is forgotten, one that fails ends the server (B-123), and all are
 * interrupted when the server ends.
 */
export class Services {
  private readonly hub: Hub
  private readonly fibers = new Set<Fiber.Fiber<unknown, unknown>>()
  private closed = false

  constructor(hub: Hub) {
    this.hub = hub
  }

  /** Starts a service with a Scope of its own; what it logs goes to the device's log. */
  start<R>(effect: Effect.Effect<unknown, unknown, R>, context: Context.Context<Exclude<R, Scope.Scope>>): void {
    if (this.closed) return
    const logging = Context.pick(References.MinimumLogLevel, Logger.CurrentLoggers)(this.hub.device.context)
    this.supervise(
      Effect.runForkWith(Context.merge(context as Context.Context<never>, logging))(
        Effect.scoped(effect as Effect.Effect<unknown, unknown, Scope.Scope>)
      )
    )
  }

  /** Ends the server where the fiber fails. */
  supervise(fiber: Fiber.Fiber<unknown, unknown>): void {
    this.fibers.add(fiber)
    fiber.addObserver((exit) => {
      this.fibers.delete(fiber)
      if (Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) return
      this.hub.runOwn(Effect.logError("a service of the device has failed", exit.cause))
      this.hub.stop.begin({
        ending: new ServiceFailed({ cause: exit.cause }),
        reason: `The device has failed: ${errorText(Cause.squash(exit.cause), "it has a defect")}`
      })
    })
  }

  /** Interrupts all of them, and waits until they have ended. */
  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    this.closed = true
    return Fiber.interruptAll([...this.fibers])
  })
}
