import type * as EffectClient from "../Client/index.ts"
import type { Request } from "../Interface/index.ts"
import type * as Sensor from "../Sensor/index.ts"
import { type Client, isContract, noContract, openClient } from "./Client.ts"
import type { ConnectOptions } from "./options.ts"
import { socketOf } from "./socketOf.ts"

/**
 * Connects to a device over TCP or TLS. A device that is not there is tried for `connectTimeout`, 10 seconds by default;
 * then the promise rejects with the `KatcpError` of the last attempt. With `wait: true` it goes on trying for ever; a
 * `signal` ends that. Once connected, the client connects again by itself whenever the connection is lost.
 *
 * @example
 * ```ts no-run
 * import { connect } from "katcp/promise"
 *
 * const dish = await connect({ host: "dish-7", port: 7147 })
 * try {
 *   const reply = await dish.call("watchdog")
 *   console.log(reply.ok)
 *   for await (const { value } of dish.sensorNamed("azimuth").sample("period 1")) console.log(value)
 * } finally {
 *   await dish.close()
 * }
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export function connect<R extends Request.Any, S extends Sensor.Any>(
  contract: EffectClient.Contract<R, S>,
  options: ConnectOptions
): Promise<Client<R, S>>
export function connect(options: ConnectOptions): Promise<Client<never, never>>
export function connect<R extends Request.Any, S extends Sensor.Any>(
  first: EffectClient.Contract<R, S> | ConnectOptions,
  second?: ConnectOptions
): Promise<Client<R, S>> | Promise<Client<never, never>> {
  if (second === undefined && !isContract(first))
    return openClient<never, never>(noContract(), first, () => socketOf(first))
  const options = second as ConnectOptions
  return openClient(first as EffectClient.Contract<R, S>, options, () => socketOf(options))
}
