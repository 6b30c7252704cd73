import type { Pace } from "./Derivation.ts"

/**
 * The options of derived sensors.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends Pace {
  /**
   * The effect of inputs without a valid reading (status `unknown`, `unreachable` or `failure`). `tell`, the default:
   * the sensor has the worst of these statuses, and a value computed from the other inputs. `skip`: they are left out,
   * and matter only if no input is valid. Inputs that are `inactive` are always left out.
   */
  readonly missing?: "tell" | "skip" | undefined
}
