import * as Option from "effect/Option"
import type { ClientState } from "../../Client/index.ts"
import type { RequestDescription } from "../../Interface/index.ts"
import { Protocol } from "../../Message/index.ts"
import type * as Sensor from "../../Sensor/index.ts"
import type { DeviceClient, DeviceHealth } from "../../Site/index.ts"
import type { LinkedDefinition } from "./LinkedDefinition.ts"
import type { LinkState } from "./linkState.ts"
import { noAnomalies } from "./noAnomalies.ts"
import type { Source } from "./Source.ts"

/** A sensor of a device that another runner serves. */
export interface LinkedSensor {
  readonly device: LinkedDevice
  readonly definition: LinkedDefinition
  /** `true` while readings are subscribed to. */
  needed: boolean
}

/** The link of a device. */
export interface LinkOfDevice {
  /** The name of the runner. */
  readonly runner: string
  /** `true` while the proxy of the runner answers. */
  readonly isUp: boolean
  /** `true` if all sensors of its devices are known. */
  readonly isComplete: boolean
  /** The reason why it does not answer, for people. */
  readonly error: string | undefined
  /** The time since when it answers or does not, in seconds since 1970. */
  readonly since: number
  readonly path: string
  readonly requestsOf: (device: string) => ReadonlyMap<string, string>
  readonly clientOf: (device: string) => DeviceClient
  readonly need: (served: string) => void
  readonly release: (served: string) => void
}

/** A device that another runner serves. It is a claim as soon as the runner has reported its state. */
export class LinkedDevice implements Source {
  readonly name: string
  readonly isOwn = false
  readonly sensors = new Map<string, LinkedSensor>()
  readonly link: LinkOfDevice
  revision = 0
  private told: LinkState | undefined = undefined
  private protocol: Protocol | undefined = undefined
  private roles: LinkState["roles"] = undefined
  described: ReadonlyMap<string, RequestDescription> | undefined = undefined
  /** The number of readings from the link. */
  readings = 0

  constructor(name: string, link: LinkOfDevice) {
    this.name = name
    this.link = link
  }

  /** The state as the runner has told it; undefined while it has told none. */
  get state(): LinkState | undefined {
    return this.told
  }

  set state(state: LinkState | undefined) {
    this.told = state
    // each text is parsed again: equal roles keep the descriptions that were made of them
    const roles = state?.roles
    if (roles === undefined || this.roles === undefined || !sameRoles(roles, this.roles)) {
      this.roles = roles
      this.described = roles === undefined ? undefined : describe(roles)
    }
    const { protocol } = state ?? {}
    if (protocol !== undefined && protocol !== `${this.protocol}`)
      this.protocol = Option.getOrUndefined(Protocol.parse(protocol))
  }

  get epoch(): number {
    return this.state?.epoch ?? 0
  }

  get client(): DeviceClient {
    return this.link.clientOf(this.name)
  }

  get description(): string {
    return this.state?.description ?? ""
  }

  get requests(): ReadonlyMap<string, string> {
    return this.link.requestsOf(this.name)
  }

  get counts(): ReadonlyArray<number> | undefined {
    // a lost runner has only unreachable sensors
    return this.link.isUp ? this.state?.counts : undefined
  }

  get through(): string {
    return this.link.path
  }

  get isComplete(): boolean {
    return this.link.isComplete
  }

  /** `true` if readings of the device can arrive. */
  get isThere(): boolean {
    return this.link.isUp && this.state?.connected === true
  }

  readonly definitions = (): Iterable<Sensor.Any> => Array.from(this.sensors.values(), ({ definition }) => definition)

  get health(): DeviceHealth {
    const { link, name, state } = this
    const isUp = link.isUp && state !== undefined
    return {
      device: name,
      address: state?.address,
      state: isUp ? (state.state as ClientState["_tag"]) : "Disconnected",
      connected: isUp && state.connected,
      synced: isUp && state.synced,
      since: isUp ? state.since : link.since,
      syncedAt: state?.syncedAt,
      error: isUp
        ? state.error
        : `the runner ${link.runner}, which holds it, cannot be reached${link.error === undefined ? "" : `: ${link.error}`}`,
      protocol: this.protocol,
      losses: state?.losses ?? 0,
      sensors: this.sensors.size,
      refused: 0,
      readings: this.readings,
      lag: undefined,
      anomalies: noAnomalies
    }
  }

  need(sensor: string): void {
    const found = this.sensors.get(sensor)
    if (found === undefined || found.needed) return
    found.needed = true
    this.link.need(`${this.name}.${sensor}`)
  }

  release(sensor: string): void {
    const found = this.sensors.get(sensor)
    if (found?.needed !== true) return
    found.needed = false
    this.link.release(`${this.name}.${sensor}`)
  }
}

type Roles = NonNullable<LinkState["roles"]>

const sameRoles = (some: Roles, others: Roles): boolean => {
  const names = Object.keys(some)
  return names.length === Object.keys(others).length && names.every((name) => some[name] === others[name])
}

/** Descriptions of requests that have only roles. */
const describe = (roles: Roles): ReadonlyMap<string, RequestDescription> =>
  new Map(Object.entries(roles).map(([name, role]) => [name, { kind: "raw", name, doc: "", usage: "", role }]))
