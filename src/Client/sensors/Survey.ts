import * as Effect from "effect/Effect"
import type { KatcpError } from "../../Message/index.ts"
import type * as Sensor from "../../Sensor/index.ts"
import type { Core } from "../Core.ts"
import type { Connection } from "../connection/Connection.ts"
import type { Calls } from "../requests/Calls.ts"
import { Due, type Names } from "./Due.ts"
import { Inspection, sameDescription } from "./inspect.ts"
import { Changes, Known } from "./Model.ts"

/** Where more names than this are to be asked for, the whole list is. */
const fewNames = 256

/** Which sensors are of interest: all, or those that are wanted by name. */
export interface Interest {
  readonly everything: boolean
  readonly names: Iterable<string>
  readonly has: (name: string) => boolean
}

/** What a look at the interface has brought, complete or not. */
export class Seen {
  readonly requests = new Changes()
  readonly sensors = new Changes()
  /** The sensors that are there, of those that were asked for. */
  described: Array<Sensor.Any> = []
  /** Which of them may be others than before, though they are described the same. */
  readonly replaced: Names

  constructor(replaced: Names) {
    this.replaced = replaced
  }
}

/** What is known of the interface of a device, and what is to be asked to keep it up to date. */
export class Survey {
  readonly sensors = new Known<Sensor.Any>(sameDescription)
  readonly requests = new Known<string>((one, other) => one === other)
  due = new Due()
  /** Whether the list of all sensors is under way. */
  listing = false
  /** Whether anything is being asked for. */
  looking = false
  private readonly core: Core
  /** How the device is asked for its sensors and requests. */
  readonly sensorInspection: Inspection<Sensor.Any>
  readonly requestInspection: Inspection<string>

  constructor(core: Core, calls: Calls) {
    this.core = core
    this.sensorInspection = Inspection.sensors(core, calls)
    this.requestInspection = Inspection.requests(core, calls)
  }

  /** Whether all that is to be known is known. */
  get isComplete(): boolean {
    return this.due.isEmpty && !this.looking
  }

  /** Nothing is known for certain any more, and nothing is to be asked. */
  forget(): void {
    this.sensors.complete = false
    this.requests.complete = false
    this.due = new Due()
  }

  /** Asks what is due; gives what that brings, also where it fails on the way. What was not answered stays due then. */
  look(
    connection: Connection,
    interest: Interest
  ): Effect.Effect<{ readonly seen: Seen; readonly error: KatcpError | undefined }> {
    return Effect.suspend(() => {
      const { due } = this
      this.due = new Due()
      this.looking = true
      const seen = new Seen(due.replaced)
      return Effect.all(
        [this.lookAtRequests(connection, due, seen), this.lookAtSensors(connection, due, interest, seen)],
        {
          concurrency: 2,
          discard: true
        }
      ).pipe(
        Effect.onError(() => Effect.sync(() => this.due.merge(due))),
        Effect.match({
          onSuccess: () => ({ seen, error: undefined }),
          onFailure: (error) => ({ seen, error })
        }),
        Effect.ensuring(
          Effect.sync(() => {
            this.looking = false
          })
        )
      )
    })
  }

  private lookAtRequests(connection: Connection, due: Due, seen: Seen): Effect.Effect<void, KatcpError> {
    const { requestInspection: inspection, requests: known } = this
    const { requests: names } = due
    if (names.isEmpty || !this.core.options.inspect) return Effect.void
    if (names.all || !known.complete || names.size > fewNames)
      return Effect.map(inspection.all(connection), (listing) => known.replace(listing, seen.requests))
    return inspection.some(connection, names, (name, help) => known.update(name, help, seen.requests))
  }

  private lookAtSensors(
    connection: Connection,
    due: Due,
    interest: Interest,
    seen: Seen
  ): Effect.Effect<void, KatcpError> {
    const { sensorInspection: inspection, sensors: known } = this
    const { sensors: names } = due
    // of what is of no interest nobody is told either
    if (!interest.everything) known.complete = false
    if (names.isEmpty) return Effect.void
    if (interest.everything && (names.all || !known.complete || names.size > fewNames))
      return Effect.map(this.allSensors(connection), (listing) => {
        known.replace(listing, seen.sensors)
        seen.described = [...listing.values()]
      })
    const wanted = names.all ? interest.names : [...names].filter((name) => interest.everything || interest.has(name))
    return inspection.some(connection, wanted, (name, sensor) => {
      known.update(name, sensor, seen.sensors)
      if (sensor !== undefined) seen.described.push(sensor)
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
