import { Sampler, Strategy, type Timers } from "../../Sampling/index.ts"
import type { LiveSensor, Reading } from "../../Sensor/index.ts"
import { isLost, isRemote, type RemoteReading } from "./RemoteReading.ts"
import type { Receiver } from "./Want.ts"

/**
 * What one consumer gets of one mirrored sensor. Where the wire has the consumer's own strategy, all that comes is passed
 * on; else a sampler takes out of it what the consumer wants. Nothing is passed on before the device has sent a reading,
 * and while it cannot be reached only that.
 */
export class SensorConsumer {
  readonly sensor: LiveSensor<unknown>
  readonly strategy: Strategy.Strategy
  private readonly receiver: Receiver
  private readonly timers: Timers
  /** What the wire has. */
  private wire: Strategy.Strategy
  private sampler: Sampler<LiveSensor<unknown>> | undefined = undefined
  private last: RemoteReading<unknown> | undefined = undefined
  private over = false

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

  /** Begins, and passes on the present reading, unless it is one from before anybody wanted the sensor. */
  start(stale: Reading<unknown>): void {
    this.receiver.added?.(this.sensor)
    this.sensor.attach(this)
    const { reading } = this.sensor
    if (reading !== stale) this.update(reading)
  }

  stop(): void {
    this.over = true
    this.sampler?.stop()
    this.sensor.detach(this)
  }

  /** The sensor is gone. */
  end(): void {
    this.stop()
    this.receiver.removed?.(this.sensor)
  }

  /** The wire has another strategy now. */
  retune(wire: Strategy.Strategy): void {
    this.wire = wire
    if (this.direct) this.suspend()
  }

  /** What is sampled waits for the next reading. */
  suspend(): void {
    if (this.sampler === undefined || this.over) return
    this.sampler.stop()
    this.sampler = undefined
    this.sensor.attach(this)
  }

  /** @internal the sensor has a new reading */
  update(reading: Reading<unknown>): void {
    if (!isRemote(reading) || this.over) return
    if (this.direct || isLost(reading)) return this.pass(reading)
    // from the first reading on it is the sampler's affair
    this.sensor.detach(this)
    this.sampler = Sampler.make(this.sensor, this.strategy, {
      timers: this.timers,
      report: (_, sampled) => this.pass(sampled as RemoteReading<unknown>)
    })
    this.sampler.start()
  }

  private get direct(): boolean {
    const { strategy, wire } = this
    // none is for those who take what others have asked for
    return strategy._tag === "Auto" || strategy._tag === "None" || Strategy.same(strategy, wire)
  }

  private pass(reading: RemoteReading<unknown>): void {
    const { last, sensor, strategy } = this
    // what is subscribed to again is reported again
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
