import { Machine, type Strategy } from "../../Sampling/index.ts"
import type { LiveSensor, Reading } from "../../Sensor/index.ts"

/** The receiver of reports. */
interface Receiver {
  readonly report: (sensor: LiveSensor<unknown>, reading: Reading<unknown>) => void
  readonly ended: (sensor: LiveSensor<unknown>) => void
}

/**
 * Samples any number of sensors for one client by one strategy that needs no state. A hundred clients that sample a
 * thousand sensors each then need no object for each of the 100,000 pairs, which V8 would copy in its next collections
 * (measured: 52 bytes for each pair instead of 126).
 */
export class SharedSampler {
  /** The strategy as it was set: `auto` even if the sensor's `autoStrategy` replaces it. */
  readonly strategy: Strategy.Strategy
  /** Decides for all of its sensors. */
  readonly machine: Machine.Machine
  private readonly receiver: Receiver

  constructor(strategy: Strategy.Strategy, machine: Machine.Machine, receiver: Receiver) {
    this.strategy = strategy
    this.machine = machine
    this.receiver = receiver
  }

  /** Reports the current reading of a sensor, unless the strategy is `none`, and observes it. */
  start(sensor: LiveSensor<unknown>): void {
    const { machine, receiver } = this
    if (sensor.ended) return receiver.ended(sensor)
    const { reading } = sensor
    sensor.attach(this)
    if (machine.begin(reading, 0)) receiver.report(sensor, reading)
  }

  /** Stops the reports of a sensor. */
  stop(sensor: LiveSensor<unknown>): void {
    sensor.detach(this)
  }

  /** Called with a new reading of a sensor. */
  update(reading: Reading<unknown>, previous: Reading<unknown>, sensor: LiveSensor<unknown>): void {
    if (Machine.reportsNext(this.machine, sensor.definition, previous, reading)) this.receiver.report(sensor, reading)
  }

  /** Called when a sensor was removed or replaced. */
  ended(sensor: LiveSensor<unknown>): void {
    this.receiver.ended(sensor)
  }
}
