import type { Request } from "../../Interface/index.ts"
import type * as Sensor from "../../Sensor/index.ts"

/**
 * The part of a contract that a client uses. Every `Interface` has it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Contract<out R extends Request.Any, out S extends Sensor.Any> {
  /** The requests by name. */
  readonly requests: ReadonlyMap<string, R>
  /** The sensors by name. */
  readonly sensorTypes: ReadonlyMap<string, S>
}
