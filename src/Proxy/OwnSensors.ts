import { Arg } from "../Codec/index.ts"
import * as Sensor from "../Sensor/index.ts"
import type { Figure, SiteDevice, Table } from "../Site/index.ts"

/** The range of counters: in version 4, numbers must have a range. */
const counts = [0, Number.MAX_SAFE_INTEGER] as const

/** The figures of one device, as sensors of the proxy. */
const figuresOf = (device: string) => ({
  connected: Sensor.make(`proxy.${device}.connected`, {
    type: Arg.Boolean,
    doc: `1 if ${device} is connected.`,
    statusFrom: (connected) => (connected ? "nominal" : "error")
  }),
  synced: Sensor.make(`proxy.${device}.synced`, {
    type: Arg.Boolean,
    doc: `1 if all sensors of ${device} are known and subscribed.`,
    statusFrom: (synced) => (synced ? "nominal" : "warn")
  }),
  lag: Sensor.make(`proxy.${device}.lag`, {
    type: Arg.Float,
    doc: `Time between the last change of a sensor of ${device} and its arrival here. Clocks that differ show here.`,
    units: "s",
    // any value is nominal: a device's clock may be wrong, and its readings may be old
    nominal: [-1e10, 1e10]
  }),
  updates: Sensor.make(`proxy.${device}.updates`, {
    type: Arg.Int,
    nominal: counts,
    doc: `Readings from ${device}.`
  }),
  skipped: Sensor.make(`proxy.${device}.skipped`, {
    type: Arg.Int,
    nominal: counts,
    doc: `Sensors of ${device} that are not served: the table is full, or another sensor has the name.`
  }),
  requests: Sensor.make(`proxy.${device}.requests`, {
    type: Arg.Int,
    nominal: counts,
    doc: `Requests that were passed on to ${device}.`
  })
})

type Figures = ReturnType<typeof figuresOf>
type Live = { readonly [K in keyof Figures]: Sensor.LiveSensor<Sensor.Value<Figures[K]>> }

/** The figures of a device. */
export interface DeviceFigures {
  readonly connected: boolean
  readonly synced: boolean
  readonly lag: number | undefined
  readonly updates: number
  readonly skipped: number
  readonly requests: number
}

const worst: ReadonlyArray<Sensor.Health> = ["ok", "degraded", "fail"]

/** The sensors of the proxy itself. */
export class OwnSensors {
  readonly path = Sensor.LiveSensor.makeUnsafe(
    Sensor.make("proxy.path", {
      type: Arg.Text,
      doc: "The id of this proxy, then the ids of the proxies behind it, separated by spaces."
    }),
    0
  )
  readonly conflicts = Sensor.LiveSensor.makeUnsafe(
    Sensor.make("proxy.conflicts", {
      type: Arg.Text,
      doc: "Names that two devices claim, one a line; the first device has the name.",
      statusFrom: (text) => (text === "" ? "nominal" : "error")
    }),
    0
  )
  readonly loops = Sensor.LiveSensor.makeUnsafe(
    Sensor.make("proxy.loops", {
      type: Arg.Text,
      doc: "Devices whose link was closed because they lead back to this proxy, separated by spaces.",
      statusFrom: (text) => (text === "" ? "nominal" : "error")
    }),
    0
  )
  readonly clients = Sensor.LiveSensor.makeUnsafe(
    Sensor.make("proxy.clients", { type: Arg.Int, nominal: counts, doc: "Clients of this proxy." }),
    0
  )
  readonly deviceStatus = Sensor.LiveSensor.makeUnsafe(Sensor.deviceStatus, 0)
  private readonly set: Sensor.SensorSet
  private readonly byDevice = new Map<string, Live>()
  private readonly states = new Map<string, { readonly live: Sensor.LiveSensor<string>; revision: number }>()
  /** The sensors of figures of other parts of the process. */
  private readonly ofParts = new Map<Figure, Sensor.LiveSensor<unknown>>()

  /** `hasStatus`: `true` if `device-status` is the proxy's own; a transparent proxy serves that of the device. */
  constructor(set: Sensor.SensorSet, hasStatus: boolean) {
    this.set = set
    const all: ReadonlyArray<Sensor.LiveSensor<unknown>> = [this.path, this.conflicts, this.loops, this.clients]
    for (const sensor of all) set.addUnsafe(sensor)
    if (hasStatus) set.addUnsafe(this.deviceStatus)
  }

  /** Sets the worst status of all devices. */
  setStatus(devices: Iterable<SiteDevice>, table: Table, time: number): void {
    let index = 0
    for (const { health, name } of devices) index = Math.max(index, healthOf(health.connected, name, table))
    put(this.deviceStatus, worst[index]!, time)
  }

  /** Sets the figures of devices, and removes those of removed devices. Call it within a batch of the set. */
  setFigures(devices: ReadonlyMap<string, DeviceFigures>, time: number): void {
    for (const [device, live] of this.byDevice) {
      if (devices.has(device)) continue
      this.byDevice.delete(device)
      for (const sensor of Object.values<Sensor.LiveSensor<unknown>>(live)) this.set.removeUnsafe(sensor)
    }
    for (const [device, figures] of devices) {
      const live = this.byDevice.get(device) ?? this.add(device, time)
      put(live.connected, figures.connected, time)
      put(live.synced, figures.synced, time)
      if (figures.lag !== undefined) put(live.lag, figures.lag, time)
      put(live.updates, figures.updates, time)
      put(live.skipped, figures.skipped, time)
      put(live.requests, figures.requests, time)
    }
  }

  /**
   * Sets the sensors of the devices' states, for changed devices or for all, and removes those of removed devices. Call
   * it within a batch of the set.
   */
  setStates(
    devices: ReadonlyMap<string, SiteDevice>,
    textOf: (device: SiteDevice) => string,
    all: boolean,
    time: number
  ): void {
    for (const [name, { live }] of this.states) {
      if (devices.has(name)) continue
      this.states.delete(name)
      this.set.removeUnsafe(live)
    }
    for (const device of devices.values()) {
      const { name, revision } = device
      let state = this.states.get(name)
      if (state === undefined) {
        const doc = `The state of ${name} in JSON.`
        state = {
          live: Sensor.LiveSensor.makeUnsafe(Sensor.make(`proxy.${name}.state`, { type: Arg.Text, doc }), 0),
          revision: -1
        }
        this.set.addUnsafe(state.live)
        this.states.set(name, state)
      } else if (!all && state.revision === revision) continue
      state.revision = revision
      put(state.live, textOf(device), time)
    }
  }

  /**
   * Sets the sensors of figures, and removes those of removed figures. A figure whose name is taken is skipped. Call it
   * within a batch of the set.
   */
  setParts(figures: ReadonlyArray<Figure>, time: number): void {
    const present = new Set(figures)
    for (const [figure, live] of this.ofParts) {
      if (present.has(figure)) continue
      this.ofParts.delete(figure)
      this.set.removeUnsafe(live)
    }
    for (const figure of figures) {
      let live = this.ofParts.get(figure)
      if (live === undefined) {
        if (this.set.has(figure.sensor.name)) continue
        live = Sensor.LiveSensor.makeUnsafe<unknown>(figure.sensor, 0)
        this.set.addUnsafe(live)
        this.ofParts.set(figure, live)
      }
      put(live, figure.read(), time)
    }
  }

  private add(device: string, time: number): Live {
    const live = Object.fromEntries(
      Object.entries(figuresOf(device)).map(([key, definition]) => [
        key,
        Sensor.LiveSensor.makeUnsafe<unknown>(definition as Sensor.Any, time)
      ])
    ) as unknown as Live
    for (const sensor of Object.values<Sensor.LiveSensor<unknown>>(live)) this.set.addUnsafe(sensor)
    this.byDevice.set(device, live)
    return live
  }
}

/** Sets a sensor if its value has changed, or if it has no value yet. */
export const put = <A>(sensor: Sensor.LiveSensor<A>, value: A, time: number): void => {
  if (sensor.status === "unknown" || sensor.reading.timestamp === 0 || sensor.value !== value)
    sensor.setUnsafe(value, sensor.definition.statusOf(value), time)
}

/** The index of a device's health in {@link worst}. */
const healthOf = (connected: boolean, device: string, table: Table): number => {
  if (!connected) return 2
  const row = table.get(device, "device-status")
  return row?.fresh === true ? Math.max(0, worst.indexOf(String(row.value) as Sensor.Health)) : 0
}
