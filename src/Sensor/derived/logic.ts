import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { LiveSensor } from "../LiveSensor.ts"
import type { Reading } from "../Reading.ts"
import { type Computed, derive, type Rule, type Target } from "./Derivation.ts"
import type { Options } from "./Options.ts"
import type { From } from "./source.ts"
import type { Tally } from "./Tally.ts"

/** Counts the inputs whose value decides by itself: false for all, true for any. */
class Decisive implements Rule<boolean, boolean> {
  private readonly decisive: boolean
  private count = 0

  constructor(decisive: boolean) {
    this.decisive = decisive
  }

  add({ value }: Reading<boolean>): void {
    if (value === this.decisive) this.count++
  }

  remove({ value }: Reading<boolean>): void {
    if (value === this.decisive) this.count--
  }

  compute({ gap }: Tally): Computed<boolean> {
    if (this.count > 0) return { value: this.decisive }
    // what lacks might have decided: false is the safe value meanwhile
    return gap === undefined ? { value: !this.decisive } : { value: false, status: gap }
  }
}

/** The rule of {@link all}. */
export const conjunction = (): Rule<boolean, boolean> => new Decisive(false)

/**
 * Whether all inputs are true; true of none. One that is false decides. Where none is, but a reading lacks, it is false
 * with the status of what lacks. An update costs the same however many inputs there are.
 *
 * @category combinators
 * @since 0.1.0
 */
export const all = (
  target: Target<boolean>,
  from: From<boolean>,
  options?: Options
): Effect.Effect<LiveSensor<boolean>, never, Scope.Scope> => derive(target, from, conjunction, options)

/**
 * Whether any input is true; false of none. One that is true decides. Where none is, but a reading lacks, it is false
 * with the status of what lacks. An update costs the same however many inputs there are.
 *
 * @category combinators
 * @since 0.1.0
 */
export const any = (
  target: Target<boolean>,
  from: From<boolean>,
  options?: Options
): Effect.Effect<LiveSensor<boolean>, never, Scope.Scope> => derive(target, from, () => new Decisive(true), options)
