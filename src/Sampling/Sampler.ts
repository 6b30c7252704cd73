import type { Reading } from "../Sensor/index.ts"
import { Timer } from "./Agenda.ts"
import * as Machine from "./Machine.ts"
import type { Strategy, StrategyFor } from "./strategy/Strategy.ts"
import type { Timers } from "./Timers.ts"

/**
 * What can be sampled: a live sensor, or anything that has a reading and tells of new ones in the same way.
 *
 * @category models
 * @since 0.1.0
 */
export interface Source<out A> {
  /** Its type, when two of its values are the same, and what `auto` stands for with it. */
  readonly definition: Machine.Sampled
  /** The present reading. */
  readonly reading: Reading<A>
  /** Whether there will be no further one. */
  readonly ended: boolean
  /** @internal `true` if observers are told the reading before as well, and values that equal a third one are equal */
  readonly exact?: boolean | undefined
  /** Adds an observer, which is told of every new reading at once and in order, and of the end. */
  attach(observer: { readonly update: (reading: Reading<A>) => void; readonly ended: () => void }): void
  /** Removes an observer; does nothing where it is none. */
  detach(observer: { readonly update: (reading: Reading<A>) => void; readonly ended: () => void }): void
}

/**
 * Who gets the reports. One serves all samplers of a client.
 *
 * @category models
 * @since 0.1.0
 */
export interface Receiver<in S extends Source<unknown>> {
  /** The timers of the samplers: one for all of a server. */
  readonly timers: Timers
  /**
   * A report, called at once: by `start`, from within what sets the sensor, or by the timers. What it throws reaches who
   * set the sensor or started the sampler; where a timer is to blame, it is logged. The sampler goes on.
   */
  readonly report: (sensor: S, reading: Reading<unknown>) => void
  /** The sensor was removed or replaced; the sampler has stopped (P-235). Not called after `stop`. */
  readonly ended?: ((sensor: S) => void) | undefined
}

/** The wake-ups of one sampler. Apart, since most samplers have none. */
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
 * One sensor sampled by one strategy for one receiver (Rev 5.1 §7.1). Made, it has checked that the strategy fits;
 * started, it reports at once, and then as the strategy says, until it is stopped or the sensor ends.
 *
 * @category models
 * @since 0.1.0
 */
export class Sampler<out S extends Source<unknown>> {
  readonly sensor: S
  /** The strategy as it was set: `auto` also where the sensor's `autoStrategy` runs in its place. */
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
   * A sampler that is not started. Throws a `TypeError` for a strategy that makes no sense, or not for this sensor; what
   * `Strategy.parse` gave for it does, unless the `autoStrategy` of the sensor makes none.
   */
  static make<S extends Source<unknown>>(
    sensor: S,
    strategy: StrategyFor<S["reading"]["value"]>,
    receiver: Receiver<S>
  ): Sampler<S> {
    return new Sampler(sensor, strategy, receiver)
  }

  /** Whether it was started, and neither was stopped nor has ended. */
  get active(): boolean {
    return this.running
  }

  /** Whether a change waits for the shortest time to be over. */
  get holds(): boolean {
    return this.running && this.machine.holds
  }

  /** Reports the present reading, unless the strategy is `none`, and begins. If the sensor has ended, so does this. */
  start(): void {
    if (this.running) return
    const { machine, receiver, sensor } = this
    if (sensor.ended) return receiver.ended?.(sensor)
    this.running = true
    const { reading } = sensor
    const reports = machine.begin(reading, machine.timed ? receiver.timers.now() : 0)
    if (machine.timed) {
      this.wakeUp = new WakeUp(this)
      receiver.timers.set(this.wakeUp, machine.due)
    }
    sensor.attach(this)
    if (reports) receiver.report(sensor, reading)
  }

  /** Reports nothing any more, and leaves nothing behind. */
  stop(): void {
    if (!this.running) return
    this.sensor.detach(this)
    this.end()
  }

  /** @internal the sensor has a new reading */
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

  /** @internal the sensor was removed or replaced */
  ended(): void {
    if (!this.running) return
    this.end()
    this.receiver.ended?.(this.sensor)
  }

  /** @internal a time has come */
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
