import type { AnomalyReport, Client, ClientState, RemoteDevice } from "../Client/index.ts"
import type { RequestDescription } from "../Interface/index.ts"
import type { Protocol } from "../Message/index.ts"
import type { Row } from "./table/Row.ts"

/**
 * The state of one device of a site: what `/healthz`, metrics and a proxy's own sensors show.
 *
 * @category models
 * @since 0.1.0
 */
export interface DeviceHealth {
  /** The name of the device. */
  readonly device: string
  /** The address that is dialled; undefined if neither options nor Socket tell. */
  readonly address: string | undefined
  /** Where its client is. */
  readonly state: ClientState["_tag"]
  /** `true` if requests can be made. */
  readonly connected: boolean
  /** `true` if all that the site wants of the device is known and subscribed. */
  readonly synced: boolean
  /** Since when it is connected, or not connected, in seconds since 1970. */
  readonly since: number
  /** When it was last synced, in seconds since 1970; undefined if it never was. */
  readonly syncedAt: number | undefined
  /** Why it is not connected, or could not be looked at, for people; undefined while nothing is wrong. */
  readonly error: string | undefined
  /** What it speaks, or spoke when it was last connected. */
  readonly protocol: Protocol | undefined
  /** How often it was lost. */
  readonly losses: number
  /** Its sensors in the table. */
  readonly sensors: number
  /** Sensors that were left out since the table was full. */
  readonly refused: number
  /** Readings that came. */
  readonly readings: number
  /** How long after its time the newest reading came, in seconds; undefined without one. Clocks that differ show here. */
  readonly lag: number | undefined
  /** What came that should not have come, by kind: bad lines, bad readings, refused strategies, … */
  readonly anomalies: AnomalyReport["counts"]
}

/**
 * The client of a device of a site, as far as every site has one: a device that another runner of a fleet holds is reached
 * through that runner's proxy.
 *
 * @category models
 * @since 0.1.0
 */
export interface DeviceClient
  extends Pick<
    Client<never, never>,
    | "call"
    | "callRaw"
    | "callStream"
    | "callRawStream"
    | "relay"
    | "onInform"
    | "sensorNamed"
    | "inspectSensors"
    | "state"
    | "protocol"
    | "dialect"
    | "isConnected"
  > {
  /** See `Client.watch`. Undefined if another runner holds the device: read the table. */
  readonly watch?: Client<never, never>["watch"] | undefined
  /** The requests of the device, and the time-outs that the device gives them, in seconds. */
  readonly device: Pick<RemoteDevice, "requests" | "timeoutHints">
}

/**
 * A device of a site.
 *
 * @category models
 * @since 0.1.0
 */
export interface SiteDevice {
  /** The name of the device within the site. */
  readonly name: string
  /** What it is, for people. */
  readonly description: string
  /** Its client, for what is not here. It lives as long as the device is in the site. */
  readonly client: DeviceClient
  /** Its state now. */
  readonly health: DeviceHealth
  /** Counts the changes of its state, of its requests and of its client: grows with each. */
  readonly revision: number
  /** Its rows in the table, in the order in which they came. */
  readonly rows: Iterable<Row>
  /** The requests that it has, with their help. */
  readonly requests: ReadonlyMap<string, string>
  /** The number of its sensors by status code, as the runner tells that holds it. Undefined: the rows in the table tell. */
  readonly counts?: ReadonlyArray<number> | undefined
  /** The ids of the proxies through which it is reached, separated by spaces. Undefined: it is dialled itself. */
  readonly through?: string | undefined
  /** The requests of its contract by name: types of arguments, and roles. Undefined: the site has no contract of it. */
  readonly described?: ReadonlyMap<string, RequestDescription> | undefined
}
