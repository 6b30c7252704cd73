import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type * as NetAddress from "effect/net/NetAddress"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type * as Socket from "effect/socket/Socket"
import * as EffectClient from "../Client/index.ts"
import type { Request } from "../Interface/index.ts"
import {
  type ArgumentValue,
  ConnectFailed,
  expectOptions,
  KatcpError,
  type Message,
  type Protocol
} from "../Message/index.ts"
import type * as Sensor from "../Sensor/index.ts"
import { type Abortable, toIterable, toPromise } from "./bridge.ts"
import { type CommonOptions, clientOptions, isPatient } from "./options.ts"
import { type ClientSensor, makeSensor, makeSensors } from "./Sensor.ts"
import { type StrategyInput, strategyOf } from "./strategy.ts"

/**
 * The options of a single request. `timeout` is in milliseconds, `Infinity` for none.
 *
 * @category models
 * @since 0.1.0
 */
export interface CallOptions extends Abortable {
  readonly timeout?: number | undefined
  readonly id?: number | undefined
  readonly useId?: boolean | undefined
}

/** The parameters of the Effect client's method, with options that include a signal. */
type Parameters<R extends Request.Any> =
  EffectClient.Parameters<R> extends readonly [args: infer Args, options?: unknown]
    ? [args: Args, options?: CallOptions | undefined]
    : EffectClient.Parameters<R> extends readonly [args?: infer Args, options?: unknown]
      ? [args?: Args, options?: CallOptions | undefined]
      : never

/**
 * One method for each request of a contract.
 *
 * @category models
 * @since 0.1.0
 */
export type Methods<R extends Request.Any> = {
  readonly [Name in R["name"]]: (
    ...parameters: Parameters<Request.Named<R, Name>>
  ) => Promise<EffectClient.Result<Request.Named<R, Name>>>
}

/**
 * A client of one device, which reconnects whenever the connection is lost. Promises reject, and iterations throw, with
 * the errors of the library: `RequestFailed`, `RequestInvalid` and `KatcpError`. Distinguish them by `_tag`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Client<in out R extends Request.Any, in out S extends Sensor.Any> extends AsyncDisposable {
  /** A method for each request of the contract. */
  readonly request: Methods<R>
  /** Makes a request by name with plain values. */
  readonly call: (
    name: string,
    values?: ReadonlyArray<ArgumentValue>,
    options?: CallOptions
  ) => Promise<EffectClient.Answer>
  /** Makes a request by name. Resolves to the reply for any return code. */
  readonly callRaw: (
    name: string,
    values?: ReadonlyArray<ArgumentValue>,
    options?: CallOptions
  ) => Promise<EffectClient.Answer>
  /** Makes a request like {@link Client.call}, and yields each inform as it arrives; the last element is the reply. */
  readonly callStream: (
    name: string,
    values?: ReadonlyArray<ArgumentValue>,
    options?: CallOptions
  ) => AsyncIterable<EffectClient.Piece<Message, Message>>
  /** A handle for each sensor of the contract. */
  readonly sensor: { readonly [Name in S["name"]]: ClientSensor<Sensor.Value<Extract<S, { readonly name: Name }>>> }
  /** Returns the handle of a sensor by name. */
  readonly sensorNamed: (name: string) => ClientSensor<unknown>
  /** Yields everything that happens to sensors from now on, by a strategy, default `event`. */
  readonly watch: (
    filter: EffectClient.SensorFilter,
    options?: Abortable & { readonly strategy?: StrategyInput | undefined; readonly capacity?: number | undefined }
  ) => AsyncIterable<EffectClient.SensorEvent>
  /** Mirrors sensors, by a strategy, default `auto`, until the mirror is disposed. */
  readonly mirror: (filter: EffectClient.SensorFilter, strategy?: StrategyInput) => Mirror
  /**
   * The known part of the device: its requests with their help, and its mirrored sensors. A spread copies none of these
   * members: name the ones that you need.
   */
  readonly device: Pick<EffectClient.RemoteDevice, "requests" | "sensors" | "timeoutHints">
  /** Yields the changes of the device's interface from now on. */
  readonly interfaceChanges: (options?: Abortable) => AsyncIterable<EffectClient.InterfaceChange>
  /** Yields the asynchronous informs of that name, or all, from now on, across reconnections. */
  readonly informs: (name?: string, options?: Abortable & EffectClient.SubscribeOptions) => AsyncIterable<Message>
  /** Calls the handler with each asynchronous inform of that name. Returns a function that stops this. */
  readonly onInform: (name: string, handler: EffectClient.InformHandler | EffectClient.TypedInform) => () => void
  /** Requests the device's requests, all or one, and updates {@link Client.device}. */
  readonly inspectRequests: (name?: string, options?: Abortable) => Promise<ReadonlyMap<string, string>>
  /** Requests the device's sensors, all or one, even those added without an announcement. */
  readonly inspectSensors: (name?: string, options?: Abortable) => Promise<ReadonlyMap<string, Sensor.Any>>
  /** Waits until the needed part of the device's interface is known, whether or not sensors are subscribed. */
  readonly dataSynced: (options?: Abortable) => Promise<void>
  /** Waits until everything needed of the device is known and subscribed. */
  readonly synced: (options?: Abortable) => Promise<void>
  /** The state of the client. */
  readonly state: EffectClient.ClientState
  /** Yields the state of the client, now and at each change. */
  readonly states: (options?: Abortable) => AsyncIterable<EffectClient.ClientState>
  readonly isConnected: boolean
  /** The address of this end of the connection; `undefined` without a connection. */
  readonly localAddress: NetAddress.SocketAddress | undefined
  /** The address of the device's end. */
  readonly remoteAddress: NetAddress.SocketAddress | undefined
  /** The device's protocol. */
  readonly protocol: Protocol
  /** The versions that the device has announced. */
  readonly versions: ReadonlyMap<string, EffectClient.Version>
  /** Drops the connection and reconnects at once. */
  readonly reconnect: () => Promise<void>
  /** Accepts no further requests, waits for those in flight, and closes. */
  readonly drain: () => Promise<void>
  /** Closes the client: open requests reject. `await using`, from Node 24 on, does this at the end of the block. */
  readonly close: () => Promise<void>
  /** Settles with the reason when the client is permanently closed. */
  readonly closed: Promise<KatcpError>
}

/**
 * Sensors that are mirrored until it is disposed.
 *
 * @category models
 * @since 0.1.0
 */
export interface Mirror extends Disposable {
  /** All sensors that the client mirrors, with their newest readings. */
  readonly sensors: Sensor.SensorSet
  /** Stops mirroring. */
  readonly end: () => void
}

/**
 * Milliseconds for which an absent device is tried. Not measured: longer than a lost packet of the handshake costs (3
 * s), shorter than people wait.
 */
const connectTimeout = 10_000

/** Waits for the connection. Fails with the error of the last attempt if the time is over. */
const within = (
  client: Pick<EffectClient.Client<never, never>, "awaitConnected" | "destination" | "events">,
  timeout: number
): Effect.Effect<void, KatcpError> =>
  Effect.suspend(() => {
    const { destination } = client
    const late = new Error(`it was not reached within ${timeout} ms`)
    const host = destination === undefined ? {} : { host: `${destination.host}:${destination.port}` }
    let last = new KatcpError({ reason: new ConnectFailed({ cause: late }), ...host })
    const failures = Stream.runForEach(client.events, (event) =>
      Effect.sync(() => {
        if (event._tag === "ConnectFailed") last = event.reason
      })
    )
    return Effect.timeoutOrElse(Effect.raceFirst(client.awaitConnected, Effect.andThen(failures, Effect.never)), {
      duration: timeout,
      orElse: () => Effect.fail(last)
    })
  })

/** Returns `true` for a contract: the first argument of `connect` may be a contract or the options. */
export const isContract = (value: object): value is EffectClient.Contract<Request.Any, Sensor.Any> =>
  (typeof value === "function" || (typeof value === "object" && value !== null)) && "requests" in value

/** Returns an empty contract, for a device without one. */
export const noContract = (): EffectClient.Contract<never, never> => ({
  requests: new Map<string, never>(),
  sensorTypes: new Map<string, never>()
})

/** Opens a client of the device that a Socket dials. Rejects for invalid options. */
export const openClient = async <R extends Request.Any, S extends Sensor.Any>(
  contract: EffectClient.Contract<R, S>,
  options: CommonOptions,
  dial: () => Layer.Layer<Socket.Socket>
): Promise<Client<R, S>> => {
  expectOptions("connect", options)
  const scope = Scope.makeUnsafe()
  const making = Effect.gen(function* () {
    const socket = yield* Layer.buildWithScope(dial(), scope)
    const client = yield* EffectClient.make(contract, clientOptions(options)).pipe(
      Effect.provideContext(socket),
      Scope.provide(scope)
    )
    if (isPatient(options)) yield* within(client, options.connectTimeout ?? connectTimeout)
    return client
  })
  try {
    return wrap(await toPromise(making, options.signal), scope)
  } catch (error) {
    await toPromise(Scope.close(scope, Exit.void))
    throw error
  }
}

type Method = (args: unknown, options: EffectClient.CallOptions | undefined) => Effect.Effect<unknown, unknown>

/** Returns the methods of a contract as functions that return promises. */
export const methodsOf = (below: object): Record<string, unknown> => {
  const methods: Record<string, unknown> = Object.create(null)
  for (const [name, method] of Object.entries(below) as ReadonlyArray<[string, Method]>)
    methods[name] = (args: unknown, options?: CallOptions) => toPromise(method(args, options), options?.signal)
  return methods
}

const wrap = <R extends Request.Any, S extends Sensor.Any>(
  client: EffectClient.Client<R, S>,
  scope: Scope.Closeable
): Client<R, S> => {
  const close = () => toPromise(Scope.close(scope, Exit.void))
  return {
    request: methodsOf(client.request) as Methods<R>,
    call: (name, values, options) => toPromise(client.call(name, values, options), options?.signal),
    callRaw: (name, values, options) => toPromise(client.callRaw(name, values, options), options?.signal),
    callStream: (name, values, options) => toIterable(client.callStream(name, values, options), options?.signal),
    sensor: makeSensors(client.sensor) as Client<R, S>["sensor"],
    sensorNamed: (name) => makeSensor(client.sensorNamed(name)),
    watch: (filter, options) =>
      toIterable(
        client.watch(filter, {
          strategy: options?.strategy === undefined ? undefined : strategyOf(options.strategy),
          capacity: options?.capacity
        }),
        options?.signal
      ),
    mirror: (filter, strategy) => {
      const own = Scope.makeUnsafe()
      const wanted = strategy === undefined ? undefined : strategyOf(strategy)
      const sensors = Effect.runSync(Scope.provide(client.mirror(filter, wanted), own))
      const end = () => Effect.runSync(Scope.close(own, Exit.void))
      return { sensors, end, [Symbol.dispose]: end }
    },
    device: client.device,
    interfaceChanges: (options) => toIterable(client.device.changes, options?.signal),
    informs: (name, options) => toIterable(client.informs(name, options), options?.signal),
    onInform: (name, handler) => {
      const own = Scope.makeUnsafe()
      Effect.runSync(Scope.provide(client.onInform(name, handler), own))
      return () => Effect.runSync(Scope.close(own, Exit.void))
    },
    inspectRequests: (name, options) => toPromise(client.inspectRequests(name), options?.signal),
    inspectSensors: (name, options) => toPromise(client.inspectSensors(name), options?.signal),
    dataSynced: (options) => toPromise(client.dataSynced, options?.signal),
    synced: (options) => toPromise(client.synced, options?.signal),
    get state() {
      return SubscriptionRef.getUnsafe(client.state)
    },
    states: (options) => toIterable(SubscriptionRef.changes(client.state), options?.signal),
    get isConnected() {
      return client.isConnected
    },
    get localAddress() {
      return client.localAddress
    },
    get remoteAddress() {
      return client.remoteAddress
    },
    get protocol() {
      return client.protocol
    },
    get versions() {
      return client.versions
    },
    reconnect: () => toPromise(client.reconnect),
    drain: () => toPromise(Effect.andThen(client.drain, Scope.close(scope, Exit.void))),
    close,
    get closed() {
      return Effect.runPromise(client.closed)
    },
    [Symbol.asyncDispose]: close
  }
}
