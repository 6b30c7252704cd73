import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import type * as Socket from "effect/socket/Socket"
import type { Request } from "../Interface/index.ts"
import type { KatcpError } from "../Message/index.ts"
import type * as Sensor from "../Sensor/index.ts"
import type { Client } from "./Client.ts"
import type { Options } from "./connection/Options.ts"
import type { Contract } from "./contract/Contract.ts"
import { make } from "./make.ts"

/**
 * The class of a service that is a client of one device: see {@link Service}.
 *
 * @category models
 * @since 0.1.0
 */
export interface ServiceClass<Self, Id extends string, R extends Request.Any, S extends Sensor.Any>
  extends Context.ServiceClass<Self, Id, Client<R, S>> {
  /** Builds the client over the provided Socket. It lives as long as the layer. See `Client.make`. */
  readonly layer: (options?: Options) => Layer.Layer<Self, KatcpError, Socket.Socket>
}

/**
 * Creates the class of a service that is a client of one device. With one class for each device of a program, the types
 * of effects show which devices they need, and layers define how to reach them.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { Client, Interface, Request } from "katcp"
 * import { NodeClient } from "katcp/Node"
 *
 * class Dish extends Interface.make("dish").add(Request.make("stow", { doc: "Stow the dish." })) {}
 *
 * class Dish7 extends Client.Service<Dish7>()("Dish7", Dish) {}
 *
 * export const Dish7Live = Dish7.layer().pipe(Layer.provide(NodeClient.tcp({ host: "dish-7", port: 7147 })))
 *
 * export const stow = Effect.flatMap(Dish7, (dish) => dish.request.stow())
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const Service =
  <Self>() =>
  <const Id extends string, R extends Request.Any, S extends Sensor.Any>(
    id: Id,
    contract: Contract<R, S>
  ): ServiceClass<Self, `katcp/Client/${Id}`, R, S> => {
    const service = Context.Service<Self, Client<R, S>>()(`katcp/Client/${id}`)
    return Object.assign(service, {
      layer: (options?: Options) => Layer.effect(service, make(contract, options))
    })
  }
