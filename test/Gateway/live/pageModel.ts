import type { Live } from "../../../src/Gateway/index.ts"

/** A sensor as a page shows it. */
export interface ShownSensor {
  readonly device: string
  readonly name: string
  readonly type: string
  time: number | undefined
  code: number
  value: unknown
}

/** The state of a page from the frames: the same as in the dashboard, written only from the description of the frames. */
export class PageModel {
  readonly sensors = new Map<number, ShownSensor>()
  readonly devices = new Map<string, Live.LiveDevice>()
  /** Indices whose meta came on this connection. */
  private readonly told = new Set<number>()
  last = 0
  frames = 0

  take(frame: typeof Live.Data.Type): void {
    if (frame.n !== this.last + 1) throw new Error(`frame ${frame.n} after ${this.last}`)
    this.last = frame.n
    this.frames++
    for (const index of frame.gone ?? []) {
      if (!this.told.delete(index)) throw new Error(`${index} is gone, and was never there`)
      this.sensors.delete(index)
    }
    for (const [index, device, name, type] of frame.meta ?? []) {
      if (this.told.has(index)) throw new Error(`${index} is described twice`)
      this.told.add(index)
      this.sensors.set(index, { device, name, type, time: undefined, code: 0, value: null })
    }
    for (const [index, since, code, value] of frame.d ?? []) {
      const sensor = this.sensors.get(index)
      if (sensor === undefined) throw new Error(`a reading of ${index}, which nobody knows`)
      sensor.time = since === null ? undefined : frame.time + since / 1000
      sensor.code = code
      sensor.value = value
    }
    for (const device of frame.devices ?? []) {
      const former = this.devices.get(device.name)
      const requests = device.requests ?? former?.requests
      if (requests === undefined) throw new Error(`${device.name} came without its requests`)
      this.devices.set(device.name, { ...device, requests })
    }
    for (const name of frame.goneDevices ?? [])
      if (!this.devices.delete(name)) throw new Error(`device ${name} is gone, and was never there`)
  }

  /** `device/sensor` with code, value and time in milliseconds, sorted. */
  get state(): ReadonlyArray<readonly [path: string, code: number, value: unknown, time: number | undefined]> {
    return Array.from(
      this.sensors.values(),
      ({ code, device, name, time, value }) =>
        [`${device}/${name}`, code, value, time === undefined ? undefined : Math.round(time * 1000)] as const
    ).sort(([one], [other]) => (one < other ? -1 : 1))
  }
}
