import type * as Sensor from "../../Sensor/index.ts"
import type { DeviceClient, DeviceHealth, SiteDevice } from "../../Site/index.ts"
import type { Source } from "./Source.ts"

/** A device that this runner holds itself, with all its readings. */
export class OwnSource implements Source {
  readonly isOwn = true
  readonly device: SiteDevice
  readonly epoch: number

  constructor(device: SiteDevice, epoch: number) {
    this.device = device
    this.epoch = epoch
  }

  get client(): DeviceClient {
    return this.device.client
  }
  get health(): DeviceHealth {
    return this.device.health
  }
  get description(): string {
    return this.device.description
  }
  get requests(): ReadonlyMap<string, string> {
    return this.device.requests
  }
  get described(): SiteDevice["described"] {
    return this.device.described
  }
  get revision(): number {
    return this.device.revision
  }
  get isComplete(): boolean {
    return this.device.health.synced
  }
  get isThere(): boolean {
    return this.device.health.connected
  }
  readonly counts = undefined
  readonly through = undefined

  readonly definitions = (): Iterable<Sensor.Any> => Array.from(this.device.rows, ({ definition }) => definition)

  readonly need = (): void => {}
  readonly release = (): void => {}
}
