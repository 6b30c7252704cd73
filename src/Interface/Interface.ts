/**
 * The typed contract of a device: its requests and sensors, described once.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { expectOptions, expectValue } from "../Message/index.ts"
import * as Sensor from "../Sensor/index.ts"
import { DeviceLog } from "./DeviceLog.ts"
import type { Handlers, Services } from "./Handler.ts"
import type * as Request from "./Request.ts"
import { RequestSet } from "./RequestSet.ts"

/**
 * The contract of a device. The server's handlers, the client's methods, `?help` and `?sensor-list` are derived from
 * it. Extend it as a class to give its type a short name:
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Arg, Interface, Request, Sensor } from "katcp"
 *
 * class Antenna extends Interface.make("antenna", { version: "antenna-1.0" }).add(
 *   Request.make("stow", { doc: "Stow the dish." }),
 *   Sensor.make("mode", { doc: "Mode", type: Arg.Discrete("stow", "track"), initial: "stow" })
 * ) {}
 *
 * export const AntennaLive = Antenna.toLayer(
 *   Effect.gen(function* () {
 *     const sensors = yield* Antenna.sensors
 *     return { stow: () => sensors.mode.set("stow") }
 *   })
 * )
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export interface Interface<in out Id extends string, in out R extends Request.Any, in out S extends Sensor.Any> {
  new (_: never): object
  /** The name of the contract. */
  readonly id: Id
  /**
   * The version of the interface in `#version-connect katcp-device` (Rev 5.1 §4.2). `<id>-0.1` by default. Increase the
   * number before the last point for changes that break clients of the former version, and the number after it for all
   * other changes (Rev 5.1 §4.2.1).
   */
  readonly version: string
  /** The version and build of its implementation. Equal to the version by default. */
  readonly build: string
  /** The requests by name. */
  readonly requests: ReadonlyMap<string, R>
  /** The sensors by name. */
  readonly sensorTypes: ReadonlyMap<string, S>
  /** Returns the contract with more requests and sensors. Throws a `TypeError` if a name exists already. */
  add<const Items extends ReadonlyArray<Request.Any | Sensor.Any>>(
    ...items: Items
  ): Interface<Id, R | Extract<Items[number], Request.Any>, S | Extract<Items[number], Sensor.Any>>
  /**
   * Builds the layer of the device from a handler for each request, or from an effect that returns them. The layer
   * needs the services of the handlers, except for the device's own sensors and log. The effect has the Scope of the
   * device, so fibers forked into it live as long as the device. Handlers have no Scope: one that needs a Scope uses
   * `Effect.scoped`. The device's log receives everything that they log.
   */
  toLayer<H extends Handlers<R>, E = never, X = never>(
    build: H | Effect.Effect<H, E, X>
  ): Layer.Layer<
    Device<Id> | Sensors<Id>,
    E,
    Exclude<X, Scope.Scope | Sensors<Id> | DeviceLog> | Exclude<Services<H>, Sensors<Id> | DeviceLog>
  >
  /** The device's sensors by name, typed. Add more to {@link sensorSet} at run time. */
  readonly sensors: Effect.Effect<SensorsOf<S>, never, Sensors<Id>>
  /** The live set of all sensors of the device. */
  readonly sensorSet: Effect.Effect<Sensor.SensorSet, never, Sensors<Id>>
  /** The live set of the device's requests: to add, replace and remove requests at run time (Rev 5.1 §4.2). */
  readonly requestSet: Effect.Effect<RequestSet, never, Sensors<Id>>
  /**
   * A layer of the sensors only: for services that set them and that the handlers need. {@link toLayer} then uses these
   * sensors.
   */
  readonly layerSensors: Layer.Layer<Sensors<Id>>
  /** The key of the device's handlers. @internal */
  readonly device: Context.Service<Device<Id>, DeviceShape>
}

/**
 * An interface with any requests and sensors.
 *
 * @category models
 * @since 0.1.0
 */
// biome-ignore lint/suspicious/noExplicitAny: any interface whatever
export type Any = Interface<any, any, any>

/**
 * The handlers of an interface, ready to be served.
 *
 * @category models
 * @since 0.1.0
 */
export interface Device<in out Id extends string> {
  readonly _: "katcp/Interface/Device"
  readonly id: Id
}

/**
 * The live sensors and requests of an interface.
 *
 * @category models
 * @since 0.1.0
 */
export interface Sensors<in out Id extends string> {
  readonly _: "katcp/Interface/Sensors"
  readonly id: Id
}

/**
 * The live sensors of an interface by name.
 *
 * @category models
 * @since 0.1.0
 */
export type SensorsOf<S extends Sensor.Any> = {
  readonly [One in S as One["name"]]: Sensor.LiveSensor<Sensor.Value<One>>
}

/**
 * The parts of a device that a server uses.
 *
 * @category models
 * @since 0.1.0
 */
export interface DeviceShape {
  readonly handlers: Handlers<Request.Any>
  readonly sensors: Sensor.SensorSet
  readonly requests: RequestSet
  readonly log: DeviceLog["Service"]
  /** The services of the handlers. */
  readonly context: Context.Context<never>
}

interface SensorsShape {
  readonly set: Sensor.SensorSet
  readonly byName: Record<string, Sensor.LiveSensor<unknown>>
  readonly requests: RequestSet
}

interface Description {
  readonly id: string
  readonly version: string
  readonly build: string
  readonly requests: ReadonlyMap<string, Request.Any>
  readonly sensorTypes: ReadonlyMap<string, Sensor.Any>
}

const add = (description: Description, items: ReadonlyArray<Request.Any | Sensor.Any>): Description => {
  const requests = new Map(description.requests)
  const sensorTypes = new Map(description.sensorTypes)
  for (const item of items) {
    expectValue(
      `interface ${description.id}`,
      ["Request", "RawRequest", "Sensor"].includes(item?._tag),
      "a request or a sensor (Request.make, Request.raw, Sensor.make)",
      item
    )
    const kind: Map<string, unknown> = item._tag === "Sensor" ? sensorTypes : requests
    if (kind.has(item.name))
      throw new TypeError(
        `interface ${description.id} has ${item._tag === "Sensor" ? "sensor" : "request"} ${item.name} already`
      )
    kind.set(item.name, item)
  }
  return { ...description, requests, sensorTypes }
}

const fromDescription = (description: Description): Any => {
  const { id, sensorTypes } = description
  const device = Context.Service<Device<string>, DeviceShape>(`katcp/Interface/Device/${id}`)
  const sensors = Context.Service<Sensors<string>, SensorsShape>(`katcp/Interface/Sensors/${id}`)

  const makeSensors = Effect.gen(function* () {
    const set = yield* Sensor.SensorSet.make
    const byName: Record<string, Sensor.LiveSensor<unknown>> = Object.create(null)
    for (const [name, type] of sensorTypes) byName[name] = yield* set.add(type)
    return { set, byName, requests: yield* RequestSet.make }
  })

  const toLayer = (build: Handlers<Request.Any> | Effect.Effect<Handlers<Request.Any>, unknown, unknown>) => {
    expectValue(`${id}.toLayer`, typeof build === "object" && build !== null, "handlers, or an Effect of them", build)
    return Layer.effectContext(
      Effect.gen(function* () {
        const context = yield* Effect.context<never>()
        const shape = Context.getOrUndefined(context, sensors) ?? (yield* makeSensors)
        const log = DeviceLog.make()
        const inside = DeviceLog.captured(log, context).pipe(Context.add(sensors, shape), Context.add(DeviceLog, log))
        const handlers = Effect.isEffect(build)
          ? yield* Effect.provideContext(build, inside as Context.Context<unknown>)
          : build
        shape.requests.seed(description.requests, handlers as Record<string, never>)
        return Context.make(device, {
          handlers,
          sensors: shape.set,
          requests: shape.requests,
          log,
          context: inside
        }).pipe(Context.add(sensors, shape))
      })
    )
  }

  class Contract {
    static readonly id = id
    static readonly version = description.version
    static readonly build = description.build
    static readonly requests = description.requests
    static readonly sensorTypes = sensorTypes
    static readonly device = device
    static readonly sensors = Effect.map(sensors, (shape) => shape.byName)
    static readonly sensorSet = Effect.map(sensors, (shape) => shape.set)
    static readonly requestSet = Effect.map(sensors, (shape) => shape.requests)
    static readonly layerSensors = Layer.effect(sensors, makeSensors)
    static readonly toLayer = toLayer
    static add(...items: ReadonlyArray<Request.Any | Sensor.Any>) {
      return fromDescription(add(description, items))
    }
  }
  return Contract as unknown as Any
}

/** Builds a contract from all its items. */
export const assemble = (
  { build, id, version }: { readonly id: string; readonly version: string; readonly build: string },
  items: ReadonlyArray<Request.Any | Sensor.Any>
): Interface<string, Request.Any, Sensor.Any> =>
  fromDescription(add({ id, version, build, requests: new Map(), sensorTypes: new Map() }, items))

/**
 * Creates a contract without requests and sensors; {@link Interface.add} adds them. Its id distinguishes the devices of
 * one program. `version` and `build` are sent in `#version-connect katcp-device` (Rev 5.1 §4.2).
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <const Id extends string>(
  id: Id,
  options?: { readonly version?: string | undefined; readonly build?: string | undefined }
): Interface<Id, never, never> => {
  expectValue("Interface.make", typeof id === "string", "the name of the contract", id)
  if (options !== undefined) expectOptions(`Interface.make(${JSON.stringify(id)})`, options)
  const version = options?.version ?? `${id}-0.1`
  return fromDescription({
    id,
    version,
    build: options?.build ?? version,
    requests: new Map(),
    sensorTypes: new Map()
  }) as unknown as Interface<Id, never, never>
}
