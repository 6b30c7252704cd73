import { type Receiver, Sampler, Strategy, type Timers } from "../Sampling/index.ts"
import type { LiveSensor, Reading } from "../Sensor/index.ts"

/**
 * What one client has asked to be told of: a strategy for each sensor (Rev 5.1 §7.1, §8). It ends with the client, and
 * for a sensor when that is removed or replaced; a new one of the same name begins at `none` (P-235).
 */
export class ClientSampling implements Receiver<LiveSensor<unknown>> {
  readonly timers: Timers
  readonly report: (sensor: LiveSensor<unknown>, reading: Reading<unknown>) => void
  private readonly samplers = new Map<LiveSensor<unknown>, Sampler<LiveSensor<unknown>>>()

  constructor(timers: Timers, report: (sensor: LiveSensor<unknown>, reading: Reading<unknown>) => void) {
    this.timers = timers
    this.report = report
  }

  /** The strategy that was set; `none` where there is none. */
  strategyOf(sensor: LiveSensor<unknown>): Strategy.Strategy {
    return this.samplers.get(sensor)?.strategy ?? Strategy.none
  }

  /** Sets a strategy that fits the sensor, in place of the one before: the present reading is reported at once. */
  set(sensor: LiveSensor<unknown>, strategy: Strategy.Strategy): void {
    this.samplers.get(sensor)?.stop()
    this.samplers.delete(sensor)
    if (strategy._tag === "None" || sensor.ended) return
    const sampler = Sampler.make(sensor, strategy, this)
    this.samplers.set(sensor, sampler)
    sampler.start()
  }

  /** Ends all sampling. */
  clear(): void {
    for (const sampler of this.samplers.values()) sampler.stop()
    this.samplers.clear()
  }

  /** The sensor was removed or replaced. */
  ended(sensor: LiveSensor<unknown>): void {
    this.samplers.delete(sensor)
  }
}
