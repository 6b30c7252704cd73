/**
 * The devices of one page: those that it knows, their states and counts that have to be sent again, those that are
 * gone, and the runners of a fleet that are missing. Like a view, it has no clock, no queue and no socket.
 *
 * States of a device: unsent → sent; then its state or its counts may have to be sent again.
 */
import type { LiveDeviceState } from "./LiveDevices.ts"

/**
 * The time between two frames with only the counts of the same device, in milliseconds. Given by the frames'
 * description.
 */
const countsEvery = 1000

/** A device, as known to a page. */
interface Shown {
  readonly device: LiveDeviceState
  /** The names of its requests that were sent to the page. */
  requests: string | undefined
  isDirty: boolean
  recounted: boolean
  /** The earliest time of its next counts. */
  next: number
}

/** See the top of the file. Times are in milliseconds of a clock that never jumps. */
export class ViewDevices {
  private readonly role: "read" | "control" | "admin"
  private readonly shown = new Map<string, Shown>()
  private readonly left = new Set<string>()
  /** The runners that are missing now, and those that were missing in the last frame. */
  private missing: ReadonlyArray<string> = []
  private toldMissing: ReadonlyArray<string> = []

  constructor(role: "read" | "control" | "admin") {
    this.role = role
  }

  /** A device was added, or has changed. */
  changed(device: LiveDeviceState): void {
    const shown = this.shown.get(device.name)
    if (shown?.device === device) shown.isDirty = true
    else this.shown.set(device.name, { device, requests: undefined, isDirty: true, recounted: false, next: 0 })
    this.left.delete(device.name)
  }

  /** The number of a device's sensors by status has changed. */
  recounted(name: string): void {
    const shown = this.shown.get(name)
    if (shown !== undefined) shown.recounted = true
  }

  /** A device was removed. */
  gone(name: string): void {
    const shown = this.shown.get(name)
    if (shown === undefined) return
    this.shown.delete(name)
    if (shown.requests !== undefined) this.left.add(name)
  }

  /** These runners of a fleet are missing now. */
  setMissing(names: ReadonlyArray<string>): void {
    this.missing = names
  }

  /** Forgets everything. */
  close(): void {
    this.shown.clear()
    this.left.clear()
  }

  private get isMissingNew(): boolean {
    const { missing, toldMissing } = this
    return missing.length !== toldMissing.length || missing.some((name, at) => name !== toldMissing[at])
  }

  /** The time of the next frame with devices, without further events: `Infinity` if there is nothing to send. */
  get due(): number {
    if (this.left.size > 0 || this.isMissingNew) return 0
    let due = Number.POSITIVE_INFINITY
    for (const { isDirty, next, recounted } of this.shown.values()) {
      if (isDirty) return 0
      if (recounted && next < due) due = next
    }
    return due
  }

  /** The earliest time of a frame after a change of any sensor. */
  get ready(): number {
    let ready = Number.POSITIVE_INFINITY
    for (const { next } of this.shown.values()) if (next < ready) ready = next
    return ready
  }

  /** Adds the due parts of a frame. */
  take(parts: Array<string>, now: number): void {
    const devices: Array<string> = []
    for (const shown of this.shown.values()) {
      if (!(shown.isDirty || (shown.recounted && shown.next <= now))) continue
      const requests = shown.device.requestsFor(this.role)
      devices.push(shown.device.json(requests === shown.requests ? undefined : requests))
      shown.requests = requests
      shown.isDirty = false
      shown.recounted = false
      shown.next = now + countsEvery
    }
    if (devices.length > 0) parts.push(`"devices":[${devices.join(",")}]`)
    if (this.left.size > 0) {
      parts.push(`"goneDevices":${JSON.stringify([...this.left])}`)
      this.left.clear()
    }
    if (this.isMissingNew) {
      this.toldMissing = this.missing
      parts.push(`"missing":${JSON.stringify(this.missing)}`)
    }
  }
}
