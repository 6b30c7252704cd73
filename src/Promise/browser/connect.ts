import * as EffectClient from "../../Client/index.ts"
import { openClient } from "../Client.ts"
import { type Connect, connecting } from "../connecting.ts"
import type { CommonOptions } from "../options.ts"

/**
 * The device, and the options of the client. Durations are in milliseconds; the rest is as in `Client.Options`.
 *
 * @category models
 * @since 0.1.0
 */
export interface WebSocketOptions extends Omit<CommonOptions, "host" | "port" | "localAddress"> {
  /** The address: `wss://host/katcp/m000`, or in a page a path of its own origin, `/katcp/m000`. */
  readonly url: string
}

/**
 * Connects to a device over WebSocket, in a browser or any runtime with a global `WebSocket`. An absent device is tried
 * for `connectTimeout`, 10 seconds by default; then the promise rejects with the `KatcpError` of the last attempt. With
 * `wait: true` it tries for ever; a `signal` ends that. Once connected, the client reconnects whenever the connection
 * is lost. Throws a `TypeError` for an invalid address.
 *
 * @example
 * ```ts no-run
 * import { connect } from "katcp/promise/browser"
 *
 * const dish = await connect({ url: "/katcp/m000" })
 * for await (const { value } of dish.sensorNamed("azimuth").sample("event-rate 0.1 1")) console.log(value)
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const connect: Connect<WebSocketOptions> = connecting(
  async (contract, { url, ...options }: WebSocketOptions) => {
    const { href, host, port } = EffectClient.webSocketAddress(url)
    return openClient(contract, { ...options, host, port }, () => EffectClient.layerWebSocket(href))
  }
)
