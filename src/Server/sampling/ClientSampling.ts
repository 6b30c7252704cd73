import { type Receiver, Sampler, Strategy, type Timers } from "../../Sampling/index.ts"
import type { LiveSensor, Reading } from "../../Sensor/index.ts"
import type { Outgoing } from "../session/Outgoing.ts"
import { LatestReadings } from "./LatestReadings.ts"

export type ClientSampler = Sampler<LiveSensor<unknown>>

/**
 * The sampling of one client: a strategy for each sensor that it has asked for (Rev 5.1 §7.1, §8). It ends with the
 * client, and for one sensor when that sensor is removed or replaced; a new one of the same name begins at `none` (P-235).
 */
export class ClientSampling implements Receiver<LiveSensor<unknown>> {
  readonly timers: Timers
  private readonly client: Outgoing
  /** The newest readings that wait for a slow client; undefined if a slow client is disconnected instead. */
  private readonly latest: LatestReadings | undefined
  private samplers = new Map<LiveSensor<unknown>, ClientSampler>()
  /** True while a strategy is set: the reading that is reported then does not count against the backlog (P-234). */
  private settingUp = false

  constructor(client: Outgoing) {
    this.timers = client.runtime.timers
    this.client = client
    this.latest = client.runtime.options.slowClient === "conflate" ? new LatestReadings(client) : undefined
  }

  /** The number of sensors that have a strategy. */
  get size(): number {
    return this.samplers.size
  }

  /** Returns the strategy that was set; `none` if none was set. */
  strategyOf(sensor: LiveSensor<unknown>): Strategy.Strategy {
    return this.samplers.get(sensor)?.strategy ?? Strategy.none
  }

  /** Makes a sampler for {@link start}. The strategy must fit the sensor. */
  make(sensor: LiveSensor<unknown>, strategy: Strategy.Strategy): ClientSampler {
    return Sampler.make(sensor, strategy, this)
  }

  /** Takes samplers that have no predecessor to replace. Returns `false`, and takes none, if there are samplers already. */
  adopt(samplers: Map<LiveSensor<unknown>, ClientSampler>): boolean {
    if (this.samplers.size > 0) return false
    this.samplers = samplers
    return true
  }

  /**
   * Starts at most `limit` samplers, in place of their predecessors unless they are adopted. Each reports its present
   * reading at once. Stops early when more than `maxBacklog` bytes wait for the client. Returns `true` when no sampler is
   * left.
   */
  start(waiting: Iterator<ClientSampler>, adopted: boolean, limit: number, maxBacklog: number): boolean {
    const { client } = this
    this.settingUp = true
    try {
      for (let count = 0; count < limit; count++) {
        const next = waiting.next()
        if (next.done === true || !client.alive) return true
        const sampler = next.value
        if (!adopted) this.replace(sampler)
        sampler.start()
        if (client.backlog > maxBacklog) return false
      }
      return false
    } finally {
      this.settingUp = false
    }
  }

  private replace(sampler: ClientSampler): void {
    const { sensor } = sampler
    this.samplers.get(sensor)?.stop()
    this.samplers.set(sensor, sampler)
    this.latest?.drop(sensor)
  }

  /** Ends the sampling of a sensor. */
  stop(sensor: LiveSensor<unknown>): void {
    this.samplers.get(sensor)?.stop()
    this.samplers.delete(sensor)
    this.latest?.drop(sensor)
  }

  /** Reports a reading: `#sensor-status`, formatted once for all clients of a dialect (Rev 5.1 §7.3). */
  report(sensor: LiveSensor<unknown>, reading: Reading<unknown>): void {
    const { client, latest } = this
    if (!client.alive) return
    if (this.settingUp) client.writeStatus(sensor, reading)
    else if (latest?.hold(sensor, reading)) return
    else if (reading === sensor.reading && sensor.isShared) client.send(sensor.statusLine(client.dialect))
    // for one client alone it is written where it goes out from
    else if (client.accepts(0)) client.writeStatus(sensor, reading)
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
