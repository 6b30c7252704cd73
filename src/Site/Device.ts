import type { AnomalyReport, Client, ClientState, RemoteDevice } from "../Client/index.ts"
import type { RequestDescription } from "../Interface/index.ts"
import type { Protocol } from "../Message/index.ts"
import type { Row } from "./table/Row.ts"

/**
 * The state of a device of a site, as `/healthz`, metrics and a proxy's own sensors show it.
 *
 * @category models
 * @since 0.1.0
 */
export interface DeviceHealth {
  /** The name of the device. */
  readonly device: string
  /** The dialled address; undefined if neither the options nor the Socket have one. */
  readonly address: string | undefined
  /** The state of its client. */
  readonly state: ClientState["_tag"]
  /** `true` if requests can be made. */
  readonly connected: boolean
  /** `true` if everything that the site needs of the device is known and subscribed. */
  readonly synced: boolean
  /** The time since when it is connected, or not connected, in seconds since 1970. */
  readonly since: number
  /** The time of the last synchronization, in seconds since 1970; undefined before the first. */
  readonly syncedAt: number | undefined
  /** The reason why it is not connected or cannot be inspected, for people; undefined without a fault. */
  readonly error: string | undefined
  /** Its protocol, or that of the last connection. */
  readonly protocol: Protocol | undefined
  /** The number of lost connections. */
  readonly losses: number
  /** The number of its sensors in the table. */
  readonly sensors: number
  /** The number of sensors that were refused because the table was full. */
  readonly refused: number
  /** The number of received readings. */
  readonly readings: number
  /**
   * The delay from the time of the last change of a sensor to its arrival, in seconds. Clocks that differ show here.
   * The readings of a synchronization do not count, because sensors may not have changed for long: it is undefined
   * until a sensor changes.
   */
  readonly lag: number | undefined
  /** Counts of malformed or unexpected input, by kind: bad lines, bad readings, refused strategies, … */
  readonly anomalies: AnomalyReport["counts"]
}

/**
 * The client of a device, as far as every site has one. A device at another runner of a fleet is reached through that
 * runner's proxy.
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
    | "onInform"
    | "sensorNamed"
    | "inspectSensors"
    | "state"
    | "protocol"
    | "dialect"
    | "isConnected"
  > {
  /** @internal see `Client.relay` */
  readonly relay: Client<never, never>["relay"]
  /** See `Client.watch`. Undefined if the device is at another runner: read the table instead. */
  readonly watch?: Client<never, never>["watch"] | undefined
  /** The requests of the device, and their timeout hints, in seconds. */
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
  /** A description for people. */
  readonly description: string
  /** Its client, for everything else. It lives as long as the device is in the site. */
  readonly client: DeviceClient
  /** Its current state. */
  readonly health: DeviceHealth
  /** Grows with each change of its state, its requests or its client. */
  readonly revision: number
  /** Its rows in the table, in the order of their addition. */
  readonly rows: Iterable<Row>
  /** Its requests, with their help. */
  readonly requests: ReadonlyMap<string, string>
  /** The number of its sensors by status code, as its runner reports it. Undefined: use the rows in the table. */
  readonly counts?: ReadonlyArray<number> | undefined
  /** The ids of the proxies on the way to it, separated by spaces. Undefined: it is dialled directly. */
  readonly through?: string | undefined
  /**
   * The requests of its contract by name: types of arguments, and roles. Undefined: the site has no contract for it.
   */
  readonly described?: ReadonlyMap<string, RequestDescription> | undefined
}
