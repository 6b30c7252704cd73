import { Machine, type Receiver, Sampler, Strategy, type Timers } from "../../Sampling/index.ts"
import type { LiveSensor, Reading } from "../../Sensor/index.ts"
import type { Outgoing } from "../session/Outgoing.ts"
import { LatestReadings } from "./LatestReadings.ts"
import { SharedSampler } from "./SharedSampler.ts"

/** The sampler of a sensor: its own, or one that is shared by all sensors of a client with the same strategy. */
export interface ClientSampler {
  readonly strategy: Strategy.Strategy
  readonly start: (sensor: LiveSensor<unknown>) => void
  readonly stop: (sensor: LiveSensor<unknown>) => void
}

// most clients sample nothing
const noSamplers: ReadonlyArray<SharedSampler> = []

/**
 * The sampling of one client: a strategy for each sensor that it samples (Rev 5.1 §7.1, §8). It ends with the client.
 * For one sensor it ends when the sensor is removed or replaced; a new sensor of the same name begins at `none`
 * (P-235).
 */
export class ClientSampling implements Receiver<LiveSensor<unknown>> {
  readonly timers: Timers
  private readonly client: Outgoing
  /** The newest readings for a slow client; `undefined` if a slow client is disconnected instead. */
  private readonly latest: LatestReadings | undefined
  private samplers = new Map<LiveSensor<unknown>, ClientSampler>()
  /** The samplers of several sensors: at most four, for `none`, `event`, and `auto` in its two meanings. */
  private shared: ReadonlyArray<SharedSampler> = noSamplers
  /** `true` while a strategy is set: the reading reported then does not count against the backlog (P-234). */
  private settingUp = false

  constructor(client: Outgoing) {
    this.timers = client.runtime.timers
    this.client = client
    this.latest = client.runtime.options.slowClient === "conflate" ? new LatestReadings(client) : undefined
  }

  /** The number of sampled sensors. */
  get size(): number {
    return this.samplers.size
  }

  /** Returns the strategy of a sensor, or `none`. */
  strategyOf(sensor: LiveSensor<unknown>): Strategy.Strategy {
    return this.samplers.get(sensor)?.strategy ?? Strategy.none
  }

  /** Returns a sampler for {@link start}. The strategy must fit the sensor. */
  make(sensor: LiveSensor<unknown>, strategy: Strategy.Strategy): ClientSampler {
    const machine = Machine.stateless(strategy, sensor.definition, sensor.exact)
    if (machine === undefined) return Sampler.make(sensor, strategy, this)
    for (const one of this.shared) if (one.machine === machine && one.strategy._tag === strategy._tag) return one
    const sampler = new SharedSampler(strategy, machine, this)
    this.shared = [...this.shared, sampler]
    return sampler
  }

  /**
   * Adopts samplers that have no predecessor to replace. Returns `false`, and adopts none, if there are samplers
   * already.
   */
  adopt(samplers: Map<LiveSensor<unknown>, ClientSampler>): boolean {
    if (this.samplers.size > 0) return false
    this.samplers = samplers
    return true
  }

  /**
   * Starts at most `limit` samplers. They replace their predecessors unless they are adopted. Each reports its current
   * reading at once. Stops early if more than `maxBacklog` bytes wait for the client. Returns `true` when no sampler is
   * left.
   */
  start(
    waiting: Iterator<readonly [LiveSensor<unknown>, ClientSampler]>,
    adopted: boolean,
    limit: number,
    maxBacklog: number
  ): boolean {
    const { client } = this
    this.settingUp = true
    try {
      for (let count = 0; count < limit; count++) {
        const next = waiting.next()
        if (next.done === true || !client.alive) return true
        const [sensor, sampler] = next.value
        if (!adopted) this.replace(sensor, sampler)
        sampler.start(sensor)
        if (client.backlog > maxBacklog) return false
      }
      return false
    } finally {
      this.settingUp = false
    }
  }

  private replace(sensor: LiveSensor<unknown>, sampler: ClientSampler): void {
    this.samplers.get(sensor)?.stop(sensor)
    this.samplers.set(sensor, sampler)
    this.latest?.drop(sensor)
  }

  /** Ends the sampling of a sensor. */
  stop(sensor: LiveSensor<unknown>): void {
    this.samplers.get(sensor)?.stop(sensor)
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
    else {
      // written directly for a single client; its length is known only then
      client.writeStatus(sensor, reading)
      client.accepts(0)
    }
  }

  /** Ends all sampling. */
  clear(): void {
    this.samplers.forEach((sampler, sensor) => {
      sampler.stop(sensor)
    })
    this.samplers.clear()
    this.latest?.clear()
  }

  /** Called when the sensor was removed or replaced. */
  ended(sensor: LiveSensor<unknown>): void {
    this.samplers.delete(sensor)
    // a reading sent now could be mistaken for one of the new sensor
    this.latest?.drop(sensor)
  }
}
