import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Strategy } from "../../Sampling/index.ts"
import type * as Sensor from "../../Sensor/index.ts"
import { Broadcast } from "../connection/Broadcast.ts"
import { matcherOf, type SensorFilter } from "../sensors/filter.ts"
import type { RemoteReading } from "../sensors/RemoteReading.ts"
import { ChildFilters, nameWithin } from "./ChildFilters.ts"
import type { ListedSensor, ListOptions } from "./listSensors.ts"
import type { Outcome } from "./outcomes.ts"
import { tolerant } from "./Policy.ts"
import { escaped } from "./pythonNames.ts"
import type { Resource } from "./Resource.ts"

/**
 * A reading of a sensor of one of the devices.
 *
 * @category models
 * @since 0.1.0
 */
export interface ContainerReading {
  /** The name of the device within the container. */
  readonly child: string
  /** The name of the sensor within the container: `child_sensor`. */
  readonly name: string
  readonly sensor: Sensor.LiveSensor<unknown>
  readonly reading: RemoteReading<unknown>
}

/** The part of a resource that its container samples. */
type Sampled = Pick<Resource<never, never>, "listSensors" | "setSampling" | "forgetSampling" | "listen">

/** A device of the container, and the filters by the container's names that were set for it. */
interface Child {
  readonly resource: Sampled
  readonly filters: ChildFilters
}

/** The sensors of all devices of a container, by the container's names. */
export class ContainerSensors {
  private readonly children = new Map<string, Child>()
  private readonly added = new Broadcast<readonly [string, Child]>()

  /** Adds a device. */
  add(name: string, resource: Sampled): void {
    const child = { resource, filters: new ChildFilters(name) }
    this.children.set(name, child)
    this.added.publish([name, child])
  }

  /** Ends all streams of readings. */
  end(): void {
    this.added.end()
  }

  /** See `Container.listSensors`. */
  list({ filter, pythonNames = true, ...options }: ListOptions = {}): Effect.Effect<ReadonlyArray<ListedSensor>> {
    const matches = filter === undefined ? undefined : matcherOf(pythonNames ? tolerant(filter) : filter).matches
    const all = Effect.forEach(
      this.children,
      ([child, { resource }]) => {
        const own = matches && ((name: string) => matches(nameWithin(child, name)))
        return Effect.map(resource.listSensors({ ...options, filter: own }), (sensors) =>
          sensors.map((sensor) => within(child, sensor))
        )
      },
      { concurrency: "unbounded" }
    )
    return Effect.map(all, (lists) => lists.flat())
  }

  /** See `Container.setSampling`. */
  setSampling(
    filter: SensorFilter,
    strategy: Strategy.Strategy
  ): Effect.Effect<ReadonlyMap<string, ReadonlyMap<string, Outcome>>> {
    const all = Effect.forEach(
      this.children,
      ([name, { filters, resource }]) =>
        Effect.map(resource.setSampling(filters.of(filter), strategy), (outcomes) => [name, outcomes] as const),
      { concurrency: "unbounded" }
    )
    return Effect.map(all, (outcomes) => new Map(outcomes.filter(([, bySensor]) => bySensor.size > 0)))
  }

  /** See `Container.forgetSampling`. */
  forgetSampling(filter: SensorFilter): Effect.Effect<void> {
    return Effect.forEach(
      this.children.values(),
      ({ filters, resource }) =>
        Effect.tap(resource.forgetSampling(filters.of(filter)), () => Effect.sync(() => filters.forget(filter))),
      { discard: true }
    )
  }

  /** See `Container.listen`. */
  listen(filter: SensorFilter): Stream.Stream<ContainerReading> {
    const readings = ([child, { filters, resource }]: readonly [string, Child]): Stream.Stream<ContainerReading> =>
      resource.listen(filters.of(filter)).pipe(
        Stream.map(({ reading, sensor }) => ({ child, name: nameWithin(child, sensor.name), reading, sensor })),
        // the end of one device does not end the others
        Stream.catch(() => Stream.empty)
      )
    return Stream.flatMap(Stream.concat(Stream.fromIterable([...this.children]), this.added.stream), readings, {
      concurrency: "unbounded"
    })
  }
}

/** Returns a sensor of a child as a sensor of the container. */
const within = (child: string, sensor: ListedSensor): ListedSensor => {
  const name = nameWithin(child, sensor.name)
  return { ...sensor, name, escapedName: escaped(name) }
}
