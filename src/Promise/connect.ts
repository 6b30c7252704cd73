import { openClient } from "./Client.ts"
import type { ConnectOptions } from "./ConnectOptions.ts"
import { type Connect, connecting } from "./connecting.ts"
import { socketOf } from "./socketOf.ts"

/**
 * Connects to a device over TCP or TLS. An absent device is tried for `connectTimeout`, 10 seconds by default; then the
 * promise rejects with the `KatcpError` of the last attempt. With `wait: true` it tries for ever; a `signal` ends that.
 * Once connected, the client reconnects whenever the connection is lost.
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
export const connect: Connect<ConnectOptions> = connecting((contract, options: ConnectOptions) =>
  openClient(contract, options, () => socketOf(options))
)
