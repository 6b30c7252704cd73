import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as EffectClient from "../Client/index.ts"
import type { Request } from "../Interface/index.ts"
import type { ArgumentValue } from "../Message/index.ts"
import type * as Sensor from "../Sensor/index.ts"
import { type Abortable, toIterable, toPromise } from "./bridge.ts"
import { type CallOptions, type Methods, methodsOf } from "./Client.ts"
import type { ConnectOptions } from "./ConnectOptions.ts"
import { clientOptions } from "./options.ts"
import { type ClientSensor, makeSensor, makeSensors } from "./Sensor.ts"
import { socketOf } from "./socketOf.ts"
import { type StrategyInput, strategyOf } from "./strategy.ts"

/**
 * The device of a resource, and its policy: see `Client.Resource.Options`.
 *
 * @category models
 * @since 0.1.0
 */
export interface ResourceOptions<R extends Request.Any, S extends Sensor.Any>
  extends Omit<ConnectOptions, "signal" | "wait" | "connectTimeout" | "connecting">,
    Omit<EffectClient.Resource.Options<R, S>, "client"> {}

/**
 * A request of a device, from its resource.
 *
 * @category models
 * @since 0.1.0
 */
export interface ResourceRequest extends Omit<EffectClient.Resource.ResourceRequest, "call"> {
  readonly call: (values?: ReadonlyArray<ArgumentValue>, options?: CallOptions) => Promise<EffectClient.Answer>
}

type Same =
  | "name"
  | "description"
  | "parent"
  | "host"
  | "port"
  | "address"
  | "controlled"
  | "versions"
  | "lastConnect"
  | "isConnected"
  | "isDataSynced"
  | "isSynced"
  | "isActive"
  | "requests"
  | "samplingOf"

/**
 * A device within a larger system, without Effect: see `Client.Resource`. It is available at once, and connects
 * in the background until it is closed.
 *
 * @category models
 * @since 0.1.0
 */
export interface Resource<in out R extends Request.Any, in out S extends Sensor.Any>
  extends Pick<EffectClient.Resource.Resource<R, S>, Same>,
    AsyncDisposable {
  /** The state of the client. */
  readonly state: EffectClient.ClientState
  /** Yields the state of the client, now and at each change. */
  readonly states: (options?: Abortable) => AsyncIterable<EffectClient.ClientState>
  /** Waits for a state. Rejects if the client is closed first. */
  readonly until: (
    condition: (state: EffectClient.ClientState) => boolean,
    options?: Abortable
  ) => Promise<EffectClient.ClientState>
  /** Waits until the whole device is known and all strategies are set. */
  readonly synced: (options?: Abortable) => Promise<void>
  /** The methods of the contract, subject to the policy. */
  readonly request: Methods<R>
  /** Makes a request by name with plain values, subject to the policy; `_` may replace `-`. */
  readonly call: (
    name: string,
    values?: ReadonlyArray<ArgumentValue>,
    options?: CallOptions
  ) => Promise<EffectClient.Answer>
  /** Returns a request that the device has and the policy allows, by either name, or `undefined`. */
  readonly requestNamed: (name: string) => ResourceRequest | undefined
  /** Returns such a request. Queries the device for an unknown request, once the device is known. */
  readonly findRequest: (name: string, options?: Abortable) => Promise<ResourceRequest | undefined>
  /** The sensors of the contract. */
  readonly sensor: { readonly [Name in S["name"]]: ClientSensor<Sensor.Value<Extract<S, { readonly name: Name }>>> }
  /** Returns the handle of a sensor by either name. */
  readonly sensorNamed: (name: string) => ClientSensor<unknown>
  /** Returns a sensor of the device, or `undefined`. Queries the device for an unknown sensor. */
  readonly findSensor: (name: string, options?: Abortable) => Promise<ClientSensor<unknown> | undefined>
  /** Returns the device's sensors, sorted by name. */
  readonly listSensors: (
    options?: EffectClient.ListOptions & Abortable
  ) => Promise<ReadonlyArray<EffectClient.ListedSensor>>
  /** Sets the strategy of current and future sensors. Resolves to the outcome by sensor. */
  readonly setSampling: (
    filter: EffectClient.SensorFilter,
    strategy: StrategyInput
  ) => Promise<ReadonlyMap<string, EffectClient.Outcome>>
  /** Removes the strategy that was set with the same filter. */
  readonly forgetSampling: (filter: EffectClient.SensorFilter) => Promise<void>
  /** Yields the readings of sensors by the strategies that were set. */
  readonly listen: (
    filter: EffectClient.SensorFilter,
    options?: Abortable
  ) => AsyncIterable<Extract<EffectClient.SensorEvent, { readonly _tag: "Reading" }>>
  /** Activates or deactivates the resource: an inactive one makes no requests. */
  readonly setActive: (active: boolean) => void
  /** Closes the client of the device. */
  readonly close: () => Promise<void>
}

/** Returns the options of a resource, and its destination, for the room below. */
export const effectOptions = <R extends Request.Any, S extends Sensor.Any>(
  options: ResourceOptions<R, S>
): { readonly socket: ReturnType<typeof socketOf>; readonly own: EffectClient.Resource.Options<R, S> } => {
  const { alwaysAllowed, alwaysExcluded, contract, controlled, description, dummyUnknownRequests, parent, ...rest } =
    options
  return {
    socket: socketOf(rest),
    own: {
      alwaysAllowed,
      alwaysExcluded,
      contract,
      controlled,
      description,
      parent,
      dummyUnknownRequests,
      client: clientOptions(rest)
    }
  }
}

/**
 * Creates a resource of the device in the options. It is available at once; wait for `synced`.
 *
 * @example
 * ```ts no-run
 * import { resource } from "katcp/promise"
 *
 * const dish = await resource("dish", { host: "dish-7", port: 7147, controlled: false, alwaysAllowed: ["help"] })
 * await dish.synced({ signal: AbortSignal.timeout(10_000) })
 * await dish.setSampling("rx_*", "period 1")
 * for await (const { sensor, reading } of dish.listen("*")) console.log(sensor.name, reading.value)
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const resource = async <R extends Request.Any = never, S extends Sensor.Any = never>(
  name: string,
  options: ResourceOptions<R, S>
): Promise<Resource<R, S>> => {
  const { own, socket } = effectOptions(options)
  const scope = Scope.makeUnsafe()
  const making = Effect.gen(function* () {
    const dialled = yield* Layer.buildWithScope(socket, scope)
    return yield* EffectClient.Resource.make(name, own).pipe(Effect.provideContext(dialled), Scope.provide(scope))
  })
  try {
    return wrapResource(await toPromise(making), () => toPromise(Scope.close(scope, Exit.void)))
  } catch (error) {
    await toPromise(Scope.close(scope, Exit.void))
    throw error
  }
}

const wrapRequest = (request: EffectClient.Resource.ResourceRequest): ResourceRequest => ({
  name: request.name,
  description: request.description,
  get timeoutHint() {
    return request.timeoutHint
  },
  get isActive() {
    return request.isActive
  },
  call: (values, options) => toPromise(request.call(values, options), options?.signal)
})

/** Wraps a resource of the room below. */
export const wrapResource = <R extends Request.Any, S extends Sensor.Any>(
  below: EffectClient.Resource.Resource<R, S>,
  close: () => Promise<void>
): Resource<R, S> => {
  const isSynced = (state: EffectClient.ClientState) => state._tag === "Synced"
  const { address, controlled, description, host, name, parent, port } = below
  return {
    name,
    description,
    parent,
    host,
    port,
    address,
    controlled,
    get versions() {
      return below.versions
    },
    get lastConnect() {
      return below.lastConnect
    },
    get isConnected() {
      return below.isConnected
    },
    get isDataSynced() {
      return below.isDataSynced
    },
    get isSynced() {
      return below.isSynced
    },
    get isActive() {
      return below.isActive
    },
    get requests() {
      return below.requests
    },
    samplingOf: below.samplingOf,
    get state() {
      return SubscriptionRef.getUnsafe(below.state)
    },
    states: (options) => toIterable(SubscriptionRef.changes(below.state), options?.signal),
    until: (condition, options) => toPromise(below.until(condition), options?.signal),
    synced: (options) => toPromise(Effect.asVoid(below.until(isSynced)), options?.signal),
    request: methodsOf(below.request) as Methods<R>,
    call: (requested, values, options) => toPromise(below.call(requested, values, options), options?.signal),
    requestNamed: (requested) => {
      const found = below.requestNamed(requested)
      return found === undefined ? undefined : wrapRequest(found)
    },
    findRequest: async (requested, options) =>
      Option.getOrUndefined(Option.map(await toPromise(below.findRequest(requested), options?.signal), wrapRequest)),
    sensor: makeSensors(below.sensor) as Resource<R, S>["sensor"],
    sensorNamed: (sensor) => makeSensor(below.sensorNamed(sensor)),
    findSensor: async (sensor, options) =>
      Option.getOrUndefined(Option.map(await toPromise(below.findSensor(sensor), options?.signal), makeSensor)),
    listSensors: (options) => toPromise(below.listSensors(options), options?.signal),
    setSampling: async (filter, strategy) => toPromise(below.setSampling(filter, strategyOf(strategy))),
    forgetSampling: (filter) => toPromise(below.forgetSampling(filter)),
    listen: (filter, options) => toIterable(below.listen(filter), options?.signal),
    setActive: (active) => Effect.runSync(below.setActive(active)),
    close,
    [Symbol.asyncDispose]: close
  }
}
