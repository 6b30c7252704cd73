import { permits, type Role, roleNeeded } from "../../Interface/index.ts"
import { type Allow, roleOf, type SiteDevice, type SiteShape } from "../../Site/index.ts"
import type { LiveDevice } from "./frames.ts"

type PageRole = Exclude<Role, "none">

/** A request in the allow list. */
interface Allowed {
  readonly name: string
  readonly needed: Role
}

/** The number of each device's sensors by status. */
interface Counts {
  readonly countsOf: (device: string) => ReadonlyArray<number>
}

/** A device in the form for pages. */
export class LiveDeviceState {
  readonly name: string
  private readonly sensors: Counts
  private state: Omit<LiveDevice, "name" | "counts" | "requests"> | undefined = undefined
  private allowed: ReadonlyArray<Allowed> = []
  /** The counts from another runner. */
  private counts: ReadonlyArray<number> | undefined = undefined
  private readonly byRole = new Map<PageRole, string>()

  constructor(name: string, sensors: Counts) {
    this.name = name
    this.sensors = sensors
  }

  /** Updates the state of the device. Returns `true` if anything except the counts has changed. */
  update(device: SiteDevice, allow: Allow.Allow): boolean {
    const { counts, health, name, requests } = device
    const { connected, error, since, state } = health
    const allowed: Array<Allowed> = []
    if (allow.patterns.length > 0)
      for (const request of requests.keys()) {
        const role = roleOf(device, request)
        if (allow.permits(name, request, role))
          allowed.push({ name: request, needed: roleNeeded({ name: request, role }) })
      }
    allowed.sort((one, other) => (one.name < other.name ? -1 : 1))
    const former = this.state
    const isSame =
      former?.state === state &&
      former.connected === connected &&
      former.since === since &&
      former.reason === error &&
      allowed.length === this.allowed.length &&
      allowed.every(({ name, needed }, at) => name === this.allowed[at]!.name && needed === this.allowed[at]!.needed) &&
      (counts === this.counts || counts?.every((count, at) => count === this.counts?.[at]) === true)
    if (isSame) return false
    this.state = { state, connected, since, ...(error === undefined ? {} : { reason: error }) }
    this.allowed = allowed
    this.counts = counts
    this.byRole.clear()
    return true
  }

  /** The names of the requests that a role can make, as JSON. */
  requestsFor(role: PageRole): string {
    let text = this.byRole.get(role)
    if (text === undefined) {
      text = JSON.stringify(this.allowed.filter(({ needed }) => permits(role, needed)).map(({ name }) => name))
      this.byRole.set(role, text)
    }
    return text
  }

  /** The device in a frame. */
  json(requests: string | undefined): string {
    const { name, sensors, state } = this
    const text = JSON.stringify({ name, ...state, counts: this.counts ?? sensors.countsOf(name) })
    return requests === undefined ? text : `${text.slice(0, -1)},"requests":${requests}}`
  }
}

/** The changes of devices. */
export interface DeviceChanges {
  readonly changed: ReadonlyArray<LiveDeviceState>
  readonly gone: ReadonlyArray<string>
}

/** The devices of a site in the form for pages. */
export class LiveDevices {
  /** By name. */
  readonly all = new Map<string, LiveDeviceState>()
  private readonly site: SiteShape
  private readonly sensors: Counts
  private readonly allow: Allow.Allow
  private seen = -1

  constructor(site: SiteShape, sensors: Counts, allow: Allow.Allow) {
    this.site = site
    this.sensors = sensors
    this.allow = allow
  }

  /** The last revision of the site's devices that is known here. */
  get revision(): number {
    return this.seen
  }

  /** `true` if a device has changed. */
  get isBehind(): boolean {
    return this.site.deviceRevision > this.seen
  }

  /** Updates all devices. */
  update(): DeviceChanges {
    const { devices } = this.site
    this.seen = this.site.deviceRevision
    const gone = [...this.all.keys()].filter((name) => !devices.has(name))
    for (const name of gone) this.all.delete(name)
    const changed: Array<LiveDeviceState> = []
    for (const device of devices.values()) {
      let state = this.all.get(device.name)
      if (state === undefined) {
        state = new LiveDeviceState(device.name, this.sensors)
        this.all.set(device.name, state)
      }
      if (state.update(device, this.allow)) changed.push(state)
    }
    return { changed, gone }
  }
}
