import type { LiveSensor } from "./LiveSensor.ts"
import type { Reading } from "./Reading.ts"

/**
 * What is told of every reading of a sensor, at once and in order. One object can observe many sensors.
 *
 * @category models
 * @since 0.1.0
 */
export interface Observer<in A> {
  /** There is a new reading. Not called for the one that was there when the observer came. */
  readonly update: (reading: Reading<A>, previous: Reading<A>, sensor: LiveSensor<unknown>) => void
  /** The sensor was removed from its set, or replaced by another: nothing more will be told. */
  readonly ended?: ((sensor: LiveSensor<unknown>) => void) | undefined
}

/** A reading that an observer set while observers were told of another. */
interface Waiting {
  readonly reading: Reading<unknown>
  readonly previous: Reading<unknown>
  /** The observers when it was set. Those that came later have seen it already. */
  readonly list: ReadonlyArray<Observer<unknown>>
}

/** Something was thrown. Apart from undefined, since anything can be thrown. */
interface Failure {
  readonly thrown: unknown
}

/** The observers of a sensor. Exists only while there are some. */
export class Observers {
  private list: Array<Observer<unknown>>
  private notifying = false
  private waiting: Array<Waiting> | undefined = undefined

  constructor(first: Observer<unknown>) {
    this.list = [first]
  }

  get size(): number {
    return this.list.length
  }

  /** Whether it is to be kept no longer. */
  get isIdle(): boolean {
    return this.list.length === 0 && !this.notifying
  }

  add(observer: Observer<unknown>): void {
    // a round goes over the list that it began with
    if (this.notifying) this.list = this.list.slice()
    this.list.push(observer)
  }

  remove(observer: Observer<unknown>): void {
    const at = this.list.indexOf(observer)
    if (at === -1) return
    if (this.notifying) this.list = this.list.slice()
    this.list.splice(at, 1)
  }

  /** Tells all observers. One that throws holds up no other; what it threw is thrown when all have been told. */
  update(reading: Reading<unknown>, previous: Reading<unknown>, sensor: LiveSensor<unknown>): void {
    if (this.notifying) {
      ;(this.waiting ??= []).push({ reading, previous, list: this.list })
      return
    }
    this.notifying = true
    let failure = this.round({ reading, previous, list: this.list }, sensor, undefined)
    while (this.waiting !== undefined) {
      const { waiting } = this
      this.waiting = undefined
      for (const next of waiting) failure = this.round(next, sensor, failure)
    }
    this.notifying = false
    if (failure !== undefined) throw failure.thrown
  }

  /** Tells all observers that the sensor has ended, and forgets them. */
  end(sensor: LiveSensor<unknown>): void {
    const { list } = this
    this.list = []
    let failure: Failure | undefined
    for (const observer of list) {
      try {
        observer.ended?.(sensor)
      } catch (thrown) {
        failure ??= { thrown }
      }
    }
    if (failure !== undefined) throw failure.thrown
  }

  private round(
    { list, previous, reading }: Waiting,
    sensor: LiveSensor<unknown>,
    before: Failure | undefined
  ): Failure | undefined {
    let failure = before
    for (let at = 0; at < list.length; at++) {
      const observer = list[at]!
      // one that was removed since then hears nothing any more
      if (list !== this.list && !this.list.includes(observer)) continue
      try {
        observer.update(reading, previous, sensor)
      } catch (thrown) {
        failure ??= { thrown }
      }
    }
    return failure
  }
}
