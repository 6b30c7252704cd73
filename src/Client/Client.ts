import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as NetAddress from "effect/net/NetAddress"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type * as SubscriptionRef from "effect/SubscriptionRef"
import * as Socket from "effect/socket/Socket"
import type { Dialect } from "../Codec/index.ts"
import type { Change, Request } from "../Interface/index.ts"
import { type ArgumentValue, expectOptions, type KatcpError, type Message, type Protocol } from "../Message/index.ts"
import { Strategy } from "../Sampling/index.ts"
import type * as Sensor from "../Sensor/index.ts"
import { Core } from "./Core.ts"
import { forwardLog } from "./connection/deviceLog.ts"
import type { Destination, DialledSocket } from "./connection/Ends.ts"
import type { InformHandler, SubscribeOptions } from "./connection/Informs.ts"
import { Link } from "./connection/Link.ts"
import type { Version } from "./connection/Negotiation.ts"
import type { OddityReport } from "./connection/Oddities.ts"
import { type CallOptions, type Options, resolve } from "./connection/Options.ts"
import type { ClientEvent, ClientState } from "./connection/State.ts"
import type { TypedInform } from "./connection/TypedInform.ts"
import { ContractCheck } from "./contract/ContractCheck.ts"
import { type Answer, plain, unchecked } from "./requests/Answer.ts"
import { byName, Calls } from "./requests/Calls.ts"
import type { Failure } from "./requests/Gathered.ts"
import { Hints } from "./requests/Hints.ts"
import { type Methods, make as makeMethods, type StreamMethods } from "./requests/Methods.ts"
import type { Piece } from "./requests/Streamed.ts"
import { type ClientSensor, make as makeSensor } from "./sensors/ClientSensor.ts"
import { matcherOf, type SensorFilter } from "./sensors/filter.ts"
import { Mirror } from "./sensors/Mirror.ts"
import type { InterfaceChange } from "./sensors/Model.ts"
import type { SamplingState } from "./sensors/Subscription.ts"
import { eventsOf, type SensorEvent } from "./sensors/watch.ts"

/**
 * What a client needs of a contract. Every `Interface` has it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Contract<out R extends Request.Any, out S extends Sensor.Any> {
  /** The requests by name. */
  readonly requests: ReadonlyMap<string, R>
  /** The sensors by name. */
  readonly sensorTypes: ReadonlyMap<string, S>
}

/**
 * A handle for each sensor of a contract.
 *
 * @category models
 * @since 0.1.0
 */
export type ClientSensors<S extends Sensor.Any> = {
  readonly [Name in S["name"]]: ClientSensor<Sensor.Value<Extract<S, { readonly name: Name }>>>
}

/**
 * What is known of the interface of a device, kept up to date as it tells of changes.
 *
 * @category models
 * @since 0.1.0
 */
export interface RemoteDevice {
  /** The requests by name, with their help. Empty without `Options.inspect`. */
  readonly requests: ReadonlyMap<string, string>
  /** The time-outs that the device gives its requests, in seconds (Rev 5.1 §5.1). Empty without flag T. */
  readonly timeoutHints: ReadonlyMap<string, number>
  /** The sensors that are mirrored, with their readings. The client changes the set; it is to be read only. */
  readonly sensors: Sensor.SensorSet
  /** What changes from now on. */
  readonly changes: Stream.Stream<InterfaceChange>
}

/**
 * The interface of a device as it was told on demand.
 *
 * @category models
 * @since 0.1.0
 */
export interface Inspected {
  /** The requests by name, with their help. */
  readonly requests: ReadonlyMap<string, string>
  /** The sensors by name, as the device describes them. */
  readonly sensors: ReadonlyMap<string, Sensor.Any>
}

/**
 * A client of one device, which connects again whenever the connection is lost: any number of requests at once. No
 * request is sent again by itself; what is in flight when the connection is lost fails with `Disconnected`.
 *
 * Replies are paired with requests by their id. Where a device has none (version 4, or no flag I) they are paired by
 * name in the order of sending (Rev 5.1 §2.2): requests of the same name are then answered in their order or, if the
 * device answers them in another, wrongly.
 *
 * @category models
 * @since 0.1.0
 */
export interface Client<in out R extends Request.Any, in out S extends Sensor.Any> {
  /** The contract that it was made with; without one, it is empty. */
  readonly contract: Contract<R, S>
  /**
   * A method for each request of the contract. Its effect sends the request each time it is run, and gives the values
   * of the reply and the informs. It fails with `RequestFailed` or `RequestInvalid` where the device says so, and with
   * `KatcpError` where there is no answer that counts: `BadArgument` (nothing was sent), `TimedOut`, `Disconnected`,
   * `MalformedReply`, `Unsupported`. Interrupting it gives the request up; the device is not told.
   */
  readonly request: Methods<R>
  /**
   * The same, with each inform as it comes; the last element is the reply. It fails where the method of
   * {@link Client.request} does. The time-out is that of the whole.
   *
   * An answer of any length takes little memory. When 1024 informs, or 1 MiB of them, wait for the reader of the stream,
   * nothing more is read from the device until the reader takes them, and the time-out stands still. Sensors and other
   * asynchronous informs wait too. While another request waits for its answer, reading goes on, and up to
   * `Options.maxInforms` informs are held.
   */
  readonly stream: StreamMethods<R>
  /** A request by name with plain values, whether or not the contract has it. Fails like {@link Client.request}. */
  readonly call: (
    name: string,
    values?: ReadonlyArray<ArgumentValue>,
    options?: CallOptions
  ) => Effect.Effect<Answer, Failure>
  /** The same, which gives the reply whatever its return code. */
  readonly callRaw: (
    name: string,
    values?: ReadonlyArray<ArgumentValue>,
    options?: CallOptions
  ) => Effect.Effect<Answer, KatcpError>
  /** The same as {@link Client.call}, with each inform as it comes; the last element is the reply. */
  readonly callStream: (
    name: string,
    values?: ReadonlyArray<ArgumentValue>,
    options?: CallOptions
  ) => Stream.Stream<Piece<Message, Message>, Failure>
  /** The same, whatever the return code of the reply. */
  readonly callRawStream: (
    name: string,
    values?: ReadonlyArray<ArgumentValue>,
    options?: CallOptions
  ) => Stream.Stream<Piece<Message, Message>, KatcpError>
  /**
   * Sends a message of any kind as it is. A reply to it reaches nobody, but counts as `LateReply`. Waits while the
   * device does not read; fails where there is no connection. That the message arrives is not said.
   */
  readonly send: (message: Message) => Effect.Effect<void, KatcpError>
  /**
   * Calls the handler with each asynchronous inform of that name, until the scope closes. The quickest way to them. A
   * handler made by {@link informOf} gets the arguments decoded.
   */
  readonly onInform: (name: string, handler: InformHandler | TypedInform) => Effect.Effect<void, never, Scope.Scope>
  /**
   * The asynchronous informs of that name, or all, from the start of the stream on, over any number of connections. It
   * ends when the client is closed, and fails with the reason where it gives up connecting.
   */
  readonly informs: (name?: string, options?: SubscribeOptions) => Stream.Stream<Message, KatcpError>
  /** The same from now on: nothing is missed that comes after this effect is done. */
  readonly subscribe: (
    name?: string,
    options?: SubscribeOptions
  ) => Effect.Effect<Stream.Stream<Message, KatcpError>, never, Scope.Scope>
  /** A handle for each sensor of the contract. */
  readonly sensor: ClientSensors<S>
  /** The handle of a sensor of any name; its values are of the contract's type, or of the one that the device tells. */
  readonly sensorNamed: (name: string) => ClientSensor<unknown>
  /**
   * All that happens to sensors from now on: which are there, come and go, and their readings by a strategy, default
   * `event`; by `none` what others have them sampled for. For the rest as `ClientSensor.sample`. At most `capacity` events, default 65536, wait for a slow reader;
   * past that the oldest are lost, which is counted (`LostInforms`).
   */
  readonly watch: (
    filter: SensorFilter,
    options?: { readonly strategy?: Strategy.Strategy | undefined; readonly capacity?: number | undefined }
  ) => Stream.Stream<SensorEvent, KatcpError>
  /**
   * Mirrors sensors until the scope closes, by a strategy, default `auto`: they are in the set that this gives, which all
   * who mirror share, with the newest readings. Wait for {@link Client.synced} to have them all.
   */
  readonly mirror: (
    filter: SensorFilter,
    strategy?: Strategy.Strategy
  ) => Effect.Effect<Sensor.SensorSet, never, Scope.Scope>
  /** How a sensor is sampled on the wire; undefined where nobody wants it, or the device does not have it. */
  readonly samplingOf: (name: string) => SamplingState | undefined
  /**
   * What the device does not keep of the contract, and what it has besides, as far as its lists tell; undefined while
   * that is not known. See `Options.checkContract`.
   */
  readonly differences: ReadonlyArray<Change> | undefined
  /** The same, asked of the device now (`?help`, `?sensor-list`, `?version-list`). */
  readonly checkContract: Effect.Effect<ReadonlyArray<Change>, Failure>
  /** What is known of the device: all of it with `Options.inspect`, else what somebody wants of its sensors. */
  readonly device: RemoteDevice
  /**
   * Asks the device now for its requests, all or the one of that name (`?help`), and brings {@link Client.device} up to
   * date: also with what came or went without a word. Returns their help by name; a request that the device does
   * not have is not among them. Fails if the device cannot be asked, and does not try again by itself.
   */
  readonly inspectRequests: (name?: string) => Effect.Effect<ReadonlyMap<string, string>, KatcpError>
  /**
   * The same for its sensors (`?sensor-list`, A-370). A sensor that somebody waits for, and that the device has added
   * without a word, is sampled from then on.
   */
  readonly inspectSensors: (name?: string) => Effect.Effect<ReadonlyMap<string, Sensor.Any>, KatcpError>
  /** Both, requests and sensors. */
  readonly inspect: Effect.Effect<Inspected, KatcpError>
  /**
   * Returns the handle of a sensor that the device has: at once if it is known, else the device is asked for it. None if
   * there is no sensor of that name.
   */
  readonly findSensor: (name: string) => Effect.Effect<Option.Option<ClientSensor<unknown>>, KatcpError>
  /** Returns the help of a request in the same way. */
  readonly findRequest: (name: string) => Effect.Effect<Option.Option<string>, KatcpError>
  /**
   * Waits until all is known that is wanted of the device's interface, with `Options.inspect` all of it, whether or not
   * sensors are subscribed; fails where the client is closed before.
   */
  readonly dataSynced: Effect.Effect<void, KatcpError>
  /** Waits until all that is wanted of the device is known and subscribed; fails where the client is closed before. */
  readonly synced: Effect.Effect<void, KatcpError>
  /** Where the client is, and whenever that changes. To be read, not to be set. */
  readonly state: SubscriptionRef.SubscriptionRef<ClientState>
  /** What happens to the connection from now on; ends when the client is closed. */
  readonly events: Stream.Stream<ClientEvent>
  /** What the device speaks, or spoke when it was last connected; version 0.0 as long as it was never reached. */
  readonly protocol: Protocol
  /** How times, for one thing, stand on the wire in what it speaks. */
  readonly dialect: Dialect.Dialect
  /**
   * The versions that the device has told on the newest connection: `katcp-protocol`, `katcp-device`, …; at version 4
   * `version`, `build-state`.
   */
  readonly versions: ReadonlyMap<string, Version>
  /** When the newest connection was made, in milliseconds since 1970; undefined as long as there was none. */
  readonly lastConnect: number | undefined
  /** What came that should not have come. */
  readonly oddities: OddityReport
  /** Whether requests can be made now. */
  readonly isConnected: boolean
  /** The address of this end of the connection; undefined without a connection, or if the Socket does not tell. */
  readonly localAddress: NetAddress.SocketAddress | undefined
  /** The address of the device's end: of those of its host the one that was connected to. */
  readonly remoteAddress: NetAddress.SocketAddress | undefined
  /** The host and port that it dials, as they were given; undefined if the Socket does not tell. */
  readonly destination: Destination | undefined
  /** Waits until requests can be made, which may be now; fails with the reason where the client is closed for good. */
  readonly awaitConnected: Effect.Effect<void, KatcpError>
  /**
   * Gives the connection up, or the wait for the next one, and connects anew at once, whatever the schedule says. What is
   * in flight fails with `Disconnected`. A dial that is under way is left alone; where it fails, the next follows at
   * once. Does nothing to a client that is closed.
   */
  readonly reconnect: Effect.Effect<void>
  /**
   * Ends in good order: takes no further requests, waits until those in flight are answered, timed out or given up, and
   * closes. Interrupting it closes the client at once.
   */
  readonly drain: Effect.Effect<void>
  /** Waits until the client is closed for good, and gives the reason. */
  readonly closed: Effect.Effect<KatcpError>
  /** Closes the client: what was written still goes out, what is open fails with `Disconnected`. */
  readonly close: Effect.Effect<void>
}

const watchCapacity = 65536
const empty: Contract<never, never> = { requests: new Map<string, never>(), sensorTypes: new Map<string, never>() }

/**
 * A client of the device that the Socket dials; it waits until it is connected, and from then on connects again whenever
 * the connection is lost, until the scope closes. While the device cannot be reached it goes on trying
 * (`Options.connecting`). Fails with `KatcpError` where there is no use in that: `Unsupported` for a version of the
 * protocol that is not spoken here, `ProtocolConflict` where the device contradicts itself (P-134), and, where
 * `connecting` or `reconnect` say so, `ConnectFailed`, `TimedOut` (the device does not say what it speaks: preset it),
 * `MalformedReply`, `Disconnected`.
 *
 * @category constructors
 * @since 0.1.0
 */
export function make<R extends Request.Any, S extends Sensor.Any>(
  contract: Contract<R, S>,
  options?: Options
): Effect.Effect<Client<R, S>, KatcpError, Socket.Socket | Scope.Scope>
export function make(options?: Options): Effect.Effect<Client<never, never>, KatcpError, Socket.Socket | Scope.Scope>
export function make<R extends Request.Any, S extends Sensor.Any>(
  first?: Contract<R, S> | Options,
  second?: Options
): Effect.Effect<Client<R, S>, KatcpError, Socket.Socket | Scope.Scope> | ReturnType<typeof connectPlain> {
  const options = isContract(first) ? second : first
  if (options !== undefined) expectOptions("Client.make", options)
  return isContract(first) ? connect(first, second) : connectPlain(first)
}

// the options have `requests` too, but as a record
const isContract = <R extends Request.Any, S extends Sensor.Any>(
  value: Contract<R, S> | Options | undefined
): value is Contract<R, S> =>
  ((typeof value === "object" && value !== null) || typeof value === "function") &&
  "requests" in value &&
  value.requests instanceof Map

const connectPlain = (options?: Options) => connect(empty, options)

const connect = Effect.fnUntraced(function* <R extends Request.Any, S extends Sensor.Any>(
  contract: Contract<R, S>,
  options?: Options
) {
  const socket = yield* Socket.Socket
  const scope = yield* Effect.scope
  const core = new Core(resolve(options), yield* Effect.context<never>(), scope)
  const link = yield* Link.make(core, socket)
  const hints = new Hints(core)
  const calls = new Calls(core, link, hints)
  const mirror = yield* Mirror.make(core, link, calls, contract.sensorTypes)
  const methods = makeMethods(contract.requests, calls)
  const { informs, oddities } = core
  if (core.options.deviceLog) forwardLog(core)
  link.whenClosed((error) => {
    informs.end(error ?? "closed")
    oddities.end()
  })
  const contractCheck = new ContractCheck(core, contract, {
    call: (name, values, options) => calls.call(byName(name, plain), values, options),
    get protocol() {
      return link.protocol
    },
    get versions() {
      return link.versions
    }
  })
  yield* link.start([hints.follow(calls), mirror, contractCheck])
  if (core.options.connecting !== "background") yield* Effect.onInterrupt(link.connected, () => link.close)
  const parts = { core, link, calls, mirror }
  const sensor: Record<string, ClientSensor<unknown>> = Object.create(null)
  for (const [name, type] of contract.sensorTypes) sensor[name] = makeSensor(parts, name, type)
  const client: Client<R, S> = {
    contract,
    request: methods.request as Methods<R>,
    stream: methods.stream as StreamMethods<R>,
    call: (name, values, options) => calls.call(byName(name, plain), values, options, calls.sites.note(client.call)),
    callRaw: (name, values, options) =>
      calls.call(byName(name, unchecked), values, options, calls.sites.note(client.callRaw)) as Effect.Effect<
        Answer,
        KatcpError
      >,
    callStream: (name, values, options) =>
      calls.stream(byName(name, plain), values, options, calls.sites.note(client.callStream)),
    callRawStream: (name, values, options) =>
      calls.stream(byName(name, unchecked), values, options, calls.sites.note(client.callRawStream)) as Stream.Stream<
        Piece<Message, Message>,
        KatcpError
      >,
    send: (message) => link.send(message),
    onInform: (name, handler) => informs.on(name, handler),
    informs: (name, options) => informs.stream(name, options),
    subscribe: (name, options) => informs.subscribe(name, options),
    sensor: sensor as ClientSensors<S>,
    sensorNamed: (name) => sensor[name] ?? makeSensor(parts, name, undefined),
    watch: (filter, options) =>
      eventsOf(mirror, {
        matcher: matcherOf(filter),
        strategy: options?.strategy ?? Strategy.event,
        capacity: options?.capacity ?? watchCapacity
      }),
    mirror: (filter, strategy = Strategy.auto) =>
      Effect.as(mirror.want({ matcher: matcherOf(filter), strategy, receiver: undefined }), mirror.sensors),
    get differences() {
      return contractCheck.differences
    },
    checkContract: contractCheck.now,
    samplingOf: (name) => mirror.samplingOf(name),
    device: {
      get requests() {
        return mirror.requests
      },
      get timeoutHints() {
        return hints.seconds
      },
      sensors: mirror.sensors,
      changes: mirror.changes.stream
    },
    inspectRequests: (name) => mirror.inspectRequests(name),
    inspectSensors: (name) => mirror.inspectSensors(name),
    inspect: Effect.zipWith(
      Effect.suspend(() => mirror.inspectRequests()),
      Effect.suspend(() => mirror.inspectSensors()),
      (requests, sensors) => ({ requests, sensors }),
      { concurrent: true }
    ),
    findSensor: (name) =>
      Effect.suspend(() =>
        mirror.sensors.has(name)
          ? Effect.succeedSome(client.sensorNamed(name))
          : Effect.map(mirror.inspectSensors(name), (found) =>
              found.has(name) ? Option.some(client.sensorNamed(name)) : Option.none()
            )
      ),
    findRequest: (name) =>
      Effect.suspend(() => {
        const known = mirror.requests.get(name)
        if (known !== undefined) return Effect.succeedSome(known)
        return Effect.map(mirror.inspectRequests(name), (found) => Option.fromNullishOr(found.get(name)))
      }),
    dataSynced: Effect.suspend(() => mirror.dataSynced),
    synced: Effect.suspend(() => mirror.synced),
    state: link.state,
    events: link.events.stream,
    get protocol() {
      return link.protocol
    },
    get dialect() {
      return link.dialect
    },
    get versions() {
      return link.versions
    },
    get lastConnect() {
      return link.lastConnect
    },
    oddities,
    get isConnected() {
      return link.current !== undefined
    },
    get localAddress() {
      return link.current?.ends?.local
    },
    get remoteAddress() {
      return link.current?.ends?.remote
    },
    destination: (socket as DialledSocket).destination,
    awaitConnected: link.connected,
    reconnect: link.reconnect,
    drain: link.drain,
    closed: Deferred.await(link.closed),
    close: link.close
  }
  return client
})
