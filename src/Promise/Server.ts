import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import * as Scope from "effect/Scope"
import type * as EffectInterface from "../Interface/index.ts"
import type { Request } from "../Interface/index.ts"
import type { ArgumentValue, Message } from "../Message/index.ts"
import { errorText, expectOptions, expectValue, RequestFailed, RequestInvalid } from "../Message/index.ts"
import { NodeServer } from "../Node/index.ts"
import type * as Sensor from "../Sensor/index.ts"
import * as EffectServer from "../Server/index.ts"
import { type Abortable, toIterable, toPromise } from "./bridge.ts"

/**
 * A connected client: its address, its role, and its certificate.
 *
 * @category models
 * @since 0.1.0
 */
export type ServedClient = Pick<
  EffectInterface.ConnectedClient,
  "address" | "certificate" | "inform" | "listener" | "protocol" | "role"
>

/**
 * The second parameter of a handler: see `Interface.RequestContext`.
 *
 * @category models
 * @since 0.1.0
 */
export interface RequestContext<R extends Request.Any>
  extends Pick<EffectInterface.RequestContext<R>, "id" | "message" | "inform" | "reply"> {
  /** The client that sent the request. */
  readonly client: ServedClient
  /** Sends many informs, and waits if the client does not keep up. */
  readonly informs: (values: Iterable<Request.InformInput<R>>) => Promise<void>
  /** Aborted when the client disconnects or the device stops. */
  readonly signal: AbortSignal
}

type Returned<R extends Request.Any> =
  Record<never, never> extends Request.ReplyInput<R> ? Request.ReplyInput<R> | void : Request.ReplyInput<R>

/**
 * A handler of a request: its result, or the value of its promise, is the reply. A thrown `RequestFailed` or
 * `RequestInvalid` is answered as such, and any other error with `fail` and its message.
 *
 * @category models
 * @since 0.1.0
 */
export type Handler<R extends Request.Any> = (
  args: Request.Arguments<R>,
  context: RequestContext<R>
) => Returned<R> | Promise<Returned<R>>

/**
 * A handler for each request of a contract.
 *
 * @category models
 * @since 0.1.0
 */
export type Handlers<R extends Request.Any> = {
  readonly [Name in R["name"]]: Handler<Request.Named<R, Name>>
}

/**
 * A sensor of a served device.
 *
 * @category models
 * @since 0.1.0
 */
export interface DeviceSensor<in out A> {
  readonly name: string
  readonly reading: Sensor.Reading<A>
  readonly value: A
  /** Sets value, status and timestamp (seconds since 1970). Throws if the value is not of the sensor's type. */
  readonly set: (value: A, options?: Sensor.SetOptions) => void
  /** Yields its readings, the current one first. */
  readonly changes: (options?: Abortable) => AsyncIterable<Sensor.Reading<A>>
}

/**
 * The address and options of a server; the rest is as in `Server.Options`.
 *
 * @category models
 * @since 0.1.0
 */
export interface ServeOptions<R extends Request.Any, S extends Sensor.Any>
  extends Pick<
    EffectServer.Options,
    | "access"
    | "audit"
    | "drain"
    | "slowClient"
    | "protocol"
    | "maxLine"
    | "maxArguments"
    | "maxInFlight"
    | "maxBacklog"
    | "maxClients"
    | "maxClientsPerAddress"
    | "maxTotalBytes"
    | "idleTimeout"
    | "stallTimeout"
    | "concurrency"
    | "logLevel"
    | "interfaceChanged"
    | "clientLogLevels"
    | "refuse"
  > {
  /**
   * Decides which requests a client may make, in addition to the rules of `access`. Returns or resolves to nothing to
   * allow a request, or to a `RequestFailed` or `RequestInvalid` to refuse it. A guard that throws or rejects also
   * refuses.
   */
  readonly guard?:
    | ((client: ServedClient, request: Message) => EffectServer.Refusal | void | Promise<EffectServer.Refusal | void>)
    | undefined
  /**
   * Runs when a client has connected, before its first request is read. The signal is aborted when the client
   * disconnects. A client for which it throws or rejects is disconnected.
   */
  readonly onConnect?:
    | ((client: ServedClient, options: { readonly signal: AbortSignal }) => void | Promise<void>)
    | undefined
  /** Runs once for each accepted client after it disconnects. */
  readonly onDisconnect?:
    | ((client: ServedClient, departure: EffectServer.Departure) => void | Promise<void>)
    | undefined
  /** The handlers, or a function of the sensors that returns them. */
  readonly handlers: Handlers<R> | ((sensors: DeviceSensors<S>) => Handlers<R>)
  /** The host name or address to listen at. Default `127.0.0.1`: this machine only; `::` means all addresses. */
  readonly host?: string | undefined
  /** The port; 0 selects a free one. Default 7147. */
  readonly port?: number | undefined
  /** TLS: the server's certificate and key, and the authorities for clients' certificates. None by default. */
  readonly tls?: NodeServer.ServerCredentials | undefined
}

/**
 * The sensors of a contract by name.
 *
 * @category models
 * @since 0.1.0
 */
export type DeviceSensors<S extends Sensor.Any> = {
  readonly [Name in S["name"]]: DeviceSensor<Sensor.Value<Extract<S, { readonly name: Name }>>>
}

/**
 * A served device.
 *
 * @category models
 * @since 0.1.0
 */
export interface Server<in out S extends Sensor.Any> extends AsyncDisposable {
  /** The listening port. */
  readonly port: number
  readonly sensors: DeviceSensors<S>
  /** All sensors of the device. Sensors can be added and removed. */
  readonly sensorSet: Sensor.SensorSet
  /**
   * Adds a request, or replaces the one of the same name, and informs clients (Rev 5.1 §4.2). Throws a `TypeError` if
   * the handler is not a function or a server cannot have a request of that name.
   */
  readonly addRequest: <R extends Request.Any>(request: R, handler: Handler<R>) => void
  /**
   * Removes a request and informs clients. Returns `false` if there is no request of that name besides the standard
   * ones.
   */
  readonly removeRequest: (name: string) => boolean
  /** The connected clients. */
  readonly clients: ReadonlySet<ServedClient>
  /** Yields the requests that need more than the role `read`, from now on, as they are answered or refused. */
  readonly audit: (options?: Abortable) => AsyncIterable<EffectServer.AuditRecord>
  /** Sends an asynchronous inform to all clients. */
  readonly broadcast: (name: string, values?: ReadonlyArray<ArgumentValue>) => void
  /** Settles when a client has requested `halt` or `restart`, and all connections are closed. */
  readonly ended: Promise<"halt" | "restart">
  /**
   * Sends `#disconnect` to all clients and stops. `await using`, from Node 24 on, does this at the end of the block.
   */
  readonly close: () => Promise<void>
}

/**
 * Serves a device over TCP or TLS. Rejects if it cannot listen there.
 *
 * @example
 * ```ts
 * import { Arg, Interface, Request, Sensor } from "katcp"
 * import { serve } from "katcp/promise"
 *
 * class Dish extends Interface.make("dish").add(
 *   Request.make("point", { doc: "Point at a place.", args: { az: Arg.Float }, reply: { eta: Arg.Float } }),
 *   Sensor.make("azimuth", { type: Arg.Float, units: "deg" })
 * ) {}
 *
 * const dish = await serve(Dish, {
 *   port: 0,
 *   handlers: (sensors) => ({
 *     point: async ({ az }) => {
 *       sensors.azimuth.set(az)
 *       return { eta: Math.abs(az) / 2 }
 *     }
 *   })
 * })
 * await dish.close()
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const serve = async <const Id extends string, R extends Request.Any, S extends Sensor.Any>(
  contract: EffectInterface.Interface<Id, R, S>,
  options: ServeOptions<R, S>
): Promise<Server<S>> => {
  expectValue("serve", contract?.requests instanceof Map, "a contract of Interface.make", contract)
  expectOptions("serve", options, ["handlers"])
  const { guard, handlers, host, onConnect, onDisconnect, port = 7147, tls, ...rest } = options
  const serverOptions = { ...rest, ...effectHooks({ guard, onConnect, onDisconnect }) }
  const scope = Scope.makeUnsafe()
  const where = { host, port }
  const building = Effect.gen(function* () {
    const sensors = yield* contract.sensors
    const handles: Record<string, unknown> = Object.create(null)
    const live: Partial<Record<string, Sensor.LiveSensor<unknown>>> = sensors
    for (const [name, sensor] of Object.entries(live)) handles[name] = deviceSensor(sensor!)
    const typed = handles as DeviceSensors<S>
    const made = typeof handlers === "function" ? handlers(typed) : handlers
    return { typed, made: effectHandlers(made) as EffectInterface.Handlers<R> }
  })
  const serving = Effect.gen(function* () {
    const sensors = yield* Layer.buildWithScope(contract.layerSensors, scope)
    const { made, typed } = yield* Effect.provideContext(building, sensors)
    const socketServer = tls === undefined ? NodeServer.tcp(where) : NodeServer.tls({ ...where, ...tls })
    const device = Layer.provide(contract.toLayer(made), Layer.succeedContext(sensors))
    const layer = EffectServer.layer(contract, serverOptions).pipe(Layer.provide(Layer.merge(device, socketServer)))
    const context = yield* Layer.buildWithScope(layer as Layer.Layer<EffectServer.Server, unknown>, scope)
    const server = yield* Effect.provideContext(EffectServer.Server, context)
    const set = yield* Effect.provideContext(contract.sensorSet, sensors)
    const requests = yield* Effect.provideContext(contract.requestSet, sensors)
    return { server, set, requests, typed }
  })
  const close = () => toPromise(Scope.close(scope, Exit.void))
  try {
    const { requests, server, set, typed } = await toPromise(serving)
    return {
      port: NetAddress.isInetAddress(server.address) ? server.address.port : 0,
      sensors: typed,
      sensorSet: set,
      addRequest: (request, handler) => Effect.runSync(requests.add(request, effectHandler(handler) as never)),
      removeRequest: (name) => Effect.runSync(requests.remove(name)),
      clients: server.clients,
      audit: (options) => toIterable(server.audit, options?.signal),
      broadcast: server.broadcast,
      get ended() {
        return Effect.runPromise(server.ended)
      },
      close,
      [Symbol.asyncDispose]: close
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Returns a signal that is aborted when the scope closes. */
const aborted = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => new AbortController()),
    (controller) => Effect.sync(() => controller.abort())
  ),
  ({ signal }) => signal
)

type Hooks = Pick<ServeOptions<Request.Any, Sensor.Any>, "guard" | "onConnect" | "onDisconnect">

/** Returns the hooks as effects. The effect of a synchronous guard is synchronous too. */
const effectHooks = ({ guard, onConnect, onDisconnect }: Hooks): EffectServer.Options => ({
  ...(guard === undefined
    ? {}
    : {
        guard: (client, request) => {
          const verdict = guard(client, request)
          return verdict instanceof Promise ? Effect.tryPromise({ try: () => verdict, catch: failureOf }) : verdict
        }
      }),
  ...(onConnect === undefined
    ? {}
    : {
        onConnect: (client) =>
          Effect.flatMap(aborted, (signal) => Effect.promise(async () => onConnect(client, { signal })))
      }),
  ...(onDisconnect === undefined
    ? {}
    : { onDisconnect: (client, departure) => Effect.promise(async () => onDisconnect(client, departure)) })
})

const deviceSensor = <A>(sensor: Sensor.LiveSensor<A>): DeviceSensor<A> => ({
  name: sensor.name,
  get reading() {
    return sensor.reading
  },
  get value() {
    return sensor.value
  },
  set: (value, options) => Effect.runSync(sensor.set(value, options)),
  changes: (options) => toIterable(sensor.changes, options?.signal)
})

type AnyHandler = (args: unknown, context: RequestContext<Request.RawRequest<string>>) => unknown

/**
 * Returns a handler as an effect that waits for its promise. Its signal is aborted when the answer is no longer needed.
 */
const effectHandler = (handler: unknown): unknown => {
  if (typeof handler !== "function") return handler
  return (args: unknown, context: EffectInterface.RequestContext<Request.RawRequest<string>>) =>
    Effect.tryPromise({
      try: async (signal) =>
        (handler as AnyHandler)(args, {
          client: context.client,
          id: context.id,
          get message() {
            return context.message
          },
          inform: context.inform,
          reply: context.reply,
          informs: (values) => toPromise(context.informs(values)),
          signal
        }),
      catch: failureOf
    })
}

const effectHandlers = (handlers: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(handlers).map(([name, handler]) => [name, effectHandler(handler)]))

const failureOf = (error: unknown): RequestFailed | RequestInvalid =>
  error instanceof RequestFailed || error instanceof RequestInvalid
    ? error
    : new RequestFailed({ message: errorText(error) })
