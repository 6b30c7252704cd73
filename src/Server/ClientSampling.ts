import { type Receiver, Sampler, Strategy, type Timers } from "../Sampling/index.ts"
import type { LiveSensor, Reading } from "../Sensor/index.ts"
import { LatestReadings } from "./LatestReadings.ts"
import type { Outgoing } from "./Outgoing.ts"

/**
 * What one client has asked to be told of: a strategy for each sensor (Rev 5.1 §7.1, §8). It ends with the client, and
 * for a sensor when that is removed or replaced; a new one of the same name begins at `none` (P-235).
 */
export class ClientSampling implements Receiver<LiveSensor<unknown>> {
  readonly timers: Timers
  private readonly client: Outgoing
  /** Where the readings wait that a slow client can do without; undefined where it is disconnected instead. */
  private readonly latest: LatestReadings | undefined
  private readonly samplers = new Map<LiveSensor<unknown>, Sampler<LiveSensor<unknown>>>()
  /** True while a strategy is set: the reading that is reported then does not count against the backlog (P-234). */
  private settingUp = false

  constructor(client: Outgoing) {
    this.timers = client.hub.timers
    this.client = client
    this.latest = client.hub.options.slowClient === "conflate" ? new LatestReadings(client) : undefined
  }

  /** How many sensors have a strategy. */
  get size(): number {
    return this.samplers.size
  }

  /** The strategy that was set; `none` where there is none. */
  strategyOf(sensor: LiveSensor<unknown>): Strategy.Strategy {
    return this.samplers.get(sensor)?.strategy ?? Strategy.none
  }

  /** Sets a strategy that fits the sensor, in place of the one before: the present reading is reported at once. */
  set(sensor: LiveSensor<unknown>, strategy: Strategy.Strategy): void {
    this.samplers.get(sensor)?.stop()
    this.samplers.delete(sensor)
    this.latest?.drop(sensor)
    if (strategy._tag === "None" || sensor.ended || !this.client.alive) return
    const sampler = Sampler.make(sensor, strategy, this)
    this.samplers.set(sensor, sampler)
    this.settingUp = true
    try {
      sampler.start()
    } finally {
      this.settingUp = false
    }
  }

  /** Reports a reading: `#sensor-status`, formatted once for all clients of a dialect (Rev 5.1 §7.3). */
  report(sensor: LiveSensor<unknown>, reading: Reading<unknown>): void {
    const { client, latest } = this
    if (!client.alive) return
    if (this.settingUp) client.writeStatus(sensor, reading)
    else if (latest?.hold(sensor, reading)) return
    else if (reading === sensor.reading) client.send(sensor.statusLine(client.dialect))
    else if (client.bears(0)) client.writeStatus(sensor, reading)
  }

  /** Ends all sampling. */
  clear(): void {
    for (const sampler of this.samplers.values()) sampler.stop()
    this.samplers.clear()
    this.latest?.clear()
  }

  /** The sensor was removed or replaced. */
  ended(sensor: LiveSensor<unknown>): void {
    this.samplers.delete(sensor)
    // what would be told of it now might be taken for a reading of the one in its place
    this.latest?.drop(sensor)
  }
}
