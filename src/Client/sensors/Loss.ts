import { Dialect } from "../../Codec/index.ts"
import type { Any } from "../../Sensor/index.ts"
import { LostWireReading, type WireReading } from "./WireReading.ts"

/**
 * The loss of a device: it makes each reading of the device `unreachable`. A {@link MirrorObserver} can use it to show
 * the loss before it receives it sensor by sensor.
 *
 * @category models
 * @since 0.1.0
 */
export class Loss {
  /** The time of the loss, in seconds since 1970. */
  readonly time: number

  /** Made by clients. */
  constructor(time: number) {
    this.time = time
  }

  /**
   * Returns the reading of a sensor after this loss: the last value, `unreachable`, with the time of the loss as both
   * times.
   */
  readingOf(definition: Any, last: WireReading | undefined): WireReading {
    const { time } = this
    return new LostWireReading(
      definition,
      time,
      "unreachable",
      time,
      last?.latin1,
      last === undefined ? Dialect.v5 : last.dialect
    )
  }
}
