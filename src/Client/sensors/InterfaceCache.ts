import * as Effect from "effect/Effect"
import type { KatcpError } from "../../Message/index.ts"
import * as Sensor from "../../Sensor/index.ts"
import type { Core } from "../Core.ts"
import type { Connection } from "../connection/Connection.ts"
import type { Calls } from "../requests/Calls.ts"
import { atOnce, begun, inFiber, type Start, taking } from "./atOnce.ts"
import { bulkSize } from "./Batches.ts"
import { Inspection, type Slices } from "./inspect.ts"
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

/** A query of the device, or some. */
type Query = Start<void, KatcpError>
/** Takes some of the sensors of a list, while further ones arrive. */
export type OnSlice = (sensors: ReadonlyArray<Sensor.Any>) => void

/** The sensors of interest: all, or some by name. */
export interface Interest {
  readonly everything: boolean
  readonly names: Iterable<string>
  readonly has: (name: string) => boolean
}

/** The lists that were requested before they are needed. */
interface Ahead {
  readonly connection: Connection
  readonly requests: Start<Map<string, string>, KatcpError> | undefined
  readonly sensors: Start<Map<string, Sensor.Any>, KatcpError>
}

/** The answers of one refresh, complete or not. */
export class Refreshed {
  readonly requests = new Changes()
  readonly sensors = new Changes()
  /** The described sensors of those that were queried, without those that an {@link OnSlice} has taken. */
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
  private ahead: Ahead | undefined = undefined
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

  /**
   * Requests the lists that the first refresh of a connection will need, so they go out with the other queries of a new
   * connection.
   */
  askAhead(connection: Connection): void {
    const { requestInspection, sensorInspection } = this
    this.ahead = {
      connection,
      requests: this.core.options.inspect ? begun(requestInspection.all(connection)) : undefined,
      sensors: begun(sensorInspection.all(connection))
    }
  }

  /** Called when the interface has changed before the first refresh: it requests the lists again. */
  dropAhead(): void {
    this.ahead = undefined
  }

  /**
   * Sends the pending queries. Returns the answers, even if some fail. A query without an answer stays pending. If no
   * sensor is known yet, `onSlice` takes those of a list while it arrives.
   */
  refresh(
    connection: Connection,
    interest: Interest,
    onSlice?: OnSlice
  ): Effect.Effect<{ readonly refreshed: Refreshed; readonly error: KatcpError | undefined }> {
    return Effect.suspend(() => {
      const { pending } = this
      this.pending = new PendingQueries()
      this.refreshing = true
      const refreshed = new Refreshed(pending.replaced)
      const ahead = this.ahead?.connection === connection ? this.ahead : undefined
      this.ahead = undefined
      const queries = [
        this.requestQuery(connection, pending, refreshed, ahead?.requests),
        this.sensorQuery(connection, pending, interest, refreshed, { ahead: ahead?.sensors, onSlice })
      ].filter((query) => query !== undefined)
      return Effect.onExit(atOnce(queries), (exit) => {
        this.refreshing = this.listing = false
        if (exit._tag === "Failure") this.pending.merge(pending)
        return Effect.void
      }).pipe(
        Effect.match({
          onSuccess: () => ({ refreshed, error: undefined }),
          onFailure: (error) => ({ refreshed, error })
        })
      )
    })
  }

  private requestQuery(
    connection: Connection,
    pending: PendingQueries,
    refreshed: Refreshed,
    ahead: Ahead["requests"]
  ): Query | undefined {
    const { requestInspection: inspection, requests: known } = this
    const { requests: names } = pending
    if (names.isEmpty || !this.core.options.inspect) return undefined
    if (names.all || !known.complete || isListCheaper(names.size, known.byName.size))
      return taking(ahead ?? inspection.all(connection), (listing) => known.replace(listing, refreshed.requests))
    const take = (name: string, help: string | undefined) => known.update(name, help, refreshed.requests)
    return inFiber(inspection.some(connection, names, take), this.core.run)
  }

  private sensorQuery(
    connection: Connection,
    pending: PendingQueries,
    interest: Interest,
    refreshed: Refreshed,
    { ahead, onSlice }: { readonly ahead: Ahead["sensors"] | undefined; readonly onSlice: OnSlice | undefined }
  ): Query | undefined {
    const { sensorInspection: inspection, sensors: known } = this
    const { sensors: names } = pending
    // changes of sensors without interest are not reported
    if (!interest.everything) known.complete = false
    if (names.isEmpty) return undefined
    if (interest.everything && (names.all || !known.complete || isListCheaper(names.size, known.byName.size))) {
      if (onSlice !== undefined && ahead === undefined && known.byName.size === 0)
        return this.sliced(connection, refreshed, onSlice)
      return taking(this.allSensors(ahead ?? inspection.all(connection)), (listing) => {
        known.replace(listing, refreshed.sensors)
        refreshed.described = [...listing.values()]
      })
    }
    const wanted = names.all ? interest.names : [...names].filter((name) => interest.everything || interest.has(name))
    const take = (name: string, sensor: Sensor.Any | undefined) => {
      known.update(name, sensor, refreshed.sensors)
      if (sensor !== undefined) refreshed.described.push(sensor)
    }
    return inFiber(inspection.some(connection, wanted, take), this.core.run)
  }

  /** Requests the list of all sensors. No sensor is known yet, and `onSlice` takes the first ones. */
  private sliced(connection: Connection, refreshed: Refreshed, onSlice: OnSlice): Query {
    const { sensorInspection, sensors: known } = this
    const given: Array<Sensor.Any> = []
    const again: Array<string> = []
    const slices: Slices<Sensor.Any> = {
      size: bulkSize,
      take: (slice) => {
        given.push(...slice)
        onSlice(slice)
      },
      again: (name) => again.push(name)
    }
    const query = taking(this.allSensors(sensorInspection.all(connection, slices)), (listing) => {
      known.replace(listing, refreshed.sensors)
      refreshed.sensors.changed.push(...again)
      refreshed.described = [...listing.values()].slice(given.length)
      for (const name of again) refreshed.described.push(listing.get(name)!)
    })
    return (done) =>
      query((exit) => {
        // so the next list shows which of them are gone
        if (exit._tag === "Failure") for (const sensor of given) known.update(sensor.name, sensor, refreshed.sensors)
        done(exit)
      })
  }

  private allSensors(start: Ahead["sensors"]): Ahead["sensors"] {
    return (done) => {
      this.listing = true
      return start((exit) => {
        this.listing = false
        done(exit)
      })
    }
  }
}
