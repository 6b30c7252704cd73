import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { LiveSensor } from "../LiveSensor.ts"
import type { Reading } from "../Reading.ts"
import { type Computed, derive, type Rule, type Target } from "./Derivation.ts"
import type { Options } from "./Options.ts"
import type { From } from "./source.ts"
import type { Tally } from "./Tally.ts"

/** Counts the inputs whose value decides alone: false for {@link all}, true for {@link any}. */
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
    // the missing input might decide: false is the safe value until then
    return gap === undefined ? { value: !this.decisive } : { value: false, status: gap }
  }
}

/** The rule of {@link all}. */
export const conjunction = (): Rule<boolean, boolean> => new Decisive(false)

/**
 * `true` if all inputs are true, also without inputs. One false input decides. If no input is false but a reading is
 * missing, the value is false with the status of the missing input. The cost of an update does not depend on the number
 * of inputs.
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
 * `true` if any input is true; false without inputs. One true input decides. If no input is true but a reading is
 * missing, the value is false with the status of the missing input. The cost of an update does not depend on the number
 * of inputs.
 *
 * @category combinators
 * @since 0.1.0
 */
export const any = (
  target: Target<boolean>,
  from: From<boolean>,
  options?: Options
): Effect.Effect<LiveSensor<boolean>, never, Scope.Scope> => derive(target, from, () => new Decisive(true), options)
