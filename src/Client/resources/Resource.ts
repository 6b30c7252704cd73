/**
 * A device as a resource of a larger system: requests subject to a policy, sensors with persistent strategies, and the
 * state of the device.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type * as Socket from "effect/socket/Socket"
import type { Request } from "../../Interface/index.ts"
import type { ArgumentValue, KatcpError } from "../../Message/index.ts"
import type { Strategy } from "../../Sampling/index.ts"
import type * as Sensor from "../../Sensor/index.ts"
import type { Client } from "../Client.ts"
import type { Destination } from "../connection/Ends.ts"
import type { Version } from "../connection/Negotiation.ts"
import type { Options as ClientOptions } from "../connection/Options.ts"
import { type ClientState, isConnected, isDataSynced } from "../connection/State.ts"
import type { Contract } from "../contract/Contract.ts"
import { make as makeClient } from "../make.ts"
import type { Answer } from "../requests/Answer.ts"
import type { CallOptions } from "../requests/CallOptions.ts"
import type { Failure } from "../requests/Failure.ts"
import type { Methods } from "../requests/Methods.ts"
import type { ClientSensor, ClientSensors } from "../sensors/ClientSensor.ts"
import type { SensorFilter } from "../sensors/filter.ts"
import type { SensorEvent } from "../sensors/watch.ts"
import { GuardedRequests, type ResourceRequest } from "./GuardedRequests.ts"
import { type ListedSensor, type ListOptions, listSensors } from "./listSensors.ts"
import { type Outcome, outcomesOf } from "./outcomes.ts"
import { type Policy, tolerant } from "./Policy.ts"
import { knownName } from "./pythonNames.ts"
import { SamplingRules } from "./SamplingRules.ts"
import { until } from "./until.ts"

export type { ResourceRequest } from "./GuardedRequests.ts"

/**
 * Options of a resource. Its client has other defaults than usual: it connects in the background and inspects the device.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options<R extends Request.Any, S extends Sensor.Any> extends Policy {
  /** The contract of the device, for typed requests and sensors. Without one, use their names. */
  readonly contract?: Contract<R, S> | undefined
  /** A description for people. */
  readonly description?: string | undefined
  /** The name of the parent resource. */
  readonly parent?: string | undefined
  /**
   * `true` answers requests that the device does not have with `ok`, without sending them: for programs that run
   * against a part of a system. Default `false`.
   */
  readonly dummyUnknownRequests?: boolean | undefined
  /** Options of the client. */
  readonly client?: ClientOptions | undefined
}

/**
 * A device within a larger system (A-387…A-445).
 *
 * @category models
 * @since 0.1.0
 */
export interface Resource<in out R extends Request.Any, in out S extends Sensor.Any> {
  readonly name: string
  readonly description: string
  /** The name of the parent resource; `undefined` without one. */
  readonly parent: string | undefined
  /** The host that its client dials, as given; `undefined` if the Socket does not provide it. */
  readonly host: string | undefined
  /** The port that its client dials. */
  readonly port: number | undefined
  /** Both as text: `dish-7:7147`, `[::1]:7147`. */
  readonly address: string | undefined
  /** `true` if the policy allows controlling the device. */
  readonly controlled: boolean
  /** The versions that the device has announced on the newest connection. */
  readonly versions: ReadonlyMap<string, Version>
  /** The time of the newest connection, in milliseconds since 1970. `undefined` until there is one. */
  readonly lastConnect: number | undefined
  /** The client of the device. No policy applies to it. */
  readonly client: Client<R, S>
  /** The state of the client, and its changes. */
  readonly state: SubscriptionRef.SubscriptionRef<ClientState>
  /** `true` while the client is connected and negotiated. */
  readonly isConnected: boolean
  /** `true` if the whole device is known, and all strategies are set. */
  readonly isSynced: boolean
  /** `true` if the whole device is known. Some strategies may not be set yet. */
  readonly isDataSynced: boolean
  /** Waits until the whole device is known. Fails if the client is closed first. */
  readonly dataSynced: Effect.Effect<void, KatcpError>
  /** Streams {@link Resource.isSynced}: its current value, then each change. */
  readonly synced: Stream.Stream<boolean>
  /** Waits for a state. Fails if the client is closed first. */
  readonly until: (condition: (state: ClientState) => boolean) => Effect.Effect<ClientState, KatcpError>
  /**
   * The methods of the contract, subject to the policy. A request that is not allowed fails with `NotAllowed`, unsent.
   */
  readonly request: Methods<R>
  /** Makes a request by name with plain values, subject to the policy. `_` may replace a `-` of the device's name. */
  readonly call: (
    name: string,
    values?: ReadonlyArray<ArgumentValue>,
    options?: CallOptions
  ) => Effect.Effect<Answer, Failure>
  /** The requests of the device that the policy allows, with their help. */
  readonly requests: ReadonlyMap<string, string>
  /**
   * Returns a request that the device has and the policy allows, by its name or by its name in Python programs,
   * or `undefined`.
   */
  readonly requestNamed: (name: string) => ResourceRequest | undefined
  /** Returns such a request. Waits until the device is known, and queries the device for an unknown request. */
  readonly findRequest: (name: string) => Effect.Effect<Option.Option<ResourceRequest>, KatcpError>
  /** `true` while the resource is active, as it is at the start. Otherwise its requests fail with `NotAllowed`. */
  readonly isActive: boolean
  /** Activates or deactivates the resource. */
  readonly setActive: (active: boolean) => Effect.Effect<void>
  /** The sensors of the contract. */
  readonly sensor: ClientSensors<S>
  /** Returns a handle for a sensor by its name, or by its name in Python programs (`_` for `.` and `-`). */
  readonly sensorNamed: (name: string) => ClientSensor<unknown>
  /**
   * Returns a sensor of the device, by either name. Waits until the device is known, and queries the device for an
   * unknown sensor. Returns `None` if the device has no such sensor.
   */
  readonly findSensor: (name: string) => Effect.Effect<Option.Option<ClientSensor<unknown>>, KatcpError>
  /** Returns the sensors that the device has, sorted by name. */
  readonly listSensors: (options?: ListOptions) => Effect.Effect<ReadonlyArray<ListedSensor>>
  /**
   * Sets the strategy of sensors: current and future ones, across reconnections. For each sensor the strategy that was
   * set last applies. Returns the outcome for each current sensor when the device has answered, or
   * `Pending` if the device cannot be reached.
   */
  readonly setSampling: (
    filter: SensorFilter,
    strategy: Strategy.Strategy
  ) => Effect.Effect<ReadonlyMap<string, Outcome>>
  /** Removes the strategy that was set with the same filter. A sensor without other consumers is no longer sampled. */
  readonly forgetSampling: (filter: SensorFilter) => Effect.Effect<void>
  /** Returns the strategy that was set for a sensor, even if the device does not have the sensor yet. */
  readonly samplingOf: (name: string) => Strategy.Strategy | undefined
  /** Streams the readings of sensors by the strategies that were set. Sets no strategy itself. */
  readonly listen: (
    filter: SensorFilter
  ) => Stream.Stream<Extract<SensorEvent, { readonly _tag: "Reading" }>, KatcpError>
}

/**
 * Creates a resource of the device that the Socket dials. Returns at once; the client connects in the background until
 * the scope closes.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <R extends Request.Any = never, S extends Sensor.Any = never>(
  name: string,
  options: Options<R, S> = {}
): Effect.Effect<Resource<R, S>, KatcpError, Socket.Socket | Scope.Scope> =>
  Effect.gen(function* () {
    const contract: Contract<R, S> = options.contract ?? { requests: new Map(), sensorTypes: new Map() }
    const client = yield* makeClient(contract, {
      inspect: true,
      connecting: "background",
      host: name,
      ...options.client
    })
    const rules = new SamplingRules(client, yield* Effect.scope)
    const requests = new GuardedRequests(name, client, options)
    const { destination, state } = client
    const is = (condition: (state: ClientState) => boolean) => condition(SubscriptionRef.getUnsafe(state))
    const isSynced = (state: ClientState) => state._tag === "Synced"
    const isDummy = () => options.dummyUnknownRequests === true && is(isSynced)
    /** Returns the known item. Otherwise queries the device, and looks again by both names. */
    const find = <A extends object>(known: () => A | undefined, ask: Effect.Effect<unknown, KatcpError>) =>
      Effect.flatMap(client.dataSynced, () =>
        known() === undefined
          ? Effect.map(ask, () => Option.fromUndefinedOr(known()))
          : Effect.sync((): Option.Option<A> => Option.fromUndefinedOr(known()))
      )
    const sensorName = (sensor: string) => knownName(client.device.sensors, sensor)

    const resource: Resource<R, S> = {
      name,
      description: options.description ?? "",
      parent: options.parent,
      host: destination?.host,
      port: destination?.port,
      address: destination === undefined ? undefined : formatDestination(destination),
      controlled: options.controlled !== false,
      client,
      get versions() {
        return client.versions
      },
      get lastConnect() {
        return client.lastConnect
      },
      state,
      get isConnected() {
        return is(isConnected)
      },
      get isSynced() {
        return is(isSynced)
      },
      get isDataSynced() {
        return is(isDataSynced)
      },
      dataSynced: client.dataSynced,
      synced: Stream.changes(Stream.map(SubscriptionRef.changes(state), isSynced)),
      until: (condition) => until(state, condition),
      request: requests.methods as Methods<R>,
      call: (requested, values, callOptions) => requests.call(requested, values, callOptions, isDummy),
      get requests() {
        return requests.allowed
      },
      requestNamed: (requested) => requests.named(requested),
      findRequest: (requested) => find(() => requests.named(requested), client.inspectRequests()),
      get isActive() {
        return requests.isActive
      },
      setActive: (active) =>
        Effect.sync(() => {
          requests.isActive = active
        }),
      sensor: client.sensor,
      sensorNamed: (sensor) => client.sensorNamed(sensorName(sensor) ?? sensor),
      findSensor: (sensor) =>
        find(() => {
          const known = sensorName(sensor)
          return known === undefined ? undefined : client.sensorNamed(known)
        }, client.inspectSensors()),
      listSensors: (listOptions) => listSensors(resource, listOptions),
      setSampling: (filter, strategy) =>
        Effect.andThen(rules.set(filter, strategy), outcomesOf(client, tolerant(filter))),
      forgetSampling: (filter) => rules.forget(filter),
      samplingOf: (sensor) => rules.strategyOf(sensorName(sensor) ?? sensor),
      listen: (filter) =>
        Stream.filter(
          client.watch(tolerant(filter), { strategy: { _tag: "None" } }),
          (event) => event._tag === "Reading"
        )
    }
    return resource
  })

const formatDestination = ({ host, port }: Destination): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`
