import * as Sensor from "../../Sensor/index.ts"
import type { Loss } from "./Loss.ts"
import { isLost, isRemote, LostReading, type RemoteReading } from "./RemoteReading.ts"
import { WireReading } from "./WireReading.ts"

/** The losses of a device, as its sensors see them. */
export interface Losses {
  /** Counts the losses. */
  readonly era: number
  /** The newest one. */
  readonly loss: Loss
  /** Readings that sensors show before their observers receive them: a second look returns the same object. */
  readonly shown: Map<MirroredSensor, RemoteReading<unknown>>
}

/**
 * A live sensor of a client. When its device is lost, its reading is `unreachable` at once. The observers of many sensors
 * receive the loss in slices: see `Mirrored`.
 */
export class MirroredSensor extends Sensor.LiveSensor<unknown> {
  /** The losses that the observers of the sensor have received. */
  era: number
  private readonly losses: Losses

  constructor(definition: Sensor.Any, timestamp: number, losses: Losses) {
    super(definition, timestamp)
    this.losses = losses
    this.era = losses.era
  }

  override get reading(): Sensor.Reading<unknown> {
    const told = super.reading
    return this.era === this.losses.era ? told : (this.untold(told) ?? told)
  }

  /** Returns the reading by a loss that observers have not received; undefined if there is no such loss. */
  get lost(): RemoteReading<unknown> | undefined {
    return this.era === this.losses.era ? undefined : this.untold(super.reading)
  }

  /** `true` if a reading has come from the device, or its loss. */
  get hasReading(): boolean {
    return isRemote(super.reading)
  }

  private untold(told: Sensor.Reading<unknown>): RemoteReading<unknown> | undefined {
    if (!isRemote(told) || isLost(told)) return undefined
    const { loss, shown } = this.losses
    let reading = shown.get(this)
    if (reading === undefined) {
      reading =
        told instanceof WireReading ? loss.readingOf(this.definition, told) : new LostReading(told.value, loss.time)
      shown.set(this, reading)
    }
    return reading
  }
}
