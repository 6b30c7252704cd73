import type * as EffectClient from "../Client/index.ts"
import type { Request } from "../Interface/index.ts"
import type * as Sensor from "../Sensor/index.ts"
import { type Client, isContract, noContract } from "./Client.ts"

/**
 * A function that connects to a device: with its contract, which types requests and sensors, or without one.
 *
 * @category models
 * @since 0.1.0
 */
export interface Connect<Options> {
  <R extends Request.Any, S extends Sensor.Any>(
    contract: EffectClient.Contract<R, S>,
    options: Options
  ): Promise<Client<R, S>>
  (options: Options): Promise<Client<never, never>>
}

/** Makes such a function from one that opens a client of a contract. */
export const connecting =
  <Options extends object>(
    open: <R extends Request.Any, S extends Sensor.Any>(
      contract: EffectClient.Contract<R, S>,
      options: Options
    ) => Promise<Client<R, S>>
  ): Connect<Options> =>
  <R extends Request.Any, S extends Sensor.Any>(
    first: EffectClient.Contract<R, S> | Options,
    second?: Options
  ): Promise<Client<R, S>> & Promise<Client<never, never>> =>
    // both overloads are met: without a contract there are no requests and no sensors
    (second === undefined && !isContract(first)
      ? open<never, never>(noContract(), first as Options)
      : open(first as EffectClient.Contract<R, S>, second as Options)) as never
