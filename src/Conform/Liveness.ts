import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Semaphore from "effect/Semaphore"
import type { Check } from "./Check.ts"
import type { Settings } from "./Connection.ts"
import type { Outcome } from "./Result.ts"
import { Suspects } from "./Suspects.ts"
import { Unrunnable, type Verdict } from "./Verdict.ts"

/**
 * The time between two checks for a device that has gone. Not measured: a restart takes seconds, and four connections a
 * second harm no device.
 */
const lookEvery = "250 millis"

/**
 * Watches that the device is alive. After a check that has not passed, and after one that may do harm, the device is
 * asked for a sign of life. A device that has gone is awaited, and the check that ended it fails: never one that began
 * after the device had gone.
 */
export class Liveness {
  /** The reason why nothing can run any more: the device has gone permanently. */
  gone: string | undefined = undefined
  /** Waits until the device is back; fails if it does not come back. */
  readonly returned: Effect.Effect<void, Unrunnable>
  private readonly responds: Effect.Effect<void, Verdict>
  private readonly suspects = new Suspects()
  /** Held while the device is checked. */
  private readonly looking = Semaphore.makeUnsafe(1)

  /**
   * `responds` succeeds if the device answers; `restartTimeout` is the time for a device that has gone to come back.
   */
  constructor(responds: Effect.Effect<void, Verdict>, restartTimeout: Duration.Input) {
    this.responds = responds
    this.returned = responds.pipe(
      Effect.retry(Schedule.spaced(lookEvery)),
      Effect.ignore,
      Effect.timeoutOrElse({
        duration: restartTimeout,
        orElse: () => Effect.fail(new Unrunnable({ reason: "the device does not come back" }))
      })
    )
  }

  /** Runs a check. Its outcome shows if the device has gone. */
  during(check: Check, run: Effect.Effect<Outcome>, settings: Settings): Effect.Effect<Outcome> {
    // checks that end the device expect it
    if (check.needs?.destructive === true) return run
    return Effect.gen({ self: this }, function* () {
      const turn = this.suspects.begin(check.id)
      const outcome = yield* run
      // the device was alive to answer it
      if (settings.received > 0) this.suspects.clear(turn)
      // harm may take a moment to show
      if (check.harm !== undefined) yield* Effect.sleep(lookEvery)
      const isSuspicious = outcome._tag === "Failed" || outcome._tag === "CouldNotRun" || check.harm !== undefined
      const whole = isSuspicious
        ? yield* this.looking.withPermits(1)(this.judged(check.id, outcome, settings))
        : outcome
      this.suspects.end(check.id)
      return whole
    })
  }

  private readonly judged = Effect.fnUntraced(
    { self: this },
    function* (id: string, outcome: Outcome, { count, received }: Settings): Effect.fn.Return<Outcome> {
      // another check has reported it
      if (this.gone !== undefined) return { _tag: "CouldNotRun", reason: this.gone }
      if (Exit.isSuccess(yield* Effect.exit(this.responds))) {
        this.suspects.clear(Number.POSITIVE_INFINITY)
        return outcome
      }
      const suspects = this.suspects.ids
      const isBack = Option.isSome(yield* Effect.option(this.returned))
      if (!isBack) this.gone = `the device has gone while ${suspects.join(", ")} ran, and has not come back`
      const what = isBack ? "the device had gone for a while" : "the device has gone, and has not come back"
      const others = suspects.filter((other) => other !== id)
      const who = others.length === 0 ? what : `${what}: it went while ${suspects.join(", ")} ran`
      // it may have gone before the check began
      if (received === 0 && others.length > 0)
        return { _tag: "CouldNotRun", reason: `${what}: it went while ${others.join(", ")} ran` }
      if (outcome._tag === "Failed") return { ...outcome, came: `${outcome.came}; ${who}` }
      const came = outcome._tag === "CouldNotRun" ? `${outcome.reason}; ${who}` : who
      return count > 0
        ? { _tag: "Failed", expected: "the device lives on", came }
        : { _tag: "CouldNotRun", reason: came }
    }
  )
}
