import type { Any } from "../../Sensor/index.ts"
import type { WireReading } from "./WireReading.ts"

/**
 * Hears at once, and in order, everything that happens to the sensors that a client mirrors: for programs that keep a
 * table of their own. No Stream, no queue and no effect stands between. None of its functions may throw.
 *
 * @category models
 * @since 0.1.0
 */
export interface MirrorObserver {
  /** A sensor has come: the device has it, and it is mirrored. Its definition is a new object each time. */
  readonly added: (definition: Any) => void
  /** The sensor of that definition has gone, or was replaced by another, for which `added` follows. */
  readonly removed: (definition: Any) => void
  /** A reading has come, or, with `reading.lost`, the device has gone. */
  readonly reading: (definition: Any, reading: WireReading) => void
}
