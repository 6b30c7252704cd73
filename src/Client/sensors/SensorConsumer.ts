import { Sampler, Strategy, type Timers } from "../../Sampling/index.ts"
import type { LiveSensor, Reading } from "../../Sensor/index.ts"
import { isLost, isRemote, type RemoteReading } from "./RemoteReading.ts"
import type { Receiver } from "./Want.ts"

/**
 * One consumer of one mirrored sensor. If the wire has the consumer's own strategy, each reading is passed on.
 * Otherwise a sampler selects readings by the consumer's strategy. No reading is passed on before the device has sent
 * one. While the device cannot be reached, only the loss is passed on.
 */
export class SensorConsumer {
  readonly sensor: LiveSensor<unknown>
  readonly strategy: Strategy.Strategy
  private readonly receiver: Receiver
  private readonly timers: Timers
  /** The strategy on the wire. */
  private wire: Strategy.Strategy
  private sampler: Sampler<LiveSensor<unknown>> | undefined = undefined
  private last: RemoteReading<unknown> | undefined = undefined
  private stopped = false

  constructor(
    sensor: LiveSensor<unknown>,
    strategy: Strategy.Strategy,
    wire: Strategy.Strategy,
    receiver: Receiver,
    timers: Timers
  ) {
    this.sensor = sensor
    this.strategy = strategy
    this.wire = wire
    this.receiver = receiver
    this.timers = timers
  }

  /** Starts, and passes on the current reading unless it is `stale`: older than the first want of the sensor. */
  start(stale: Reading<unknown>): void {
    this.receiver.added?.(this.sensor)
    this.sensor.attach(this)
    const { reading } = this.sensor
    if (reading !== stale) this.update(reading)
  }

  stop(): void {
    this.stopped = true
    this.sampler?.stop()
    this.sensor.detach(this)
  }

  /** Stops because the sensor is gone. */
  end(): void {
    this.stop()
    this.receiver.removed?.(this.sensor)
  }

  /** Called when the strategy on the wire changes. */
  retune(wire: Strategy.Strategy): void {
    this.wire = wire
    if (this.direct) this.suspend()
  }

  /** Stops sampling until the next reading. */
  suspend(): void {
    if (this.sampler === undefined || this.stopped) return
    this.sampler.stop()
    this.sampler = undefined
    this.sensor.attach(this)
  }

  /** @internal the sensor has a new reading */
  update(reading: Reading<unknown>): void {
    if (!isRemote(reading) || this.stopped) return
    if (this.direct || isLost(reading)) return this.pass(reading)
    // from now on the sampler receives the readings
    this.sensor.detach(this)
    this.sampler = Sampler.make(this.sensor, this.strategy, {
      timers: this.timers,
      report: (_, sampled) => this.pass(sampled as RemoteReading<unknown>)
    })
    this.sampler.start()
  }

  private get direct(): boolean {
    const { strategy, wire } = this
    // `none` receives the readings that other consumers sample
    return strategy._tag === "Auto" || strategy._tag === "None" || Strategy.same(strategy, wire)
  }

  private pass(reading: RemoteReading<unknown>): void {
    const { last, sensor, strategy } = this
    // after a new subscription the device reports the same reading again
    if (
      strategy._tag === "Event" &&
      last !== undefined &&
      last.status === reading.status &&
      sensor.definition.equals(last.value, reading.value)
    )
      return
    this.last = reading
    this.receiver.reading(sensor, reading)
  }
}
