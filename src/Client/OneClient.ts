import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as NetAddress from "effect/net/NetAddress"
import * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import type * as SubscriptionRef from "effect/SubscriptionRef"
import type { Dialect } from "../Codec/index.ts"
import type { Request } from "../Interface/index.ts"
import type { KatcpError, Protocol } from "../Message/index.ts"
import { Strategy } from "../Sampling/index.ts"
import type * as Sensor from "../Sensor/index.ts"
import type { Client } from "./Client.ts"
import type { Core } from "./Core.ts"
import type { AnomalyReport } from "./connection/Anomalies.ts"
import type { Destination } from "./connection/Ends.ts"
import type { Link } from "./connection/Link.ts"
import type { Version } from "./connection/Negotiation.ts"
import type { ClientEvent, ClientState } from "./connection/State.ts"
import type { Contract } from "./contract/Contract.ts"
import type { ContractCheck } from "./contract/ContractCheck.ts"
import type { Calls } from "./requests/Calls.ts"
import type { Hints } from "./requests/Hints.ts"
import type { Methods, StreamMethods } from "./requests/Methods.ts"
import { type ClientSensor, type ClientSensors, make as makeSensor } from "./sensors/ClientSensor.ts"
import { matcherOf } from "./sensors/filter.ts"
import type { Mirror } from "./sensors/Mirror.ts"
import type { Inspected, RemoteDevice } from "./sensors/RemoteDevice.ts"
import { eventsOf } from "./sensors/watch.ts"

/**
 * Events by which a reader of `watch` may fall behind. Not measured: room for the first readings of any device (tens of
 * thousands of sensors), some 5 MB.
 */
const watchCapacity = 65536

interface Parts<R extends Request.Any, S extends Sensor.Any> {
  readonly core: Core
  readonly link: Link
  readonly hints: Hints
  readonly calls: Calls
  readonly mirror: Mirror
  readonly methods: { readonly request: object; readonly stream: object }
  readonly contract: Contract<R, S>
  readonly contractCheck: ContractCheck
  readonly destination: Destination | undefined
}

/** The interface of the device, as far as the mirror knows it. A class, as {@link OneClient} is one. */
class MirroredDevice implements RemoteDevice {
  private readonly mirror: Mirror
  private readonly hints: Hints

  constructor(mirror: Mirror, hints: Hints) {
    this.mirror = mirror
    this.hints = hints
  }

  get requests(): RemoteDevice["requests"] {
    return this.mirror.requests
  }

  get timeoutHints(): RemoteDevice["timeoutHints"] {
    return this.hints.seconds
  }

  get sensors(): RemoteDevice["sensors"] {
    return this.mirror.sensors
  }

  get changes(): RemoteDevice["changes"] {
    return this.mirror.changes.stream
  }
}

type Sensors = Readonly<Record<string, ClientSensor<unknown>>>
const noSensors: Sensors = Object.freeze(Object.create(null))

/** Returns the sensors of the contract by name. */
const sensorsOf = (parts: Parts<Request.Any, Sensor.Any>): Sensors => {
  const { sensorTypes } = parts.contract
  if (sensorTypes.size === 0) return noSensors
  const sensors: Record<string, ClientSensor<unknown>> = Object.create(null)
  for (const [name, type] of sensorTypes) sensors[name] = makeSensor(parts, name, type)
  return sensors
}

/**
 * A client, assembled from its parts. A class, because an object with these properties and accessors of its own costs 7 KB
 * (measured). Methods with arguments are bound functions, so they can be passed on without their client.
 */
export class OneClient<R extends Request.Any, S extends Sensor.Any> implements Client<R, S> {
  readonly contract: Contract<R, S>
  readonly request: Methods<R>
  readonly stream: StreamMethods<R>
  readonly sensor: ClientSensors<S>
  readonly device: RemoteDevice
  readonly call: Client<R, S>["call"]
  readonly callRaw: Client<R, S>["callRaw"]
  readonly callStream: Client<R, S>["callStream"]
  readonly callRawStream: Client<R, S>["callRawStream"]
  readonly relay: Client<R, S>["relay"]
  readonly destination: Destination | undefined
  private readonly parts: Parts<R, S>

  constructor(parts: Parts<R, S>) {
    const { calls, contract, destination, hints, methods, mirror } = parts
    this.parts = parts
    this.contract = contract
    this.request = methods.request as Methods<R>
    this.stream = methods.stream as StreamMethods<R>
    this.destination = destination
    this.call = calls.call
    this.callRaw = calls.callRaw
    this.callStream = calls.callStream
    this.callRawStream = calls.callRawStream
    this.relay = calls.relay
    this.device = new MirroredDevice(mirror, hints)
    this.sensor = sensorsOf(parts) as ClientSensors<S>
  }

  readonly send: Client<R, S>["send"] = (message) => this.parts.link.send(message)

  readonly onInform: Client<R, S>["onInform"] = (name, handler) => this.parts.core.informs.on(name, handler)
  readonly informs: Client<R, S>["informs"] = (name, options) => this.parts.core.informs.stream(name, options)
  readonly subscribe: Client<R, S>["subscribe"] = (name, options) => this.parts.core.informs.subscribe(name, options)

  readonly sensorNamed: Client<R, S>["sensorNamed"] = (name) =>
    (this.sensor as Record<string, ClientSensor<unknown>>)[name] ?? makeSensor(this.parts, name, undefined)
  readonly watch: Client<R, S>["watch"] = (filter, options) =>
    eventsOf(this.parts.mirror, {
      matcher: matcherOf(filter),
      strategy: options?.strategy ?? Strategy.event,
      capacity: options?.capacity ?? watchCapacity
    })
  readonly mirror: Client<R, S>["mirror"] = (filter, strategy = Strategy.auto) => {
    const { mirror } = this.parts
    return Effect.as(mirror.want({ matcher: matcherOf(filter), strategy, receiver: undefined }), mirror.sensors)
  }
  readonly samplingOf: Client<R, S>["samplingOf"] = (name) => this.parts.mirror.samplingOf(name)

  get differences(): Client<R, S>["differences"] {
    return this.parts.contractCheck.differences
  }
  get checkContract(): Client<R, S>["checkContract"] {
    return this.parts.contractCheck.now
  }
  readonly inspectRequests: Client<R, S>["inspectRequests"] = (name) => this.parts.mirror.onDemand.requests(name)
  readonly inspectSensors: Client<R, S>["inspectSensors"] = (name) => this.parts.mirror.onDemand.sensors(name)
  get inspect(): Effect.Effect<Inspected, KatcpError> {
    return Effect.zipWith(
      Effect.suspend(() => this.inspectRequests()),
      Effect.suspend(() => this.inspectSensors()),
      (requests, sensors) => ({ requests, sensors }),
      { concurrent: true }
    )
  }
  readonly findSensor: Client<R, S>["findSensor"] = (name) =>
    Effect.suspend(() => {
      const { mirror } = this.parts
      if (mirror.sensors.has(name)) return Effect.succeedSome(this.sensorNamed(name))
      return Effect.map(mirror.onDemand.sensors(name), (found) =>
        found.has(name) ? Option.some(this.sensorNamed(name)) : Option.none()
      )
    })
  readonly findRequest: Client<R, S>["findRequest"] = (name) =>
    Effect.suspend(() => {
      const { mirror } = this.parts
      const known = mirror.requests.get(name)
      if (known !== undefined) return Effect.succeedSome(known)
      return Effect.map(mirror.onDemand.requests(name), (found) => Option.fromNullishOr(found.get(name)))
    })

  get dataSynced(): Effect.Effect<void, KatcpError> {
    return Effect.suspend(() => this.parts.mirror.dataSynced)
  }
  get synced(): Effect.Effect<void, KatcpError> {
    return Effect.suspend(() => this.parts.mirror.synced)
  }
  get state(): SubscriptionRef.SubscriptionRef<ClientState> {
    return this.parts.link.state
  }
  get events(): Stream.Stream<ClientEvent> {
    return this.parts.link.events.stream
  }
  get protocol(): Protocol {
    return this.parts.link.protocol
  }
  get dialect(): Dialect.Dialect {
    return this.parts.link.dialect
  }
  get versions(): ReadonlyMap<string, Version> {
    return this.parts.link.versions
  }
  get lastConnect(): number | undefined {
    return this.parts.link.lastConnect
  }
  get anomalies(): AnomalyReport {
    return this.parts.core.anomalies
  }
  get isConnected(): boolean {
    return this.parts.link.current !== undefined
  }
  get localAddress(): NetAddress.SocketAddress | undefined {
    return this.parts.link.current?.ends?.local
  }
  get remoteAddress(): NetAddress.SocketAddress | undefined {
    return this.parts.link.current?.ends?.remote
  }
  get awaitConnected(): Effect.Effect<void, KatcpError> {
    return this.parts.link.connected
  }
  get reconnect(): Effect.Effect<void> {
    return this.parts.link.reconnect
  }
  get drain(): Effect.Effect<void> {
    return this.parts.link.drain
  }
  get closed(): Effect.Effect<KatcpError> {
    return Deferred.await(this.parts.link.closed)
  }
  get close(): Effect.Effect<void> {
    return this.parts.link.close
  }
}
