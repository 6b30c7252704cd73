/** The data of a fleet: what is wished, who runs, and who holds what. */

/**
 * A device that the fleet is to hold, as it is wished.
 *
 * @category models
 * @since 0.1.0
 */
export interface Wish {
  /** The name of the device. */
  readonly device: string
  /** The device as the section `devices` of a site file has it, with `${env:NAME}` not yet replaced. */
  readonly section: unknown
  /** Labels for people and for `katcp fleet ls`. */
  readonly labels: Readonly<Record<string, string>>
}

/**
 * A wished device, and the runner that holds it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Placement extends Wish {
  /** The number that decides, together with the name, which shard the device belongs to. A move changes it. */
  readonly salt: number
  /** The runner that is to hold the device, by `katcp fleet move`; `undefined`: any. */
  readonly prefers: string | undefined
  /** The runner that holds the device; `undefined`: none. A runner that was killed is named until another one takes over. */
  readonly runner: string | undefined
  /** The number of the newest activation; 0 if the device was never held. */
  readonly epoch: number
  /** Since when the runner holds the device, in milliseconds since 1970; `undefined` without a runner. */
  readonly since: number | undefined
  /** The state of the device, as its runner told it last: `synced`, `connected`, `away`, `refused`; empty if it told none. */
  readonly state: string
  /** Why the device is away or refused, for people; `undefined` while nothing is wrong. */
  readonly error: string | undefined
}

/**
 * The figures of a runner at its last heartbeat.
 *
 * @category models
 * @since 0.1.0
 */
export interface RunnerFigures {
  /** Devices that the runner holds. */
  readonly devices: number
  /** Devices that are connected. */
  readonly connected: number
  /** Devices whose sensors are all known and sampled. */
  readonly synced: number
  /** Sensors in the runner's table. */
  readonly sensors: number
  /** CPU time over time since the last heartbeat; 1 is a whole core. */
  readonly cpu: number
  /** Resident memory, in bytes. */
  readonly memory: number
  /** The longest delay of the event loop since the last heartbeat, in milliseconds. */
  readonly lag: number
}

/** No figures yet. */
export const noFigures: RunnerFigures = { devices: 0, connected: 0, synced: 0, sensors: 0, cpu: 0, memory: 0, lag: 0 }

/**
 * Where a runner is reached.
 *
 * @category models
 * @since 0.1.0
 */
export interface RunnerAddresses {
  /** `HOST:PORT` of the cluster's messages. */
  readonly cluster: string
  /** `HOST:PORT` of the proxy that serves this runner's own devices to other runners. */
  readonly link: string
  /** The URL of the HTTP listener; `undefined` without one. */
  readonly http: string | undefined
}

/**
 * A runner of a fleet.
 *
 * - `up`: it takes devices.
 * - `draining`: it gives its devices up, and takes none.
 * - `drained`: it has no devices and takes none, but serves as proxy and gateway.
 * - `gone`: it was not heard of for as long as its locks last, or it has ended.
 *
 * @category models
 * @since 0.1.0
 */
export interface RunnerEntry extends RunnerAddresses {
  /** The name of the runner. */
  readonly name: string
  /** A number that grows each time that a runner of this name starts. */
  readonly epoch: number
  readonly state: "up" | "draining" | "drained" | "gone"
  /** `drained` if somebody asked the runner to give up its devices. */
  readonly wanted: "up" | "drained"
  /** Milliseconds since the last heartbeat, by the clock of the database. */
  readonly age: number
  readonly figures: RunnerFigures
}
