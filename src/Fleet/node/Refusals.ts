import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { Recurrences } from "../../Interface/index.ts"

/** The kinds of refusals that are logged by themselves. Not measured: more than the runners of a fleet. */
const maxKinds = 100

/**
 * The connections that were refused at the ports for runners, because they have another token or certificate. All are
 * counted. They are logged with the address of the other end: the first few of each address, then their number.
 *
 * @category models
 * @since 0.1.0
 */
export class Refusals {
  /** The number of refused connections. */
  count = 0
  private readonly recurrences = new Recurrences({ maxKinds })

  /** Counts a refused connection of an IP address to a port of this runner, and logs it. */
  add(address: string | undefined, port: string, why: string): Effect.Effect<void> {
    return Effect.gen({ self: this as Refusals }, function* () {
      this.count++
      const now = Number(yield* Clock.monotonicTimeNanos) / 1e6
      const suffix = this.recurrences.note(`${address} ${why}`, now)
      if (suffix === undefined) return
      const from = address === undefined ? "" : ` from ${address}`
      yield* Effect.logWarning(`fleet: a connection${from} to ${port} was refused: ${why}${suffix}`)
    })
  }
}
