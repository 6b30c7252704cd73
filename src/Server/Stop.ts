import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { Hub } from "./Hub.ts"
import { ServiceFailed } from "./Services.ts"

/**
 * Whether a server that stops lets requests in flight finish: for ten seconds at the most with `true`, or for as long as
 * is said. What is not finished then is interrupted, and fails.
 *
 * @category models
 * @since 0.1.0
 */
export type Drain = boolean | Duration.Input

/**
 * Why a server ended.
 *
 * @category models
 * @since 0.1.0
 */
export type Ending = "halt" | "restart"

/** What a server is told that is to end. */
interface Order {
  readonly ending: Ending | ServiceFailed
  /** What clients are told. */
  readonly reason: string
  /** As the server's options have it, where it is not said. */
  readonly drain?: Drain | undefined
}

const toMillis = (drain: Drain | undefined): number =>
  drain === true
    ? 10_000
    : drain === undefined || drain === false
      ? 0
      : Duration.toMillis(Duration.fromInputUnsafe(drain))

/**
 * The end of a server, which comes once, however many ask for it: requests are finished or fail, the device does what
 * it has to do last, clients are told, connections are closed, services are interrupted.
 */
export class Stop {
  private readonly hub: Hub
  private begun = false
  /** Done when somebody asks for an end that does not wait for requests. */
  private readonly hurried = Deferred.makeUnsafe<void>()
  private readonly done = Deferred.makeUnsafe<Ending, ServiceFailed>()

  constructor(hub: Hub) {
    this.hub = hub
  }

  /** Waits until all is closed. */
  get ended(): Effect.Effect<Ending, ServiceFailed> {
    return Deferred.await(this.done)
  }

  /** Ends the server. One that is ending already is only hurried, where this does not wait for requests. */
  begin(order: Order): void {
    const drain = toMillis(order.drain ?? this.hub.options.drain)
    if (drain === 0) Deferred.doneUnsafe(this.hurried, Exit.void)
    if (this.begun) return
    this.begun = true
    const ending = order.ending instanceof ServiceFailed ? Exit.fail(order.ending) : Exit.succeed(order.ending)
    this.hub.runOwn(
      this.sequence(order.reason, drain).pipe(
        Effect.ignoreCause({ log: "Error", message: "the server has not ended in order" }),
        Effect.andThen(Effect.sync(() => Deferred.doneUnsafe(this.done, ending)))
      )
    )
  }

  private readonly sequence = Effect.fnUntraced({ self: this }, function* (reason: string, drain: number) {
    const { hub } = this
    hub.refuseAll(reason)
    if (drain > 0) yield* Effect.timeoutOption(Effect.raceFirst(hub.idle, Deferred.await(this.hurried)), drain)
    hub.cancelAll()
    const { onStop } = hub.options
    if (onStop !== undefined) {
      const exit = yield* Fiber.await(hub.run(onStop))
      if (Exit.isFailure(exit)) yield* Effect.logError("onStop has failed", exit.cause)
    }
    hub.dismissAll(reason)
    yield* hub.listeners.close
    yield* hub.services.close
  })
}
