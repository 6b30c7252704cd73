import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import * as Socket from "effect/socket/Socket"
import type { Dialect } from "../Codec/index.ts"
import type { Request } from "../Interface/index.ts"
import type { ArgumentValue, KatcpError, Message, Protocol } from "../Message/index.ts"
import { type Answer, plain, unchecked } from "./Answer.ts"
import { byName, Calls } from "./Calls.ts"
import { Connection } from "./Connection.ts"
import { Core } from "./Core.ts"
import type { Failure } from "./Gathered.ts"
import type { InformHandler, SubscribeOptions } from "./Informs.ts"
import { type Methods, make as makeMethods, type StreamMethods } from "./Methods.ts"
import type { Version } from "./Negotiation.ts"
import type { OddityReport } from "./Oddities.ts"
import { type CallOptions, type Options, resolve } from "./Options.ts"
import type { Piece } from "./Streamed.ts"

/**
 * What a client needs of a contract. Every `Interface` has it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Contract<out R extends Request.Any, out S> {
  /** The requests by name. */
  readonly requests: ReadonlyMap<string, R>
  /** The sensors by name. */
  readonly sensorTypes: ReadonlyMap<string, S>
}

/**
 * A client of one device: over one connection, any number of requests at once. Nothing is sent again by itself; what
 * is in flight when the connection is lost fails with `Disconnected`.
 *
 * Replies are paired with requests by their id. Where a device has none (version 4, or no flag I) they are paired by
 * name in the order of sending (Rev 5.1 §2.2): requests of the same name are then answered in their order or, if the
 * device answers them in another, wrongly.
 *
 * @category models
 * @since 0.1.0
 */
export interface Client<in out R extends Request.Any, in out S> {
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
  /**
   * Sends a message of any kind as it is. A reply to it reaches nobody, but counts as `LateReply`. Waits while the
   * device does not read; fails where there is no connection. That the message arrives is not said.
   */
  readonly send: (message: Message) => Effect.Effect<void, KatcpError>
  /** Calls the handler with each asynchronous inform of that name, until the scope closes. The quickest way to them. */
  readonly onInform: (name: string, handler: InformHandler) => Effect.Effect<void, never, Scope.Scope>
  /**
   * The asynchronous informs of that name, or all, from the start of the stream on. It ends when the client is closed,
   * and fails with `Disconnected` when the connection is lost.
   */
  readonly informs: (name?: string, options?: SubscribeOptions) => Stream.Stream<Message, KatcpError>
  /** The same from now on: nothing is missed that comes after this effect is done. */
  readonly subscribe: (
    name?: string,
    options?: SubscribeOptions
  ) => Effect.Effect<Stream.Stream<Message, KatcpError>, never, Scope.Scope>
  /** What the device speaks. */
  readonly protocol: Protocol
  /** How times, for one thing, stand on the wire in what it speaks. */
  readonly dialect: Dialect.Dialect
  /** The versions that the device has told: `katcp-protocol`, `katcp-device`, …; at version 4 `version`, `build-state`. */
  readonly versions: ReadonlyMap<string, Version>
  /** What came that should not have come. */
  readonly oddities: OddityReport
  /** Whether the connection is there. */
  readonly isConnected: boolean
  /** Waits until the connection is over, and gives the reason. */
  readonly closed: Effect.Effect<KatcpError>
  /** Closes the connection: what was written still goes out, what is open fails with `Disconnected`. */
  readonly close: Effect.Effect<void>
}

const empty: Contract<never, never> = { requests: new Map<string, never>(), sensorTypes: new Map<string, never>() }

/**
 * Connects to a device over the Socket that is provided, and waits until it is known which protocol the device speaks
 * (P-134). The connection lives until the scope closes. Fails with `KatcpError`: `ConnectFailed`; `TimedOut` where the
 * device does not say what it speaks (give `protocol` then); `ProtocolConflict`, `Unsupported` or `MalformedReply`
 * where that makes no sense; `Disconnected`.
 *
 * @category constructors
 * @since 0.1.0
 */
export function make<R extends Request.Any, S>(
  contract: Contract<R, S>,
  options?: Options
): Effect.Effect<Client<R, S>, KatcpError, Socket.Socket | Scope.Scope>
export function make(options?: Options): Effect.Effect<Client<never, never>, KatcpError, Socket.Socket | Scope.Scope>
export function make<R extends Request.Any, S>(
  first?: Contract<R, S> | Options,
  second?: Options
): Effect.Effect<Client<R, S>, KatcpError, Socket.Socket | Scope.Scope> | ReturnType<typeof connectPlain> {
  return isContract(first) ? connect(first, second) : connectPlain(first)
}

// the options have `requests` too, but as a record
const isContract = <R extends Request.Any, S>(value: Contract<R, S> | Options | undefined): value is Contract<R, S> =>
  value !== undefined && "requests" in value && value.requests instanceof Map

const connectPlain = (options?: Options) => connect(empty, options)

const connect = Effect.fnUntraced(function* <R extends Request.Any, S>(contract: Contract<R, S>, options?: Options) {
  const socket = yield* Socket.Socket
  const scope = yield* Effect.scope
  const core = new Core(resolve(options), yield* Effect.context<never>(), scope)
  const connection = yield* Connection.open(core, socket)
  const calls = new Calls(core, connection)
  const methods = makeMethods(contract.requests, calls)
  const { informs, oddities } = core
  const client: Client<R, S> = {
    contract,
    request: methods.request as Methods<R>,
    stream: methods.stream as StreamMethods<R>,
    call: (name, values, options) => calls.call(byName(name, plain), values, options),
    callRaw: (name, values, options) =>
      calls.call(byName(name, unchecked), values, options) as Effect.Effect<Answer, KatcpError>,
    callStream: (name, values, options) => calls.stream(byName(name, plain), values, options),
    send: (message) => connection.send(message),
    onInform: (name, handler) => informs.on(name, handler),
    informs: (name, options) => informs.stream(name, options),
    subscribe: (name, options) => informs.subscribe(name, options),
    get protocol() {
      return connection.protocol
    },
    get dialect() {
      return connection.dialect
    },
    versions: connection.negotiation.versions,
    oddities,
    get isConnected() {
      return connection.alive
    },
    closed: Deferred.await(connection.closed),
    close: connection.close
  }
  return client
})
