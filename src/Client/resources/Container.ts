/**
 * Many devices as one: resources by name, and groups of them.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type * as Socket from "effect/socket/Socket"
import type { Request } from "../../Interface/index.ts"
import { expectOptions, type KatcpError } from "../../Message/index.ts"
import type { Strategy } from "../../Sampling/index.ts"
import type * as Sensor from "../../Sensor/index.ts"
import { type ClientState, isConnected } from "../connection/State.ts"
import type { ClientSensor } from "../sensors/ClientSensor.ts"
import type { SensorFilter } from "../sensors/filter.ts"
import { type ContainerReading, ContainerSensors } from "./ContainerSensors.ts"
import * as Group from "./Group.ts"
import type { ListedSensor, ListOptions } from "./listSensors.ts"
import type { Outcome } from "./outcomes.ts"
import { escaped } from "./pythonNames.ts"
import * as Resource from "./Resource.ts"

export type { ContainerReading } from "./ContainerSensors.ts"

/**
 * A device of a container: its Socket, and the options of its resource.
 *
 * @category models
 * @since 0.1.0
 */
export interface Child<R extends Request.Any, S extends Sensor.Any> extends Resource.Options<R, S> {
  /** The Socket that the client dials: `NodeClient.tcp({ host, port })`. */
  readonly socket: Layer.Layer<Socket.Socket>
}

// biome-ignore lint/suspicious/noExplicitAny: children of any contract
type AnyChild = Child<any, any>
// biome-ignore lint/suspicious/noExplicitAny: resources of any contract
type AnyResource = Resource.Resource<any, any>
// biome-ignore lint/suspicious/noExplicitAny: groups of any contract
type AnyGroup = Group.Group<any, any>

/**
 * The type of the resource of a child.
 *
 * @category models
 * @since 0.1.0
 */
export type ResourceOf<C> = C extends {
  readonly contract: {
    readonly requests: ReadonlyMap<string, infer R extends Request.Any>
    readonly sensorTypes: ReadonlyMap<string, infer S extends Sensor.Any>
  }
}
  ? Resource.Resource<R, S>
  : Resource.Resource<never, never>

/**
 * Options of a container.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options<C extends Readonly<Record<string, AnyChild>>> {
  readonly name: string
  /** A description for people. */
  readonly description?: string | undefined
  /** The devices by name. */
  readonly clients: C
  /** Groups of them by name. */
  readonly groups?: Readonly<Record<string, ReadonlyArray<keyof C & string>>> | undefined
  /** The number of devices that connect at the same time. Default 16. */
  readonly concurrency?: number | undefined
}

/**
 * Many devices as one (A-424…A-434). The sensor `sensor` of the device `child` is `child_sensor` in the container, and
 * requests are named in the same way. Names that begin with `agg_` are unchanged.
 *
 * @category models
 * @since 0.1.0
 */
export interface Container<in out C extends Readonly<Record<string, AnyChild>>> {
  readonly name: string
  readonly description: string
  /** The devices of the container's creation, typed. */
  readonly child: { readonly [Name in keyof C]: ResourceOf<C[Name]> }
  /** All devices, including those added later. */
  readonly children: ReadonlyMap<string, AnyResource>
  readonly groups: ReadonlyMap<string, AnyGroup>
  /** `true` if all devices are connected. */
  readonly isConnected: boolean
  /** `true` if all devices are synced. */
  readonly isSynced: boolean
  /** Waits until all devices are in a state that fulfils a condition. Fails if one is closed first. */
  readonly untilAll: (condition: (state: ClientState) => boolean) => Effect.Effect<void, KatcpError>
  /** Waits until one device is in such a state. Returns its name. */
  readonly untilAny: (condition: (state: ClientState) => boolean) => Effect.Effect<string>
  /** Streams {@link Container.isSynced}: its current value, then each change. */
  readonly synced: Stream.Stream<boolean>
  /** Adds a device, which lives until the container's scope closes. Dies if the name is taken. */
  readonly addChild: <R extends Request.Any, S extends Sensor.Any>(
    name: string,
    child: Child<R, S>
  ) => Effect.Effect<Resource.Resource<R, S>>
  /** Adds a group of devices of the container. Dies with a `TypeError` if the container does not have one of them. */
  readonly addGroup: (name: string, members: ReadonlyArray<string>) => Effect.Effect<AnyGroup>
  /** Returns a handle for the sensor `child_sensor`, or `undefined` without such a child. */
  readonly sensorNamed: (name: string) => ClientSensor<unknown> | undefined
  /** Returns the child and the request of `child_request`, or `undefined` without such a child. */
  readonly requestNamed: (name: string) => { readonly resource: AnyResource; readonly request: string } | undefined
  /** Returns the sensors of all devices that the filter matches, by the container's names (`child_sensor`). */
  readonly listSensors: (options?: ListOptions) => Effect.Effect<ReadonlyArray<ListedSensor>>
  /**
   * Sets the strategies of sensors by the container's names: `one_mode` is `mode` of the device `one`, `*_mode` that of
   * all devices. Applies to the current devices, and to their current and future sensors. Returns the outcomes
   * by device and by the device's own name of the sensor; devices without an outcome are omitted.
   */
  readonly setSampling: (
    filter: SensorFilter,
    strategy: Strategy.Strategy
  ) => Effect.Effect<ReadonlyMap<string, ReadonlyMap<string, Outcome>>>
  /** Removes the strategy that was set with the same filter. */
  readonly forgetSampling: (filter: SensorFilter) => Effect.Effect<void>
  /**
   * Streams the readings of sensors, with the container's names, by the strategies that were set, including devices
   * added later. Sets no strategy itself. The readings of a device end when its client is closed or gives up
   * connecting, which the device's state shows. The stream ends with the container.
   */
  readonly listen: (filter: SensorFilter) => Stream.Stream<ContainerReading>
  /** Activates or deactivates all devices. Requests of an inactive device fail. */
  readonly setActive: (active: boolean) => Effect.Effect<void>
}

/**
 * Creates a container. Connects to all devices in the background, a limited number at a time, until the scope closes.
 * Dies with a `TypeError` for a group of devices that the container does not have.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <const C extends Readonly<Record<string, AnyChild>>>(
  options: Options<C>
): Effect.Effect<Container<C>, KatcpError, Scope.Scope> =>
  Effect.gen(function* () {
    expectOptions("Container.make", options, ["name"])
    const scope = yield* Effect.scope
    const gate = yield* Semaphore.make(options.concurrency ?? 16)
    const children = new Map<string, AnyResource>()
    const groups = new Map<string, AnyGroup>()
    const sensors = new ContainerSensors()
    yield* Effect.addFinalizer(() => Effect.sync(() => sensors.end()))

    const addChild = (name: string, child: AnyChild) =>
      Effect.gen(function* () {
        if (children.has(name)) return yield* Effect.die(new TypeError(`${options.name} has a device ${name} already`))
        const own = { parent: options.name, ...child, client: { gate, ...child.client } }
        const socket = yield* Layer.buildWithScope(child.socket, scope)
        const resource = yield* Resource.make(name, own).pipe(Effect.provideContext(socket), Scope.provide(scope))
        children.set(name, resource)
        sensors.add(name, resource)
        return resource
      })
    const addGroup = (name: string, members: ReadonlyArray<string>) =>
      Effect.suspend(() => {
        const all = new Map<string, AnyResource>()
        for (const member of members) {
          const resource = children.get(member)
          if (resource === undefined) return Effect.die(new TypeError(`group ${name}: there is no device ${member}`))
          all.set(member, resource)
        }
        const group = Group.make(name, all)
        groups.set(name, group)
        return Effect.succeed(group)
      })

    for (const [name, child] of Object.entries(options.clients)) yield* addChild(name, child)
    for (const [name, members] of Object.entries(options.groups ?? {})) yield* addGroup(name, members)
    const every = (condition: (state: ClientState) => boolean) =>
      [...children.values()].every(({ state }) => condition(SubscriptionRef.getUnsafe(state)))
    const isSynced = (state: ClientState) => state._tag === "Synced"
    /**
     * Returns the child that a name begins with, and the rest of the name. If several match, the longest child counts.
     */
    const split = (name: string) => {
      let found: { readonly child: string; readonly resource: AnyResource; readonly rest: string } | undefined
      for (const [child, resource] of children)
        if (escaped(name).startsWith(`${escaped(child)}_`) && child.length > (found?.child.length ?? 0))
          found = { child, resource, rest: name.slice(child.length + 1) }
      return found
    }

    const child: Record<string, unknown> = Object.fromEntries(children)

    const container: Container<C> = {
      name: options.name,
      description: options.description ?? "",
      child: child as Container<C>["child"],
      children,
      groups,
      get isConnected() {
        return every(isConnected)
      },
      get isSynced() {
        return every(isSynced)
      },
      untilAll: (condition) =>
        Effect.forEach(children.values(), (resource) => resource.until(condition), {
          concurrency: "unbounded",
          discard: true
        }),
      untilAny: (condition) =>
        Effect.raceAll(
          [...children].map(([name, resource]) =>
            Effect.as(
              Effect.catch(resource.until(condition), () => Effect.never),
              name
            )
          )
        ),
      synced: Stream.mergeAll(
        [...children.values()].map(({ synced }) => synced),
        { concurrency: "unbounded" }
      ).pipe(
        Stream.map(() => every(isSynced)),
        Stream.changes
      ),
      addChild: (name, child) => Effect.orDie(addChild(name, child)),
      addGroup,
      sensorNamed: (name) => {
        const found = split(name)
        return found?.resource.sensorNamed(found.rest)
      },
      requestNamed: (name) => {
        const found = split(name)
        return found === undefined ? undefined : { resource: found.resource, request: found.rest }
      },
      listSensors: (listOptions) => sensors.list(listOptions),
      setSampling: (filter, strategy) => sensors.setSampling(filter, strategy),
      forgetSampling: (filter) => sensors.forgetSampling(filter),
      listen: (filter) => sensors.listen(filter),
      setActive: (active) =>
        Effect.forEach(children.values(), (resource) => resource.setActive(active), { discard: true })
    }
    return container
  })
