import type { Reading } from "../Sensor/index.ts"
import { Timer } from "./Agenda.ts"
import * as Machine from "./Machine.ts"
import type { Strategy, StrategyFor } from "./strategy/Strategy.ts"
import type { Timers } from "./Timers.ts"

/**
 * An object that can be sampled: a live sensor, or anything with a reading and observers.
 *
 * @category models
 * @since 0.1.0
 */
export interface Source<out A> {
  /** Its type, its equality, and the meaning of `auto`. */
  readonly definition: Machine.Sampled
  /** The current reading. */
  readonly reading: Reading<A>
  /** `true` if there will be no further reading. */
  readonly ended: boolean
  /** @internal `true` if observers get the previous reading as well, and values that equal a third one are equal */
  readonly exact?: boolean | undefined
  /** Adds an observer, which receives every new reading at once and in order, and the end. */
  attach(observer: { readonly update: (reading: Reading<A>) => void; readonly ended: () => void }): void
  /** Removes an observer. Does nothing if it is not attached. */
  detach(observer: { readonly update: (reading: Reading<A>) => void; readonly ended: () => void }): void
}

/**
 * The receiver of reports. One serves all samplers of a client.
 *
 * @category models
 * @since 0.1.0
 */
export interface Receiver<in S extends Source<unknown>> {
  /** The timers of the samplers, shared by all of a server. */
  readonly timers: Timers
  /**
   * Receives a report, synchronously: during `start`, while the sensor is set, or from a timer. An exception reaches
   * the code that set the sensor or started the sampler. An exception in a report from a timer is logged. The sampler
   * continues.
   */
  readonly report: (sensor: S, reading: Reading<unknown>) => void
  /** Called when the sensor was removed or replaced and the sampler has stopped (P-235). Not called after `stop`. */
  readonly ended?: ((sensor: S) => void) | undefined
}

/** The timer of one sampler. A separate object, because most samplers need no timer. */
class WakeUp extends Timer {
  private readonly sampler: { wake(now: number): void }

  constructor(sampler: { wake(now: number): void }) {
    super()
    this.sampler = sampler
  }

  wake(now: number): void {
    this.sampler.wake(now)
  }
}

/**
 * One sensor sampled by one strategy for one receiver (Rev 5.1 §7.1). Creation checks that the strategy fits. After
 * `start` it reports at once, and then by the strategy, until it is stopped or the sensor ends.
 *
 * @category models
 * @since 0.1.0
 */
export class Sampler<out S extends Source<unknown>> {
  readonly sensor: S
  /** The strategy as it was set: `auto` even if the sensor's `autoStrategy` replaces it. */
  readonly strategy: Strategy
  private readonly receiver: Receiver<Source<unknown>>
  private readonly machine: Machine.Machine
  private wakeUp: WakeUp | undefined = undefined
  private running = false

  private constructor(sensor: S, strategy: Strategy, receiver: Receiver<S>) {
    this.sensor = sensor
    this.strategy = strategy
    this.receiver = receiver as Receiver<Source<unknown>>
    this.machine = Machine.forSampler(strategy, sensor.definition, sensor.exact === true)
  }

  /**
   * Creates a sampler that is not started. Throws a `TypeError` for a strategy that is invalid, or invalid for this
   * sensor. Results of `Strategy.parse` for the sensor are valid, unless the sensor's `autoStrategy` is invalid.
   */
  static make<S extends Source<unknown>>(
    sensor: S,
    strategy: StrategyFor<S["reading"]["value"]>,
    receiver: Receiver<S>
  ): Sampler<S> {
    return new Sampler(sensor, strategy, receiver)
  }

  /** `true` if it was started and has neither been stopped nor ended. */
  get active(): boolean {
    return this.running
  }

  /** `true` if a change waits for the shortest time. */
  get holds(): boolean {
    return this.running && this.machine.holds
  }

  /**
   * Reports the current reading, unless the strategy is `none`, and starts. If the sensor has ended, the sampler ends.
   */
  start(): void {
    if (this.running) return
    const { machine, receiver, sensor } = this
    if (sensor.ended) return receiver.ended?.(sensor)
    this.running = true
    const { reading } = sensor
    const reports = machine.timed ? this.startTimed(reading) : machine.begin(reading, 0)
    sensor.attach(this)
    if (reports) receiver.report(sensor, reading)
  }

  private startTimed(reading: Reading<unknown>): boolean {
    const { machine } = this
    const { timers } = this.receiver
    const now = timers.now()
    const reports = machine.begin(reading, now, machine.listens ? 0 : timers.stagger(now))
    this.wakeUp = new WakeUp(this)
    timers.set(this.wakeUp, machine.due)
    return reports
  }

  /** Stops all reports and releases all resources. */
  stop(): void {
    if (!this.running) return
    this.sensor.detach(this)
    this.end()
  }

  /** @internal called with a new reading of the sensor */
  update(reading: Reading<unknown>, previous?: Reading<unknown>): void {
    const { machine, receiver, wakeUp } = this
    if (machine === Machine.event) {
      if (Machine.isEvent(this.sensor.definition, previous!, reading)) receiver.report(this.sensor, reading)
    } else if (wakeUp === undefined) {
      if (machine.offer(reading, 0)) receiver.report(this.sensor, reading)
    } else if (machine.listens) {
      const { timers } = receiver
      const reports = machine.offer(reading, timers.now())
      timers.wakeEarlier(wakeUp, machine.due)
      if (reports) receiver.report(this.sensor, reading)
    }
  }

  /** @internal called when the sensor was removed or replaced */
  ended(): void {
    if (!this.running) return
    this.end()
    this.receiver.ended?.(this.sensor)
  }

  /** @internal called by the timer */
  wake(now: number): void {
    const { machine, receiver, sensor } = this
    const { reading } = sensor
    const reports = machine.wake(reading, now)
    receiver.timers.set(this.wakeUp!, machine.due)
    if (reports) receiver.report(sensor, reading)
  }

  private end(): void {
    this.running = false
    if (this.wakeUp !== undefined) this.receiver.timers.cancel(this.wakeUp)
    this.wakeUp = undefined
  }
}
