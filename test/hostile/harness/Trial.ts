import type { Target } from "./wire.ts"

/** The counts of a load: `executed`, `closed`, …. */
export type Counts = Readonly<Record<string, number>>

/** A server under trial. */
export interface ServerRun {
  /** Megabytes of resident memory, before the load, at most, and afterwards. */
  readonly before: number
  readonly peak: number
  readonly after: number
  /** The longest time that another client waited for a reply, in milliseconds. */
  readonly wait: number
  /** Open descriptors, before the load, at most, and afterwards. */
  readonly descriptors: readonly [before: number, peak: number, after: number]
  /** Connections of others that the device closed. */
  readonly dropped: number
  /** `true` if the same process still answers. */
  readonly survived: boolean
  /** Lines that the device's process wrote. */
  readonly logged: number
  /** Megabytes after each time that the load was applied. */
  readonly resident: ReadonlyArray<number>
  readonly counts: Counts
}

/** Bounds of a server's row. */
interface Bounds {
  /** Milliseconds. */
  readonly wait?: number
  /** Megabytes above what was there before. */
  readonly peak?: number
  readonly after?: number
}

/**
 * Within these, a row of ours holds even if that of aiokatcp has less. V8 lets its heap grow by some tens of megabytes
 * before it collects, whatever the load; a wait is one turn of the event loop, and what else the machine does meanwhile.
 */
export const enough = { wait: 50, peak: 100, after: 100 } as const satisfies Bounds

/** The device that is needed for a trial. */
export interface DeviceOptions {
  /** Sensors beside those of the example device. */
  readonly sensors?: number
  /** Limit of the heap, in megabytes; only for our device. */
  readonly heap?: number
  /** Limit of open descriptors. */
  readonly descriptors?: number
  /** The address to listen on. Default 127.0.0.1. */
  readonly host?: string
  /** The words that stand before the command: those that run it within a network namespace. */
  readonly within?: ReadonlyArray<string>
  /** Serves one client at a time; only our device. */
  readonly single?: boolean
  /** How it listens. Only our device has other listeners than `tcp`. */
  readonly listener?: "tcp" | "tls" | "webSocket"
  /** Has the process step its wall clock at each SIGUSR2. */
  readonly steps?: boolean
}

/** A trial of a server. */
export interface ServerTrial {
  readonly kind: "server"
  readonly name: string
  /** The load, in words for the table. */
  readonly load: string
  readonly device?: DeviceOptions
  /** `true` for loads that aiokatcp has no counterpart for. */
  readonly oursOnly?: boolean
  /** `true` if the load is meant to end the connections of others, as a restart does. */
  readonly drops?: boolean
  /** How often the load is applied. Default 1. */
  readonly times?: number
  /** Seconds after which the load only waits: others go on meanwhile. By default the load is waited for. */
  readonly attentive?: number
  /** Seconds from the load to the last look at the memory. Default 2. Others go on meanwhile. */
  readonly settle?: number
  /** Bounds that our rows must keep, whatever those of aiokatcp are. See {@link enough} for the others. */
  readonly bounds?: Bounds
  /** Says what is wrong with a run of ours. */
  readonly faults?: (run: ServerRun) => ReadonlyArray<string>
  /** Applies the load. Runs in a process of its own. */
  readonly apply: (target: Target) => Promise<Counts>
}

/** A figure of a trial of a client. */
export interface ClientRun {
  /** By name, in the order in which the table has them. `NaN` is shown as `never`. */
  readonly figures: Counts
}

/** Clients under trial, each started by the trial itself. */
export type ClientName = "katcp" | "aiokatcp"

/** A trial of a client. */
export interface ClientTrial {
  readonly kind: "client"
  readonly name: string
  readonly load: string
  readonly oursOnly?: boolean
  /** `true` if the trial mostly waits: several such trials run at the same time. */
  readonly waits?: boolean
  /** Why the trial cannot be done on this machine, if so. */
  readonly obstacle?: () => string | undefined
  /** The bound that our figures must keep: at most, by name. */
  readonly atMost: Counts
  readonly run: (client: ClientName) => Promise<ClientRun>
}

export type Trial = ServerTrial | ClientTrial
