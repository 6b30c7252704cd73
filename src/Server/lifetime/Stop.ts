import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { Runtime } from "../Runtime.ts"
import { type Drain, type Ending, type Order, ServiceFailed } from "./Ending.ts"

/** The steps of a server's end, each implemented by another part of the server. */
export interface Steps {
  /** Fails new requests from now on, and sends clients that connect away with the reason. */
  readonly refuse: (reason: string) => void
  /** Waits until no request is in flight. */
  readonly idle: Effect.Effect<void>
  /** Fails the requests in flight. */
  readonly cancel: () => void
  /** Sends `#disconnect` to all clients, and closes their connections. */
  readonly dismiss: (reason: string) => void
  /** Closes the listeners, then ends the services. */
  readonly close: Effect.Effect<void>
}

const toMillis = (drain: Drain | undefined): number =>
  drain === true
    ? defaultDrain
    : drain === undefined || drain === false
      ? 0
      : Duration.toMillis(Duration.fromInputUnsafe(drain))

/**
 * Milliseconds that `drain: true` waits. Not measured: twice the time that clients wait for a reply by default (5 s),
 * so the client of a longer request has given up; service managers kill after 90 s.
 */
const defaultDrain = 10_000

/**
 * The end of a server, which happens once, however many ask for it: requests finish or fail, `onStop` runs, clients are
 * disconnected, connections are closed, services are interrupted.
 */
export class Stop {
  private readonly runtime: Pick<Runtime, "options" | "run" | "runOwn">
  private readonly steps: Steps
  private begun = false
  /** Done when an end without waiting for requests is requested. */
  private readonly hurried = Deferred.makeUnsafe<void>()
  private readonly done = Deferred.makeUnsafe<Ending, ServiceFailed>()

  constructor(runtime: Pick<Runtime, "options" | "run" | "runOwn">, steps: Steps) {
    this.runtime = runtime
    this.steps = steps
  }

  /** Waits until everything is closed. */
  get ended(): Effect.Effect<Ending, ServiceFailed> {
    return Deferred.await(this.done)
  }

  /** Ends the server. If it is ending already, an order without draining hurries it. */
  begin(order: Order): void {
    const drain = toMillis(order.drain ?? this.runtime.options.drain)
    if (drain === 0) Deferred.doneUnsafe(this.hurried, Exit.void)
    if (this.begun) return
    this.begun = true
    const ending = order.ending instanceof ServiceFailed ? Exit.fail(order.ending) : Exit.succeed(order.ending)
    this.runtime.runOwn(
      this.sequence(order.reason, drain).pipe(
        Effect.ignoreCause({ log: "Error", message: "the server did not shut down cleanly" }),
        Effect.andThen(Effect.sync(() => Deferred.doneUnsafe(this.done, ending)))
      )
    )
  }

  private readonly sequence = Effect.fnUntraced({ self: this }, function* (reason: string, drain: number) {
    const { runtime, steps } = this
    steps.refuse(reason)
    if (drain > 0) yield* Effect.timeoutOption(Effect.raceFirst(steps.idle, Deferred.await(this.hurried)), drain)
    steps.cancel()
    const { onStop } = runtime.options
    if (onStop !== undefined) {
      const exit = yield* Fiber.await(runtime.run(onStop))
      if (Exit.isFailure(exit)) yield* Effect.logError("onStop has failed", exit.cause)
    }
    steps.dismiss(reason)
    yield* steps.close
  })
}
