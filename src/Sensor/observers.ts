import type { LiveSensor } from "./LiveSensor.ts"
import type { Reading } from "./Reading.ts"

/**
 * A receiver of every reading of a sensor, at once and in order. One object can observe many sensors.
 *
 * @category models
 * @since 0.1.0
 */
export interface Observer<in A> {
  /** Called with each new reading. Not called for the reading at the time of attaching. */
  readonly update: (reading: Reading<A>, previous: Reading<A>, sensor: LiveSensor<unknown>) => void
  /** Called when the sensor was removed from its set or replaced by another. Nothing is called afterwards. */
  readonly ended?: ((sensor: LiveSensor<unknown>) => void) | undefined
}

/** A reading that an observer set during a notification. */
interface Waiting {
  readonly reading: Reading<unknown>
  readonly previous: Reading<unknown>
  /** The observers when it was set: any added since have seen it already. */
  readonly list: ReadonlyArray<Observer<unknown>>
}

/** A thrown value, wrapped, because it may be `undefined`. */
interface Failure {
  readonly thrown: unknown
}

/** The observers of a sensor. Exists only while there are some. */
export class Observers {
  private list: Array<Observer<unknown>>
  private notifying = false
  /** Readings that observers set during a notification. */
  private waiting: Array<Waiting> | undefined = undefined

  constructor(first: Observer<unknown>) {
    this.list = [first]
  }

  get size(): number {
    return this.list.length
  }

  /** `true` while observers are notified of a reading. */
  get notifies(): boolean {
    return this.notifying
  }

  /** `true` if it is no longer needed. */
  get isIdle(): boolean {
    return this.list.length === 0 && !this.notifying
  }

  add(observer: Observer<unknown>): void {
    // a round uses the list it began with
    if (this.notifying) this.list = this.list.slice()
    this.list.push(observer)
  }

  remove(observer: Observer<unknown>): void {
    const at = this.list.indexOf(observer)
    if (at === -1) return
    if (this.notifying) this.list = this.list.slice()
    this.list.splice(at, 1)
  }

  /** Notifies all observers. An exception of one does not stop the others: it is thrown after all have run. */
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
    // the last one may have left while it was called
    if (this.list.length === 0) sensor.unobserved(this)
    if (failure !== undefined) throw failure.thrown
  }

  /** Notifies all observers that the sensor has ended, and removes them. */
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
      // an observer that another removed in this round is not called any more
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
