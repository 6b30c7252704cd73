import type { DeviceClient, DeviceHealth, Row, SiteDevice, Table } from "../../Site/index.ts"
import { AbsentClient } from "./AbsentClient.ts"
import { noAnomalies } from "./noAnomalies.ts"
import type { Source } from "./Source.ts"

/** The reason why no runner holds a device, for people. */
const unheld = (runner: string | undefined): string =>
  runner === undefined ? "no runner holds it yet" : `its runner ${runner} has gone; another one will take it over`

/**
 * A device of the fleet, the same at every runner: with the data of the runner that holds it. Its rows outlive its
 * runners.
 */
export class ViewDevice implements SiteDevice {
  readonly name: string
  source: Source | undefined = undefined
  /** The rows that the current runner has not listed, each with the time since when, in milliseconds. */
  readonly unconfirmed = new Map<Row, number>()
  /** The runner that the directory names, for people. */
  runner: string | undefined = undefined
  private readonly table: Table
  private readonly absent: AbsentClient
  private base = 0
  private since: number
  private last: DeviceHealth | undefined = undefined

  constructor(name: string, table: Table, now: number) {
    this.name = name
    this.table = table
    this.absent = new AbsentClient(name, () => this.health.error ?? "")
    this.since = now
  }

  /** Another runner, or none, holds the device from now on; `now` is in seconds since 1970. */
  setSource(source: Source | undefined, now: number): void {
    const former = this.revision
    if (this.source !== undefined) this.last = this.source.health
    this.source = source
    this.since = now
    this.base = former + 1 - (source?.revision ?? 0)
  }

  get client(): DeviceClient {
    return this.source?.client ?? this.absent
  }

  get revision(): number {
    return this.base + (this.source?.revision ?? 0)
  }

  get description(): string {
    return this.source?.description ?? ""
  }

  get requests(): ReadonlyMap<string, string> {
    return this.source?.requests ?? this.absent.device.requests
  }

  get described(): SiteDevice["described"] {
    return this.source?.described
  }

  get counts(): ReadonlyArray<number> | undefined {
    return this.source?.counts
  }

  get through(): string | undefined {
    return this.source === undefined ? "" : this.source.through
  }

  get rows(): Iterable<Row> {
    return this.table.of(this.name)
  }

  get health(): DeviceHealth {
    const { last, name, runner, since, source, table } = this
    const sensors = table.sizeOf(name)
    if (source !== undefined) return { ...source.health, sensors }
    return {
      device: name,
      address: last?.address,
      state: "Disconnected",
      connected: false,
      synced: false,
      since,
      syncedAt: last?.syncedAt,
      error: unheld(runner),
      protocol: last?.protocol,
      losses: last?.losses ?? 0,
      sensors,
      refused: 0,
      readings: last?.readings ?? 0,
      lag: undefined,
      anomalies: last?.anomalies ?? noAnomalies
    }
  }
}
