import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import type { Request } from "../Interface/index.ts"
import { expectOptions, type KatcpError } from "../Message/index.ts"
import { Strategy } from "../Sampling/index.ts"
import type * as Sensor from "../Sensor/index.ts"
import type { Client } from "./Client.ts"
import { Core } from "./Core.ts"
import { forwardLog } from "./connection/deviceLog.ts"
import type { DialledSocket } from "./connection/Ends.ts"
import { Link } from "./connection/Link.ts"
import { type Options, resolve } from "./connection/Options.ts"
import type { Contract } from "./contract/Contract.ts"
import { ContractCheck } from "./contract/ContractCheck.ts"
import { Calls } from "./requests/Calls.ts"
import { Hints } from "./requests/Hints.ts"
import { type Methods, make as makeMethods, type StreamMethods } from "./requests/Methods.ts"
import { type ClientSensor, type ClientSensors, make as makeSensor } from "./sensors/ClientSensor.ts"
import { matcherOf } from "./sensors/filter.ts"
import { Mirror } from "./sensors/Mirror.ts"
import { eventsOf } from "./sensors/watch.ts"

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
  const calls = new Calls(core, link)
  const hints = new Hints(core, calls)
  const mirror = yield* Mirror.make(core, link, calls, contract.sensorTypes)
  const methods = makeMethods(contract.requests, calls)
  const { informs, oddities } = core
  if (core.options.deviceLog) forwardLog(core)
  link.whenClosed((error) => {
    informs.end(error ?? "closed")
    oddities.end()
  })
  const contractCheck = new ContractCheck(core, contract, {
    call: calls.call,
    get protocol() {
      return link.protocol
    },
    get versions() {
      return link.versions
    }
  })
  yield* link.start([hints, mirror, contractCheck])
  if (core.options.connecting !== "background") yield* Effect.onInterrupt(link.connected, () => link.close)
  const parts = { core, link, calls, mirror }
  const sensor: Record<string, ClientSensor<unknown>> = Object.create(null)
  for (const [name, type] of contract.sensorTypes) sensor[name] = makeSensor(parts, name, type)
  const client: Client<R, S> = {
    contract,
    request: methods.request as Methods<R>,
    stream: methods.stream as StreamMethods<R>,
    call: calls.call,
    callRaw: calls.callRaw,
    callStream: calls.callStream,
    callRawStream: calls.callRawStream,
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
