import type { Any } from "../../Sensor/index.ts"
import type { Loss } from "./Loss.ts"
import type { WireReading } from "./WireReading.ts"

/**
 * An observer of the sensors that a client mirrors: for programs with a table of their own. It is called at once and in
 * order, without a Stream, a queue or an effect in between. Its functions must not throw.
 *
 * @category models
 * @since 0.1.0
 */
export interface MirrorObserver {
  /** Called with a newly mirrored sensor. Its definition is a new object each time. */
  readonly added: (definition: Any) => void
  /** Called when the sensor of that definition is gone, or replaced by another, for which `added` follows. */
  readonly removed: (definition: Any) => void
  /**
   * Called at once when the device is lost. From then on each reading that came before is `unreachable`; `reading` is called
   * for each, in slices if there are many.
   */
  readonly lost?: ((loss: Loss) => void) | undefined
  /** Called with each reading that arrives and, with `reading.lost`, for each sensor of a device that was lost. */
  readonly reading: (definition: Any, reading: WireReading) => void
}
