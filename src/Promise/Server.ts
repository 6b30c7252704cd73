import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as NetAddress from "effect/net/NetAddress"
import * as Scope from "effect/Scope"
import type * as EffectInterface from "../Interface/index.ts"
import type { Request } from "../Interface/index.ts"
import type { ArgumentValue, Message } from "../Message/index.ts"
import { expectOptions, expectValue } from "../Message/index.ts"
import { NodeServer } from "../Node/index.ts"
import type * as Sensor from "../Sensor/index.ts"
import * as EffectServer from "../Server/index.ts"
import { type Abortable, toIterable, toPromise } from "./bridge.ts"
import { type DeviceSensors, deviceSensor } from "./DeviceSensor.ts"
import { effectHandler, effectHandlers, failureOf, type Handler, type Handlers, type ServedClient } from "./Handler.ts"

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
