/**
 * The state of one page: its subscriptions, their sensors that have changed, and the frame that waits for an
 * acknowledgement.
 *
 * A view has no clock, no queue and no socket: it receives the changes and the time, and returns the next frame. It has
 * one object for each subscribed sensor, regardless of the load: a sensor that changes twice before a frame is one
 * mark. For removed sensors it keeps the index, at most as many as were sent to the page.
 *
 * States of a sensor in a view: watched → sent (a frame had its meta) → dropped (the next frame's `gone` has its
 * index). `ViewDevices.ts` has the devices.
 */
import type { LiveSensor } from "./LiveSensors.ts"
import type { LiveTarget } from "./targets.ts"
import { ViewDevices } from "./ViewDevices.ts"

/**
 * The size of the first frame, in characters: sensors beyond it come in the next one. A subscription begins with small
 * frames for a fast first paint, and each frame has at most twice the size of the one before. Not measured: some 500
 * sensors with their definitions.
 */
const firstSize = 65_536
/** The size of the largest frame. Not measured: some 2,500 sensors with their definitions. */
const frameSize = 262_144
/** A subscription of a page. */
export interface Subscription {
  readonly id: number
  readonly view: View
  readonly targets: ReadonlyArray<LiveTarget>
  /** The shortest time between two frames with its readings, in milliseconds. */
  readonly period: number
  /** Its sensors that have changed, the oldest mark first. */
  readonly dirty: Set<Watched>
  /** The earliest time of the next frame with its readings. */
  next: number
}

/** A sensor that a page has subscribed to. */
export class Watched {
  readonly view: View
  readonly sensor: LiveSensor
  /** The subscriptions that have it. The fastest one decides when its readings are sent. */
  readonly subscriptions: Array<Subscription>
  fastest: Subscription
  /** `true` if the page knows its definition. */
  told = false
  /** The number of the sensor's readings when the page last received one. */
  seen: number

  constructor(view: View, sensor: LiveSensor, subscription: Subscription) {
    this.view = view
    this.sensor = sensor
    this.subscriptions = [subscription]
    this.fastest = subscription
    // the newest one is still to be sent
    this.seen = sensor.row.updates - 1
  }

  /** Marks the sensor as changed. */
  mark(): void {
    this.fastest.dirty.add(this)
  }
}

/** See the top of the file. Times are in milliseconds of a clock that never jumps, unless said otherwise. */
export class View {
  /** The number of data frames that were made. */
  frames = 0
  /** The number of readings that were not sent to the page because newer ones of their sensors had replaced them. */
  skipped = 0
  /** The number of the unacknowledged frame; 0 if the next frame can be sent. */
  unacknowledged = 0
  /** The time since when it waits. */
  waitsSince = 0
  /** The subscriptions by their numbers. */
  readonly subscriptions = new Map<number, Subscription>()
  /** All subscriptions, including one that is about to be replaced. */
  readonly all = new Set<Subscription>()
  /** The devices, as known to the page. */
  readonly devices: ViewDevices
  private readonly watched = new Map<LiveSensor, Watched>()
  private gone = new Set<number>()
  private turn = 0
  /** The characters of the next frame. */
  private room = firstSize

  constructor(role: "read" | "control" | "admin") {
    this.devices = new ViewDevices(role)
  }

  /** The number of sensors that the page has subscribed to. */
  get size(): number {
    return this.watched.size
  }

  // ------------------------------------------------------------ subscriptions

  /** Begins a subscription: {@link watch} adds its sensors. An earlier one of the same number is still there. */
  subscribe(id: number, targets: ReadonlyArray<LiveTarget>, maxHz: number): Subscription {
    const subscription = { id, view: this, targets, period: 1000 / maxHz, dirty: new Set<Watched>(), next: 0 }
    this.subscriptions.set(id, subscription)
    this.all.add(subscription)
    this.room = firstSize
    return subscription
  }

  /** Adds a sensor to a subscription. */
  watch(subscription: Subscription, sensor: LiveSensor): void {
    const known = this.watched.get(sensor)
    if (known === undefined) {
      const watched = new Watched(this, sensor, subscription)
      this.watched.set(sensor, watched)
      sensor.watch(watched)
      watched.mark()
    } else if (!known.subscriptions.includes(subscription)) {
      known.subscriptions.push(subscription)
      if (subscription.period < known.fastest.period) this.hand(known, subscription)
    }
  }

  /** Returns `true` if the subscription has the sensor. */
  isWatched(subscription: Subscription, sensor: LiveSensor): boolean {
    return this.watched.get(sensor)?.subscriptions.includes(subscription) === true
  }

  /** Ends a subscription. Sensors without another subscription are removed from the page. */
  end(subscription: Subscription): void {
    if (this.subscriptions.get(subscription.id) === subscription) this.subscriptions.delete(subscription.id)
    this.all.delete(subscription)
    for (const watched of [...this.watched.values()]) {
      const { subscriptions } = watched
      const at = subscriptions.indexOf(subscription)
      if (at === -1) continue
      subscriptions.splice(at, 1)
      const [first, ...others] = subscriptions
      if (first === undefined) this.drop(watched)
      else if (watched.fastest === subscription)
        this.hand(
          watched,
          others.reduce((one, other) => (other.period < one.period ? other : one), first)
        )
    }
  }

  /** Removes a sensor that no longer exists, or has no subscription. */
  drop(watched: Watched): void {
    const { sensor } = watched
    watched.fastest.dirty.delete(watched)
    sensor.unwatch(watched)
    this.watched.delete(sensor)
    if (watched.told) this.gone.add(sensor.index)
  }

  /** Ends everything. */
  close(): void {
    for (const watched of this.watched.values()) watched.sensor.unwatch(watched)
    this.watched.clear()
    this.subscriptions.clear()
    this.all.clear()
    this.gone.clear()
    this.devices.close()
  }

  private hand(watched: Watched, to: Subscription): void {
    const wasDirty = watched.fastest.dirty.delete(watched)
    watched.fastest = to
    if (wasDirty) to.dirty.add(watched)
  }

  // ------------------------------------------------------------ frames

  /** Takes an acknowledgement. Returns its fault for people, if any. An old one changes nothing. */
  acknowledge(n: number): string | undefined {
    if (n === this.unacknowledged) this.unacknowledged = 0
    return n > this.frames || n < 1 ? `ack: there was no data frame ${n}; the newest one is ${this.frames}` : undefined
  }

  /**
   * The time of the next frame, without further events: `Infinity` if there is nothing to send, or if a frame is
   * unacknowledged.
   */
  get due(): number {
    if (this.unacknowledged > 0) return Number.POSITIVE_INFINITY
    if (this.gone.size > 0) return 0
    let { due } = this.devices
    for (const { dirty, next } of this.all) if (dirty.size > 0 && next < due) due = next
    return due
  }

  /** The earliest time of a frame after a change of any sensor. */
  get ready(): number {
    if (this.unacknowledged > 0) return Number.POSITIVE_INFINITY
    let { ready } = this.devices
    for (const { next } of this.all) if (next < ready) ready = next
    return ready
  }

  /**
   * Returns the next frame, or `undefined` if none is due. `time` is in seconds since 1970: pages with the same time
   * share the texts of readings.
   */
  take(now: number, time: number): string | undefined {
    if (this.unacknowledged > 0) return undefined
    const parts: Array<string> = []
    if (this.gone.size > 0) {
      parts.push(`"gone":[${[...this.gone].join(",")}]`)
      this.gone = new Set()
    }
    this.takeReadings(parts, now, time)
    this.devices.take(parts, now)
    if (parts.length === 0) return undefined
    this.frames++
    this.unacknowledged = this.frames
    this.waitsSince = now
    return `{"n":${this.frames},"time":${time},${parts.join(",")}}`
  }

  private takeReadings(parts: Array<string>, now: number, time: number): void {
    const meta: Array<string> = []
    const readings: Array<string> = []
    let room = this.room
    // rotate the first one, for fairness between subscriptions
    const all = [...this.all]
    const first = this.turn++
    for (let at = 0; at < all.length && room > 0; at++) {
      const subscription = all[(first + at) % all.length]!
      const { dirty } = subscription
      if (subscription.next > now || dirty.size === 0) continue
      for (const watched of dirty) {
        if (room <= 0) break
        dirty.delete(watched)
        const { sensor } = watched
        if (!watched.told) {
          watched.told = true
          const text = sensor.meta
          room -= text.length
          meta.push(text)
        }
        const { updates } = sensor.row
        if (updates > watched.seen + 1) this.skipped += updates - watched.seen - 1
        watched.seen = updates
        const text = sensor.reading(time)
        room -= text.length
        readings.push(text)
      }
      // the rest is sent as soon as the page is ready for it
      if (dirty.size === 0) subscription.next = now + subscription.period
    }
    if (room <= 0) this.room = Math.min(frameSize, 2 * this.room)
    if (meta.length > 0) parts.push(`"meta":[${meta.join(",")}]`)
    if (readings.length > 0) parts.push(`"d":[${readings.join(",")}]`)
  }
}
