import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as EffectClient from "../Client/index.ts"
import type { Request } from "../Interface/index.ts"
import type * as Sensor from "../Sensor/index.ts"
import { type Abortable, toIterable, toPromise } from "./bridge.ts"
import { type Group, wrapGroup } from "./Group.ts"
import { effectOptions, type Resource, type ResourceOptions, wrapResource } from "./Resource.ts"
import { type ClientSensor, makeSensor } from "./Sensor.ts"
import { type StrategyInput, strategyOf } from "./strategy.ts"

// biome-ignore lint/suspicious/noExplicitAny: devices of any contract
type AnyOptions = ResourceOptions<any, any>
// biome-ignore lint/suspicious/noExplicitAny: resources of any contract
type AnyResource = Resource<any, any>

/**
 * The resource of a device of a container.
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
  ? Resource<R, S>
  : Resource<never, never>

/**
 * The devices of a container by name, and groups of them.
 *
 * @category models
 * @since 0.1.0
 */
export interface ContainerOptions<C extends Readonly<Record<string, AnyOptions>>> {
  readonly name: string
  /** A description for people. */
  readonly description?: string | undefined
  readonly clients: C
  readonly groups?: Readonly<Record<string, ReadonlyArray<keyof C & string>>> | undefined
  /** The number of devices that connect at the same time. Default 16. */
  readonly concurrency?: number | undefined
}

/**
 * Many devices as one: see `Client.Container`. Sensors and requests have names of the form `child_sensor`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Container<in out C extends Readonly<Record<string, AnyOptions>>> extends AsyncDisposable {
  readonly name: string
  readonly description: string
  /** The devices of the container's creation, typed. */
  readonly child: { readonly [Name in keyof C]: ResourceOf<C[Name]> }
  /** All devices, including those added later. */
  readonly children: ReadonlyMap<string, AnyResource>
  readonly groups: ReadonlyMap<string, Group>
  readonly isConnected: boolean
  readonly isSynced: boolean
  /** Waits until all devices are synced. */
  readonly synced: (options?: Abortable) => Promise<void>
  /** Adds a device. Rejects if the name is taken. */
  readonly addChild: <R extends Request.Any = never, S extends Sensor.Any = never>(
    name: string,
    options: ResourceOptions<R, S>
  ) => Promise<Resource<R, S>>
  /** Adds a group of existing devices. Throws a `TypeError` if one does not exist. */
  readonly addGroup: (name: string, members: ReadonlyArray<string>) => Group
  /** Returns the sensor `child_sensor`, or `undefined` without such a child. */
  readonly sensorNamed: (name: string) => ClientSensor<unknown> | undefined
  /** Returns the request `child_request` and its child, or `undefined` without such a child. */
  readonly requestNamed: (name: string) => { readonly resource: AnyResource; readonly request: string } | undefined
  readonly listSensors: (
    options?: EffectClient.ListOptions & Abortable
  ) => Promise<ReadonlyArray<EffectClient.ListedSensor>>
  readonly setSampling: (
    filter: EffectClient.SensorFilter,
    strategy: StrategyInput
  ) => Promise<ReadonlyMap<string, ReadonlyMap<string, EffectClient.Outcome>>>
  readonly forgetSampling: (filter: EffectClient.SensorFilter) => Promise<void>
  /** Yields the readings of sensors by the container's names, by the strategies that were set. */
  readonly listen: (
    filter: EffectClient.SensorFilter,
    options?: Abortable
  ) => AsyncIterable<EffectClient.Container.ContainerReading>
  readonly setActive: (active: boolean) => void
  /** Closes the clients of all devices. */
  readonly close: () => Promise<void>
}

/**
 * Creates a container, which connects to all devices in the background, a limited number at a time, until it is closed.
 * Rejects with a `TypeError` for a group of missing devices.
 *
 * @example
 * ```ts no-run
 * import { container } from "katcp/promise"
 *
 * const site = await container({
 *   name: "site",
 *   clients: { one: { host: "dish-1", port: 7147 }, two: { host: "dish-2", port: 7147 } },
 *   groups: { all: ["one", "two"] }
 * })
 * await site.synced()
 * console.log((await site.groups.get("all")!.call("stow")).succeeded)
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const container = async <const C extends Readonly<Record<string, AnyOptions>>>(
  options: ContainerOptions<C>
): Promise<Container<C>> => {
  const { clients, ...rest } = options
  const scope = Scope.makeUnsafe()
  const close = () => toPromise(Scope.close(scope, Exit.void))
  const childOf = <R extends Request.Any, S extends Sensor.Any>(child: ResourceOptions<R, S>) => {
    const { own, socket } = effectOptions(child)
    return { ...own, socket }
  }
  const children = Object.fromEntries(Object.entries(clients).map(([name, child]) => [name, childOf(child)]))
  try {
    const below = await toPromise(Scope.provide(EffectClient.Container.make({ ...rest, clients: children }), scope))
    return wrap<C>(below as AnyContainer, childOf, close)
  } catch (error) {
    await close()
    throw error
  }
}

// biome-ignore lint/suspicious/noExplicitAny: children of any contract
type AnyChild = EffectClient.Container.Child<any, any>
type AnyContainer = EffectClient.Container.Container<Readonly<Record<string, AnyChild>>>

const wrap = <const C extends Readonly<Record<string, AnyOptions>>>(
  below: AnyContainer,
  childOf: <R extends Request.Any, S extends Sensor.Any>(
    child: ResourceOptions<R, S>
  ) => EffectClient.Container.Child<R, S>,
  close: () => Promise<void>
): Container<C> => {
  const wrapped = new Map<unknown, AnyResource>()
  const closeChild = (child: { readonly client: { readonly close: Effect.Effect<void> } }) => () =>
    toPromise(child.client.close)
  /** Equal devices give the same object. */
  const of = <R extends Request.Any, S extends Sensor.Any>(child: EffectClient.Resource.Resource<R, S>) => {
    let found = wrapped.get(child)
    if (found === undefined) {
      found = wrapResource(child, closeChild(child))
      wrapped.set(child, found)
    }
    return found as Resource<R, S>
  }
  const isSynced = (state: EffectClient.ClientState) => state._tag === "Synced"
  const child = Object.fromEntries([...below.children].map(([name, each]) => [name, of(each)]))
  return {
    name: below.name,
    description: below.description,
    child: child as Container<C>["child"],
    get children() {
      return new Map([...below.children].map(([name, each]) => [name, of(each)]))
    },
    get groups() {
      return new Map([...below.groups].map(([name, group]) => [name, wrapGroup(group)]))
    },
    get isConnected() {
      return below.isConnected
    },
    get isSynced() {
      return below.isSynced
    },
    synced: (options) => toPromise(below.untilAll(isSynced), options?.signal),
    addChild: async (name, options) => of(await toPromise(below.addChild(name, childOf(options)))),
    addGroup: (name, members) => wrapGroup(Effect.runSync(below.addGroup(name, members))),
    sensorNamed: (name) => {
      const found = below.sensorNamed(name)
      return found === undefined ? undefined : makeSensor(found)
    },
    requestNamed: (name) => {
      const found = below.requestNamed(name)
      return found === undefined ? undefined : { resource: of(found.resource), request: found.request }
    },
    listSensors: (options) => toPromise(below.listSensors(options), options?.signal),
    setSampling: async (filter, strategy) => toPromise(below.setSampling(filter, strategyOf(strategy))),
    forgetSampling: (filter) => toPromise(below.forgetSampling(filter)),
    listen: (filter, options) => toIterable(below.listen(filter), options?.signal),
    setActive: (active) => Effect.runSync(below.setActive(active)),
    close,
    [Symbol.asyncDispose]: close
  }
}
