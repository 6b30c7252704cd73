import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { KatcpError } from "../../Message/index.ts"
import type * as Sensor from "../../Sensor/index.ts"
import type { Core } from "../Core.ts"
import type { Link } from "../connection/Link.ts"
import type { Interest, InterfaceCache } from "./InterfaceCache.ts"
import type { Inspection } from "./inspect.ts"
import type { Names, PendingQueries } from "./PendingQueries.ts"
import type { Subscriptions } from "./Subscriptions.ts"
import type { SyncLoop } from "./SyncLoop.ts"

/** The parts of the mirror that an inspection needs. */
interface Parts {
  readonly cache: InterfaceCache
  readonly subscriptions: Subscriptions
  readonly interest: Interest
  readonly sync: SyncLoop
  /** Waits until the wanted part of the interface is known. */
  readonly dataSynced: Effect.Effect<void, KatcpError>
}

/** The inspection of one kind: requests or sensors. */
interface Kind<A> {
  readonly inspection: Inspection<A>
  /** Returns all items of the device, or `undefined` if only some are kept. */
  readonly known: () => ReadonlyMap<string, A> | undefined
  /** Returns the pending queries of the kind, or `undefined` if the kind is not kept. */
  readonly names: (pending: PendingQueries) => Names | undefined
}

/**
 * Inspects the device on demand. An inspection marks the queries as pending, and the loop of the mirror sends them, so
 * data is kept in one place. Items that the mirror does not keep are queried directly.
 */
export class OnDemand {
  private readonly core: Core
  private readonly link: Link
  private readonly parts: Parts

  constructor(core: Core, link: Link, parts: Parts) {
    this.core = core
    this.link = link
    this.parts = parts
  }

  /** Requests the device's requests, all or one. Returns the existing ones with their help. */
  requests(name?: string): Effect.Effect<ReadonlyMap<string, string>, KatcpError> {
    const { cache } = this.parts
    const { inspect } = this.core.options
    return this.inspect("help", name, {
      inspection: cache.requestInspection,
      known: () => (inspect ? cache.requests.byName : undefined),
      names: (pending) => (inspect ? pending.requests : undefined)
    })
  }

  /** Requests the device's sensors, all or one. Returns the existing ones. */
  sensors(name?: string): Effect.Effect<ReadonlyMap<string, Sensor.Any>, KatcpError> {
    const { cache, interest, subscriptions } = this.parts
    return this.inspect("sensor-list", name, {
      inspection: cache.sensorInspection,
      known: () => (interest.everything ? cache.sensors.byName : undefined),
      names: (pending) => (interest.everything || subscriptions.size > 0 ? pending.sensors : undefined)
    })
  }

  private inspect<A>(
    request: string,
    name: string | undefined,
    { inspection, known, names: namesOf }: Kind<A>
  ): Effect.Effect<ReadonlyMap<string, A>, KatcpError> {
    return Effect.suspend(() => {
      const connection = this.link.current
      if (connection === undefined) return Effect.fail(this.core.notSent(request, this.link.absence))
      const { cache, dataSynced, sync } = this.parts
      const names = namesOf(cache.pending)
      if (name === undefined) names?.addAll()
      else names?.add(name)
      sync.check()
      const updated = names === undefined ? Effect.void : Effect.raceFirst(dataSynced, this.notSynced)
      return Effect.flatMap(updated, () => {
        const all = known()
        if (all !== undefined) return Effect.succeed(name === undefined ? new Map(all) : only(all, name))
        if (name === undefined) return Effect.callback(inspection.all(connection))
        const found = new Map<string, A>()
        const take = (_: string, value: A | undefined) => {
          if (value !== undefined) found.set(name, value)
        }
        return Effect.as(inspection.some(connection, [name], take), found)
      })
    })
  }

  /** Fails when a query of the device fails, or the device is lost. */
  private get notSynced(): Effect.Effect<never, KatcpError> {
    return this.link.events.stream.pipe(
      Stream.filter(({ _tag }) => _tag === "SyncFailed" || _tag === "Disconnected" || _tag === "Closed"),
      Stream.runHead,
      Effect.flatMap((event) =>
        Option.isSome(event) && "reason" in event.value
          ? Effect.fail(event.value.reason)
          : Effect.fail(this.core.notSent("sensor-list", this.link.absence))
      )
    )
  }
}

const only = <A>(all: ReadonlyMap<string, A>, name: string): ReadonlyMap<string, A> => {
  const value = all.get(name)
  return value === undefined ? new Map() : new Map([[name, value]])
}
