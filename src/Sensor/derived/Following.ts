import type { LiveSensor } from "../LiveSensor.ts"
import type { Observer } from "../observers.ts"
import type { Reading } from "../Reading.ts"
import type { Inputs, Subscription } from "./source.ts"

/** Is told of inputs and of their readings. */
export interface Follower<in In> {
  /** An input has come. */
  added(input: Input<In>): void
  /** An input has a new reading. */
  updated(input: Input<In>, previous: Reading<In>): void
  /** An input is gone. Its reading is the last that was told. */
  removed(input: Input<In>): void
  /** All of those that came and went together have been told. */
  settled(): void
}

/** A sensor as an input of something. */
export class Input<out In> implements Observer<unknown> {
  readonly sensor: LiveSensor<In>
  /** The newest reading that the follower was told of. The sensor itself may be ahead, while it tells others. */
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

/** Who follows sensors on behalf of which sensor: the edges along which a cycle would run. */
const byTarget = new WeakMap<LiveSensor<unknown>, Set<Following<unknown>>>()

/** Whether a sensor is the other one or is derived from it, however indirectly. At once for one that is not derived. */
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
 * Observes inputs as they come and go, for a follower. Where there is a target, inputs that are the target, or are
 * derived from it, are left out: an update would never end.
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

  /** Whether there are as many as there must be. */
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
      // those that are there at the start come with the call of follow
      if (this.subscription !== undefined) this.follower.settled()
    })
    this.follower.settled()
  }

  /** Lets all inputs go; the follower is not told. */
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
