import { type Receiver, Sampler, Strategy, type Timers } from "../Sampling/index.ts"
import type { LiveSensor, Reading } from "../Sensor/index.ts"
import { LatestReadings } from "./LatestReadings.ts"
import type { Outgoing } from "./Outgoing.ts"

export type ClientSampler = Sampler<LiveSensor<unknown>>

/**
 * What one client has asked to be told of: a strategy for each sensor (Rev 5.1 §7.1, §8). It ends with the client, and
 * for a sensor when that is removed or replaced; a new one of the same name begins at `none` (P-235).
 */
export class ClientSampling implements Receiver<LiveSensor<unknown>> {
  readonly timers: Timers
  private readonly client: Outgoing
  /** Where the readings wait that a slow client can do without; undefined where it is disconnected instead. */
  private readonly latest: LatestReadings | undefined
  private samplers = new Map<LiveSensor<unknown>, ClientSampler>()
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

  /** What is to be started with {@link start}, for a strategy that fits the sensor. */
  make(sensor: LiveSensor<unknown>, strategy: Strategy.Strategy): ClientSampler {
    return Sampler.make(sensor, strategy, this)
  }

  /** Has samplers that are to be started, where there are none that they could replace. Whether it has them. */
  adopt(samplers: Map<LiveSensor<unknown>, ClientSampler>): boolean {
    if (this.samplers.size > 0) return false
    this.samplers = samplers
    return true
  }

  /**
   * Starts samplers, in place of those before unless they are adopted: the present readings are reported at once. At most
   * so many, and fewer where more than so many bytes wait for the client then; true when there are no more.
   */
  start(waiting: Iterator<ClientSampler>, adopted: boolean, most: number, maxBacklog: number): boolean {
    const { client } = this
    this.settingUp = true
    try {
      for (let count = 0; count < most; count++) {
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
