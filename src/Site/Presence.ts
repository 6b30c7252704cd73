import type { ClientEvent, WireReading } from "../Client/index.ts"

/** The history of the connection to a device, for its health. Times are in seconds since 1970. */
export class Presence {
  connected = false
  /** When it was connected, or lost. */
  since: number
  /** When it was last synchronized. */
  syncedAt: number | undefined = undefined
  /** The reason why it is away, or is not synchronized. */
  error: string | undefined = undefined
  losses = 0
  readings = 0
  /** The time between the last change of a sensor and its arrival, in seconds. */
  lag: number | undefined = undefined
  /** `true` from the synchronization of a connection to its end: readings are changes from then on. */
  private isFollowed = false

  constructor(now: number) {
    this.since = now
  }

  /** Records an event of the client. */
  note(event: ClientEvent, now: number): void {
    const { _tag: what } = event
    if (what === "Connected" || what === "Disconnected" || what === "Closed") this.isFollowed = false
    if (what === "Connected") {
      this.connected = true
      this.since = now
      this.error = undefined
    } else if (what === "Synced") {
      this.error = undefined
      this.syncedAt = now
      this.isFollowed = true
    } else if ((what === "Disconnected" || what === "Closed") && this.connected) {
      this.connected = false
      this.since = now
      this.losses++
    }
    if ("reason" in event) this.error = event.reason.message
  }

  /**
   * Records a reading of a sensor. `isFirst`: it is the first of this sensor. First readings, and those during a
   * synchronization, say how long a sensor has not changed: they are not late.
   */
  received(reading: WireReading, isFirst: boolean): void {
    this.readings++
    if (this.isFollowed && !isFirst) this.lag = reading.received - reading.timestamp
  }
}
