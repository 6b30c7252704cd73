import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as SocketServer from "effect/socket/SocketServer"
import type {
  ConnectedClient,
  Device,
  Handlers,
  Interface,
  Request,
  Sensors,
  SensorsOf
} from "../../Interface/index.ts"
import { type ArgumentValue, type KatcpError, type RequestFailed, RequestInvalid } from "../../Message/index.ts"
import type * as Sensor from "../../Sensor/index.ts"
import { Server, type Options as ServerOptions, layer as serve } from "../../Server/index.ts"
import { type Connected, type ConnectOptions, connectServed } from "../connect.ts"
import { Journal } from "../Journal.ts"
import { type Answers, handlerOf, plausible } from "./Answer.ts"
import { type Asked, FakeRequest, showAsked } from "./FakeRequest.ts"

/**
 * A device with only a contract: every request is answered with plausible values, and sensors have the values that the
 * test sets.
 *
 * @category models
 * @since 0.1.0
 */
export interface FakeDevice<in out R extends Request.Any, in out S extends Sensor.Any> {
  /** The requests of the contract by name: their calls, and their answers. */
  readonly requests: { readonly [Name in R["name"]]: FakeRequest<Request.Named<R, Name>> }
  /**
   * Returns a request outside the contract, which `?help` does not list. It is answered with `invalid` until it is
   * given an answer, or with `ok` with the option `anyRequest`.
   */
  readonly request: (name: string) => FakeRequest<Request.RawRequest<string>>
  /** All requests received, in order, except the standard ones (`?help`, `?sensor-value`, …). */
  readonly asked: Journal<Asked<Request.Any>>
  /** The sensors of the contract by name. */
  readonly sensors: SensorsOf<S>
  /** All sensors. Sensors can be added and removed; clients are informed. */
  readonly sensorSet: Sensor.SensorSet
  /** Sends an asynchronous inform to all clients. Dies for a bad name, and for the name of a request. */
  readonly inform: (name: string, values?: ReadonlyArray<ArgumentValue>) => Effect.Effect<void>
  /** The connected clients: to send an inform to one of them, or to disconnect it. */
  readonly clients: ReadonlySet<ConnectedClient>
  /** The server, with its log. */
  readonly server: Server["Service"]
}

/**
 * Identifies the fake device of a contract among services.
 *
 * @category models
 * @since 0.1.0
 */
export interface Fake<in out Id extends string> {
  readonly _: "katcp/Testing/FakeDevice"
  readonly id: Id
}

/**
 * The options of a fake device: those of {@link ServerOptions}, and the handling of unknown requests.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends Omit<ServerOptions, "unhandled"> {
  /** `true` to answer requests outside the contract with `ok`. By default they are `invalid`. */
  readonly anyRequest?: boolean | undefined
}

const keyOf = <Id extends string, R extends Request.Any, S extends Sensor.Any>({ id }: Interface<Id, R, S>) =>
  Context.Service<Fake<Id>, FakeDevice<R, S>>(`katcp/Testing/FakeDevice/${id}`)

/** The requests of one fake device. */
class Requests<R extends Request.Any> {
  private readonly all: Record<string, FakeRequest<Request.Any>> = Object.create(null)
  readonly asked = new Journal<Asked<Request.Any>>("requests of the fake device", showAsked)
  private readonly others = new Map<string, FakeRequest<Request.RawRequest<string>>>()
  private readonly anyRequest: boolean

  constructor(
    requests: ReadonlyMap<string, Request.Any>,
    answers: Readonly<Record<string, unknown>>,
    anyRequest: boolean
  ) {
    this.anyRequest = anyRequest
    for (const [name, request] of requests) {
      // a missing plausible answer is reported at once if no other answer is given
      const values = answers[name] === undefined ? plausible(request) : undefined
      const otherwise = () => Effect.sync(() => values ?? plausible(request))
      this.all[name] = new FakeRequest(name, handlerOf(answers[name], otherwise), this.asked)
    }
  }

  other(name: string): FakeRequest<Request.RawRequest<string>> {
    let request = this.others.get(name)
    if (request === undefined) {
      const message = `Unknown request ${name}. ?help lists all requests.`
      request = new FakeRequest(
        name,
        () => (this.anyRequest ? Effect.succeed(["ok"]) : Effect.fail(new RequestInvalid({ message }))),
        this.asked
      )
      this.others.set(name, request)
    }
    return request
  }

  // the names are those of the contract

  get byName(): FakeDevice<R, never>["requests"] {
    return this.all as unknown as FakeDevice<R, never>["requests"]
  }

  get handlers(): Handlers<R> {
    const handlers = Object.entries(this.all).map(([name, { handle }]) => [name, handle])
    return Object.fromEntries(handlers) as Handlers<R>
  }
}

/**
 * Serves a fake device on the provided `SocketServer`: that of `MemoryNetwork`, or a port. By default answers are
 * plausible: each value of a reply is its type's initial value, and there are no informs. Throws a `TypeError` when it
 * is built if a request of the contract has no plausible answer and is given no other.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = <const Id extends string, R extends Request.Any, S extends Sensor.Any>(
  contract: Interface<Id, R, S>,
  answers?: Answers<R>,
  options?: Options
): Layer.Layer<
  Fake<Id> | Server | Device<Id> | Sensors<Id>,
  SocketServer.SocketServerError,
  SocketServer.SocketServer
> =>
  Layer.unwrap(
    Effect.sync(() => {
      const requests = new Requests<R>(contract.requests, answers ?? {}, options?.anyRequest ?? false)
      const device = contract.toLayer(requests.handlers) as Layer.Layer<Device<Id> | Sensors<Id>>
      const server = serve(contract, {
        ...options,
        unhandled: (message, context) =>
          requests.other(message.name).handle(message, context) as Effect.Effect<
            ReadonlyArray<ArgumentValue>,
            RequestFailed | RequestInvalid
          >
      })
      const fake = Layer.effect(
        keyOf(contract),
        Effect.gen(function* () {
          const server = yield* Server
          return {
            requests: requests.byName,
            request: (name) => requests.other(name),
            asked: requests.asked,
            sensors: yield* contract.sensors,
            sensorSet: yield* contract.sensorSet,
            inform: (name, values) => Effect.sync(() => server.broadcast(name, values)),
            clients: server.clients,
            server
          } satisfies FakeDevice<R, S>
        })
      )
      return fake.pipe(Layer.provideMerge(server), Layer.provideMerge(device))
    })
  )

/**
 * The fake device of a contract, provided by {@link layer}.
 *
 * @category accessors
 * @since 0.1.0
 */
export const of = <Id extends string, R extends Request.Any, S extends Sensor.Any>(
  contract: Interface<Id, R, S>
): Effect.Effect<FakeDevice<R, S>, never, Fake<Id>> => Effect.service(keyOf(contract))

/**
 * A fake device on its own network, with a connected client.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Arg, Interface, Request, RequestFailed } from "katcp"
 * import { FakeDevice } from "katcp/Testing"
 *
 * class Antenna extends Interface.make("antenna").add(
 *   Request.make("track", { doc: "Point.", args: { az: Arg.Float, el: Arg.Float }, reply: { eta: Arg.Float } })
 * ) {}
 *
 * const test = Effect.gen(function* () {
 *   const { client, fake } = yield* FakeDevice.connect(Antenna, { track: { eta: 12.5 } })
 *   yield* fake.requests.track.once(new RequestFailed({ message: "brakes are on" }))
 *   const error = yield* Effect.flip(client.request.track({ az: 10, el: 45 }))
 *   const { eta } = yield* client.request.track({ az: 10, el: 45 })
 *   const [asked] = fake.requests.track.asked.all
 *   if (error.message !== "brakes are on" || eta !== 12.5 || asked?.args.el !== 45) throw new Error("not as told")
 * })
 * await Effect.runPromise(Effect.scoped(test))
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const connect = <const Id extends string, R extends Request.Any, S extends Sensor.Any>(
  contract: Interface<Id, R, S>,
  answers?: Answers<R>,
  options?: Omit<ConnectOptions, "server"> & { readonly server?: Options | undefined }
): Effect.Effect<
  Connected<R, S> & { readonly fake: FakeDevice<R, S> },
  KatcpError | SocketServer.SocketServerError,
  Scope.Scope
> =>
  Effect.gen(function* () {
    const { connected, context } = yield* connectServed(contract, layer(contract, answers, options?.server), options)
    return { ...connected, fake: Context.get(context, keyOf(contract)) }
  })
