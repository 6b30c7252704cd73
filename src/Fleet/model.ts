/** The data of a fleet: the wanted devices, the runners, and the placements of devices. */

/**
 * A device that the fleet is to hold.
 *
 * @category models
 * @since 0.1.0
 */
export interface Wish {
  /** The name of the device. */
  readonly device: string
  /** The device in the form of the section `devices` of a site file, before replacing `${env:NAME}`. */
  readonly section: unknown
  /** Labels for people and for `katcp fleet ls`. */
  readonly labels: Readonly<Record<string, string>>
}

/**
 * A wanted device, with the runner that holds it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Placement extends Wish {
  /** The number that, together with the name, decides the shard of the device. A move changes it. */
  readonly salt: number
  /** The preferred runner, set by `katcp fleet move`; `undefined`: any. */
  readonly prefers: string | undefined
  /** The runner that holds the device; `undefined`: none. A killed runner stays until another one takes over. */
  readonly runner: string | undefined
  /** The number of the last activation; 0 if the device was never held. */
  readonly epoch: number
  /** The time since when the runner holds the device, in milliseconds since 1970; `undefined` without a runner. */
  readonly since: number | undefined
  /**
   * The state of the device, as last reported by its runner: `synced`, `connected`, `away`, `refused`; empty before a
   * report.
   */
  readonly state: string
  /** The reason why the device is away or refused, for people; `undefined` without a fault. */
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
 * The addresses of a runner.
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
 * - `draining`: it releases its devices, and takes none.
 * - `drained`: it has no devices and takes none, but serves as proxy and gateway.
 * - `gone`: it sent no heartbeat for the lifetime of its locks, or it has ended.
 *
 * @category models
 * @since 0.1.0
 */
export interface RunnerEntry extends RunnerAddresses {
  /** The name of the runner. */
  readonly name: string
  /** A number that grows with each start of a runner of this name. */
  readonly epoch: number
  readonly state: "up" | "draining" | "drained" | "gone"
  /** `drained` if the runner was requested to release its devices. */
  readonly wanted: "up" | "drained"
  /** Milliseconds since the last heartbeat, by the clock of the database. */
  readonly age: number
  readonly figures: RunnerFigures
}
