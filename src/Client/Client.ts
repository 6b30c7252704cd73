import type * as Effect from "effect/Effect"
import type * as NetAddress from "effect/net/NetAddress"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type * as SubscriptionRef from "effect/SubscriptionRef"
import type { Dialect } from "../Codec/index.ts"
import type { Change, Request } from "../Interface/index.ts"
import type { ArgumentValue, KatcpError, Message, Protocol } from "../Message/index.ts"
import type { Strategy } from "../Sampling/index.ts"
import type * as Sensor from "../Sensor/index.ts"
import type { AnomalyReport } from "./connection/Anomalies.ts"
import type { Destination } from "./connection/Ends.ts"
import type { InformHandler, SubscribeOptions } from "./connection/Informs.ts"
import type { Version } from "./connection/Negotiation.ts"
import type { ClientEvent, ClientState } from "./connection/State.ts"
import type { TypedInform } from "./connection/TypedInform.ts"
import type { Contract } from "./contract/Contract.ts"
import type { Answer } from "./requests/Answer.ts"
import type { CallOptions } from "./requests/CallOptions.ts"
import type { Failure } from "./requests/Failure.ts"
import type { Methods, StreamMethods } from "./requests/Methods.ts"
import type { Piece } from "./requests/Streamed.ts"
import type { ClientSensor, ClientSensors } from "./sensors/ClientSensor.ts"
import type { SensorFilter } from "./sensors/filter.ts"
import type { Inspected, RemoteDevice } from "./sensors/RemoteDevice.ts"
import type { SamplingState } from "./sensors/Subscription.ts"
import type { SensorEvent } from "./sensors/watch.ts"

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
  readonly anomalies: AnomalyReport
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
