import type { Pace } from "./Derivation.ts"

/**
 * How derived sensors deal with their inputs.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends Pace {
  /**
   * What inputs without a valid reading do, whose status is `unknown`, `unreachable` or `failure`. `tell`, the default:
   * the sensor has the worst of these statuses, and a value made of the other inputs. `skip`: they are left out, and
   * show only where no input is valid. Inputs that are `inactive` are left out always.
   */
  readonly missing?: "tell" | "skip" | undefined
}
