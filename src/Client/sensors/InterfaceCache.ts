import * as Effect from "effect/Effect"
import type { KatcpError } from "../../Message/index.ts"
import * as Sensor from "../../Sensor/index.ts"
import type { Core } from "../Core.ts"
import type { Connection } from "../connection/Connection.ts"
import type { Calls } from "../requests/Calls.ts"
import { Inspection } from "./inspect.ts"
import { Changes, Known } from "./Model.ts"
import { type Names, PendingQueries } from "./PendingQueries.ts"

/**
 * Names up to which each is requested by itself, whatever the size of the list. Not measured: 256 queries cost about as
 * much as a list of some thousands.
 */
const fewNames = 256
/**
 * The items of a list that cost as much as a query for one item. Measured with 16,000 sensors: 32 µs of CPU at both ends
 * for a query, and 3.4 µs for an item of the list (medians).
 */
const itemsPerQuery = 10

/** Returns `true` if the list of all items costs less than queries for some of them. */
const isListCheaper = (names: number, known: number): boolean => names > Math.max(fewNames, known / itemsPerQuery)

/** The sensors of interest: all, or some by name. */
export interface Interest {
  readonly everything: boolean
  readonly names: Iterable<string>
  readonly has: (name: string) => boolean
}

/** The answers of one refresh, complete or not. */
export class Refreshed {
  readonly requests = new Changes()
  readonly sensors = new Changes()
  /** The described sensors of those that were queried. */
  described: Array<Sensor.Any> = []
  /** Those that may have been replaced, even with an unchanged description. */
  readonly replaced: Names

  constructor(replaced: Names) {
    this.replaced = replaced
  }
}

/** The known part of a device's interface, and the queries that bring it up to date. */
export class InterfaceCache {
  readonly sensors = new Known<Sensor.Any>(Sensor.sameDescription)
  readonly requests = new Known<string>((one, other) => one === other)
  pending = new PendingQueries()
  /** `true` while the list of all sensors is being requested. */
  listing = false
  private refreshing = false
  private readonly core: Core
  readonly sensorInspection: Inspection<Sensor.Any>
  readonly requestInspection: Inspection<string>

  constructor(core: Core, calls: Calls) {
    this.core = core
    this.sensorInspection = Inspection.sensors(core, calls)
    this.requestInspection = Inspection.requests(core, calls)
  }

  /** `true` if there are no pending queries, and no queries in flight. */
  get isComplete(): boolean {
    return this.pending.isEmpty && !this.refreshing
  }

  /** Records that nothing is known for certain any more. Drops all pending queries. */
  forget(): void {
    this.sensors.complete = false
    this.requests.complete = false
    this.pending = new PendingQueries()
  }

  /** Sends the pending queries. Returns the answers, even if some fail. A query without an answer stays pending. */
  refresh(
    connection: Connection,
    interest: Interest
  ): Effect.Effect<{ readonly refreshed: Refreshed; readonly error: KatcpError | undefined }> {
    return Effect.suspend(() => {
      const { pending } = this
      this.pending = new PendingQueries()
      this.refreshing = true
      const refreshed = new Refreshed(pending.replaced)
      const queries = [
        this.refreshRequests(connection, pending, refreshed),
        this.refreshSensors(connection, pending, interest, refreshed)
      ]
      return Effect.all(queries, { concurrency: 2, discard: true }).pipe(
        Effect.onError(() => Effect.sync(() => this.pending.merge(pending))),
        Effect.match({
          onSuccess: () => ({ refreshed, error: undefined }),
          onFailure: (error) => ({ refreshed, error })
        }),
        Effect.ensuring(
          Effect.sync(() => {
            this.refreshing = false
          })
        )
      )
    })
  }

  private refreshRequests(
    connection: Connection,
    pending: PendingQueries,
    refreshed: Refreshed
  ): Effect.Effect<void, KatcpError> {
    const { requestInspection: inspection, requests: known } = this
    const { requests: names } = pending
    if (names.isEmpty || !this.core.options.inspect) return Effect.void
    if (names.all || !known.complete || isListCheaper(names.size, known.byName.size))
      return Effect.map(inspection.all(connection), (listing) => known.replace(listing, refreshed.requests))
    return inspection.some(connection, names, (name, help) => known.update(name, help, refreshed.requests))
  }

  private refreshSensors(
    connection: Connection,
    pending: PendingQueries,
    interest: Interest,
    refreshed: Refreshed
  ): Effect.Effect<void, KatcpError> {
    const { sensorInspection: inspection, sensors: known } = this
    const { sensors: names } = pending
    // changes of sensors without interest are not reported
    if (!interest.everything) known.complete = false
    if (names.isEmpty) return Effect.void
    if (interest.everything && (names.all || !known.complete || isListCheaper(names.size, known.byName.size)))
      return Effect.map(this.allSensors(connection), (listing) => {
        known.replace(listing, refreshed.sensors)
        refreshed.described = [...listing.values()]
      })
    const wanted = names.all ? interest.names : [...names].filter((name) => interest.everything || interest.has(name))
    return inspection.some(connection, wanted, (name, sensor) => {
      known.update(name, sensor, refreshed.sensors)
      if (sensor !== undefined) refreshed.described.push(sensor)
    })
  }

  private allSensors(connection: Connection): Effect.Effect<Map<string, Sensor.Any>, KatcpError> {
    return Effect.suspend(() => {
      this.listing = true
      return Effect.ensuring(
        this.sensorInspection.all(connection),
        Effect.sync(() => {
          this.listing = false
        })
      )
    })
  }
}
