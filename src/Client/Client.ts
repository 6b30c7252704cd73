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
import type { Calls } from "./requests/Calls.ts"
import type { Failure } from "./requests/Failure.ts"
import type { Methods, StreamMethods } from "./requests/Methods.ts"
import type { Piece } from "./requests/Streamed.ts"
import type { ClientSensor, ClientSensors } from "./sensors/ClientSensor.ts"
import type { SensorFilter } from "./sensors/filter.ts"
import type { Inspected, RemoteDevice } from "./sensors/RemoteDevice.ts"
import type { SamplingState } from "./sensors/Subscription.ts"
import type { SensorEvent } from "./sensors/watch.ts"

/**
 * A client of one device. It makes any number of requests at once, and reconnects whenever the connection is lost.
 * Requests are not repeated automatically: requests in flight when the connection is lost fail with `Disconnected`.
 *
 * Replies are matched with requests by id. If a device has no ids (version 4, or no flag I), they are matched by name
 * in the order of sending (Rev 5.1 §2.2). A device that answers requests of the same name in another order is then
 * misunderstood.
 *
 * @category models
 * @since 0.1.0
 */
export interface Client<in out R extends Request.Any, in out S extends Sensor.Any> {
  /** The contract of the client. Empty without one. */
  readonly contract: Contract<R, S>
  /**
   * A method for each request of the contract. Its effect sends the request each time it runs, and succeeds with the
   * values of the reply and of the informs. It fails with `RequestFailed` or `RequestInvalid` if the device refuses the
   * request, and with `KatcpError` if there is no valid answer: `BadArgument` (nothing was sent), `TimedOut`,
   * `Disconnected`, `MalformedReply`, `Unsupported`. Interrupting it abandons the request; the device is not informed.
   */
  readonly request: Methods<R>
  /**
   * A method for each request of the contract that returns a stream of the answer: each inform as it arrives, and last
   * the reply. The stream fails like {@link Client.request}. The timeout is that of the whole answer.
   *
   * An answer of any length takes little memory. When 1024 informs, or 1 MiB of them, wait for the reader of the
   * stream, the client stops reading from the device until the reader takes them, and the timeout is suspended. Sensors
   * and other asynchronous informs wait too. While another request waits for its answer, reading continues, and up to
   * `Options.maxInforms` informs are held.
   */
  readonly stream: StreamMethods<R>
  /** Makes a request by name with plain values. The contract need not have it. Fails like {@link Client.request}. */
  readonly call: (
    name: string,
    values?: ReadonlyArray<ArgumentValue>,
    options?: CallOptions
  ) => Effect.Effect<Answer, Failure>
  /** Makes a request by name. Succeeds with the reply for any return code. */
  readonly callRaw: (
    name: string,
    values?: ReadonlyArray<ArgumentValue>,
    options?: CallOptions
  ) => Effect.Effect<Answer, KatcpError>
  /** Makes a request by name. Streams its answer: each inform as it arrives, and last the reply. See {@link Client.stream}. */
  readonly callStream: (
    name: string,
    values?: ReadonlyArray<ArgumentValue>,
    options?: CallOptions
  ) => Stream.Stream<Piece<Message, Message>, Failure>
  /** Makes a request by name, and streams its answer for any return code of the reply. */
  readonly callRawStream: (
    name: string,
    values?: ReadonlyArray<ArgumentValue>,
    options?: CallOptions
  ) => Stream.Stream<Piece<Message, Message>, KatcpError>
  /**
   * @internal Makes a request by name, and calls a function with each inform as it arrives, without back-pressure to
   * the device. Succeeds with the reply for any return code.
   */
  readonly relay: Calls["relay"]
  /**
   * Sends a message of any kind unchanged. A reply to it counts as `LateReply`. Waits while the device does not read,
   * and fails without a connection. Success does not mean that the message has arrived.
   */
  readonly send: (message: Message) => Effect.Effect<void, KatcpError>
  /**
   * Calls the handler with each asynchronous inform of a name, until the scope closes. It is the fastest way to handle
   * informs. A handler made by `Client.informOf` receives decoded arguments.
   */
  readonly onInform: (name: string, handler: InformHandler | TypedInform) => Effect.Effect<void, never, Scope.Scope>
  /**
   * Streams the asynchronous informs of a name, or all, from the start of the stream on, across reconnections. It ends
   * when the client is closed, and fails with the reason when the client gives up connecting.
   */
  readonly informs: (name?: string, options?: SubscribeOptions) => Stream.Stream<Message, KatcpError>
  /** Subscribes to the informs that {@link Client.informs} streams. No inform is missed once this effect completes. */
  readonly subscribe: (
    name?: string,
    options?: SubscribeOptions
  ) => Effect.Effect<Stream.Stream<Message, KatcpError>, never, Scope.Scope>
  /** A handle for each sensor of the contract. */
  readonly sensor: ClientSensors<S>
  /**
   * Returns a handle for the sensor of this name. Values have the contract's type or, without a contract, the type that the
   * device reports.
   */
  readonly sensorNamed: (name: string) => ClientSensor<unknown>
  /**
   * Streams everything that happens to sensors: existing, added and removed sensors, and their readings by a strategy.
   * The default strategy is `event`; `none` receives the readings that other consumers sample. Across lost connections,
   * it behaves like `ClientSensor.sample`. At most `capacity` events, default 65536, wait for a slow reader. Above that
   * the oldest are lost and counted (`LostInforms`).
   */
  readonly watch: (
    filter: SensorFilter,
    options?: { readonly strategy?: Strategy.Strategy | undefined; readonly capacity?: number | undefined }
  ) => Stream.Stream<SensorEvent, KatcpError>
  /**
   * Mirrors sensors until the scope closes, by a strategy, default `auto`. Returns the shared set of all mirrored
   * sensors, with their newest readings. Wait for {@link Client.synced} to have all sensors.
   */
  readonly mirror: (
    filter: SensorFilter,
    strategy?: Strategy.Strategy
  ) => Effect.Effect<Sensor.SensorSet, never, Scope.Scope>
  /**
   * Returns the state of a sensor's sampling on the wire, or `undefined` without a consumer or without such a sensor.
   */
  readonly samplingOf: (name: string) => SamplingState | undefined
  /**
   * The differences between the contract and the device, as far as the device's lists show. `undefined` until they are
   * known. See `Options.checkContract`.
   */
  readonly differences: ReadonlyArray<Change> | undefined
  /**
   * Requests the device's lists (`?help`, `?sensor-list`, `?version-list`). Returns its differences from the contract.
   */
  readonly checkContract: Effect.Effect<ReadonlyArray<Change>, Failure>
  /** The known part of the device: everything with `Options.inspect`, otherwise the sensors with consumers. */
  readonly device: RemoteDevice
  /**
   * Requests the device's requests, all or one (`?help`). Returns their help by name, without requests that the device
   * does not have. {@link Client.device} is then up to date, even with changes that the device did not announce
   * . Fails if the device does not answer, and does not retry.
   */
  readonly inspectRequests: (name?: string) => Effect.Effect<ReadonlyMap<string, string>, KatcpError>
  /**
   * Requests the device's sensors in the same way (`?sensor-list`, A-370). A sensor that a consumer waits for, and that
   * the device has added without announcing it, is sampled from then on.
   */
  readonly inspectSensors: (name?: string) => Effect.Effect<ReadonlyMap<string, Sensor.Any>, KatcpError>
  /** Requests the device's requests and sensors. */
  readonly inspect: Effect.Effect<Inspected, KatcpError>
  /**
   * Returns the handle of a sensor of the device. Queries the device if the sensor is not known. Returns `None` if the
   * device has no sensor of this name.
   */
  readonly findSensor: (name: string) => Effect.Effect<Option.Option<ClientSensor<unknown>>, KatcpError>
  /** Returns the help of a request of the device, in the same way. */
  readonly findRequest: (name: string) => Effect.Effect<Option.Option<string>, KatcpError>
  /**
   * Waits until the needed part of the device's interface is known, with `Options.inspect` all of it. Does not wait for
   * subscriptions. Fails if the client is closed first.
   */
  readonly dataSynced: Effect.Effect<void, KatcpError>
  /** Waits until everything needed of the device is known and subscribed. Fails if the client is closed first. */
  readonly synced: Effect.Effect<void, KatcpError>
  /** The state of the client, and its changes. Read it; do not set it. */
  readonly state: SubscriptionRef.SubscriptionRef<ClientState>
  /** The events of the connection from now on. Ends when the client is closed. */
  readonly events: Stream.Stream<ClientEvent>
  /** The protocol that the device speaks, or spoke when it was last connected. Version 0.0 until it is reached. */
  readonly protocol: Protocol
  /** The form of times and other values in that protocol. */
  readonly dialect: Dialect.Dialect
  /**
   * The versions that the device announced on the newest connection: `katcp-protocol`, `katcp-device`, …; at version 4
   * `version`, `build-state`.
   */
  readonly versions: ReadonlyMap<string, Version>
  /** The time of the newest connection, in milliseconds since 1970. `undefined` until there is one. */
  readonly lastConnect: number | undefined
  /** Protocol anomalies seen so far: late replies, malformed lines, unknown ids. */
  readonly anomalies: AnomalyReport
  /** `true` while the client is connected and negotiated: requests can be made. */
  readonly isConnected: boolean
  /**
   * The address of this end of the connection. `undefined` without a connection, or if the Socket does not provide it
   * (A-314).
   */
  readonly localAddress: NetAddress.SocketAddress | undefined
  /** The address of the device's end: the address of its host that was dialled. */
  readonly remoteAddress: NetAddress.SocketAddress | undefined
  /** The host and port that the Socket dials, as given. `undefined` if the Socket does not provide them. */
  readonly destination: Destination | undefined
  /** Waits until requests can be made. Fails with the reason if the client is permanently closed. */
  readonly awaitConnected: Effect.Effect<void, KatcpError>
  /**
   * Drops the connection, or ends the wait for the next one, and connects again at once, whatever the schedule says.
   * Requests in flight fail with `Disconnected`. A dial in progress continues; if it fails, the next follows at once.
   * Does nothing to a closed client.
   */
  readonly reconnect: Effect.Effect<void>
  /**
   * Closes the client gracefully: accepts no further requests, and waits until those in flight are answered, time out
   * or are abandoned. Interrupting it closes the client at once.
   */
  readonly drain: Effect.Effect<void>
  /** Waits until the client is permanently closed. Returns the reason. */
  readonly closed: Effect.Effect<KatcpError>
  /** Closes the client. Written bytes are still sent, and open requests fail with `Disconnected`. */
  readonly close: Effect.Effect<void>
}
