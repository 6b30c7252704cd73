import * as Sensor from "../../Sensor/index.ts"
import type { Loss } from "./Loss.ts"
import { isLost, isRemote, LostReading, type RemoteReading } from "./RemoteReading.ts"
import type { Subscription } from "./Subscription.ts"
import { WireReading } from "./WireReading.ts"

/** The losses of a device, from the view of its sensors. */
export interface Losses {
  /** Counts the losses. */
  readonly era: number
  /** The newest one. */
  readonly loss: Loss
  /** Readings that sensors show already and have not reported: repeated reads return the same. */
  readonly shown: Map<MirroredSensor, RemoteReading<unknown>>
}

/**
 * A live sensor of a client. Once its device is lost, its reading is `unreachable` for readers, although a large device
 * has its sensors report the loss in slices: see `Mirrored`.
 */
export class MirroredSensor extends Sensor.LiveSensor<unknown> {
  /** The number of losses that the sensor has reported. */
  era: number
  /** Its subscription, while it has one. Set by `Subscriptions`, which needs no table of its own for it. */
  subscription: Subscription | undefined = undefined
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

  /** Returns the reading after a loss that the sensor has not reported; undefined if no loss changes its reading. */
  get lost(): RemoteReading<unknown> | undefined {
    return this.era === this.losses.era ? undefined : this.untold(super.reading)
  }

  /** `true` if a reading has come from the device, or its loss was reported. */
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
