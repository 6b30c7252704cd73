import type { LiveSensor } from "../LiveSensor.ts"
import type { Observer } from "../observers.ts"
import type { Reading } from "../Reading.ts"
import type { Inputs, Subscription } from "./source.ts"

/** A listener for inputs and their readings. */
export interface Follower<in In> {
  /** Called when an input was added. */
  added(input: Input<In>): void
  /** Called when an input has a new reading. */
  updated(input: Input<In>, previous: Reading<In>): void
  /** Called when an input was removed. Its reading is the last reported one. */
  removed(input: Input<In>): void
  /** Called after all inputs that were added or removed together. */
  settled(): void
}

/** A sensor as an input. */
export class Input<out In> implements Observer<unknown> {
  readonly sensor: LiveSensor<In>
  /** The newest reading that the follower received. The sensor may be ahead while it notifies others. */
  reading: Reading<In>
  private readonly following: Following<unknown>

  constructor(sensor: LiveSensor<In>, following: Following<In>) {
    this.sensor = sensor
    this.reading = sensor.reading
    this.following = following as Following<unknown>
  }

  update(reading: Reading<unknown>): void {
    const previous = this.reading
    this.reading = reading as Reading<In>
    this.following.follower.updated(this, previous)
  }

  ended(sensor: LiveSensor<unknown>): void {
    this.following.ended(sensor)
  }
}

/** For each target, the followers that observe sensors for it: the edges of a possible cycle. */
const byTarget = new WeakMap<LiveSensor<unknown>, Set<Following<unknown>>>()

/**
 * Returns `true` if a sensor is the other one or is derived from it, directly or not. Immediate for a sensor that is
 * not derived.
 */
export const dependsOn = (sensor: LiveSensor<unknown>, other: LiveSensor<unknown>): boolean => {
  if (sensor === other) return true
  if (!byTarget.has(sensor)) return false
  const seen = new Set([sensor])
  for (const next of seen) {
    for (const following of byTarget.get(next) ?? []) {
      for (const input of following.inputs.keys()) {
        if (input === other) return true
        if (byTarget.has(input)) seen.add(input)
      }
    }
  }
  return false
}

/**
 * Observes inputs for a follower as they are added and removed. Leaves out inputs that are the target or are derived
 * from it: their updates would never end.
 */
export class Following<in out In> {
  readonly inputs = new Map<LiveSensor<unknown>, Input<In>>()
  readonly follower: Follower<In>
  private readonly source: Inputs<In>
  private readonly target: LiveSensor<unknown> | undefined
  private subscription: Subscription | undefined = undefined

  constructor(source: Inputs<In>, follower: Follower<In>, target?: LiveSensor<unknown>) {
    this.source = source
    this.follower = follower
    this.target = target
  }

  /** `true` if there are as many inputs as required. */
  get isComplete(): boolean {
    return this.inputs.size >= this.source.expected
  }

  start(): void {
    const { target } = this
    if (target !== undefined) {
      const all = byTarget.get(target)
      if (all === undefined) byTarget.set(target, new Set([this as Following<unknown>]))
      else all.add(this as Following<unknown>)
    }
    this.subscription = this.source.follow((added, removed) => {
      for (const sensor of removed) this.remove(sensor)
      for (const sensor of added) this.add(sensor)
      // the initial inputs are reported during the call of follow
      if (this.subscription !== undefined) this.follower.settled()
    })
    this.follower.settled()
  }

  /** Stops following all inputs, without informing the follower. */
  end(): void {
    this.subscription?.end()
    for (const [sensor, input] of this.inputs) sensor.detach(input)
    this.inputs.clear()
    const { target } = this
    const all = target === undefined ? undefined : byTarget.get(target)
    if (all?.delete(this as Following<unknown>) === true && all.size === 0) byTarget.delete(target!)
  }

  ended(sensor: LiveSensor<unknown>): void {
    this.subscription?.ended(sensor)
  }

  private add(sensor: LiveSensor<In>): void {
    const { target } = this
    if (sensor.ended || this.inputs.has(sensor) || (target !== undefined && dependsOn(sensor, target))) return
    const input = new Input(sensor, this)
    this.inputs.set(sensor, input)
    sensor.attach(input)
    this.follower.added(input)
  }

  private remove(sensor: LiveSensor<In>): void {
    const input = this.inputs.get(sensor)
    if (input === undefined) return
    this.inputs.delete(sensor)
    sensor.detach(input)
    this.follower.removed(input)
  }
}
