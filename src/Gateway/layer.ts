import * as Layer from "effect/Layer"
import { expectOptions } from "../Message/index.ts"
import type { Http, Site } from "../Site/index.ts"
import { layerApi } from "./api/layer.ts"
import { layerLive } from "./live/layer.ts"
import type { GatewayOptions } from "./options.ts"
import { layerPage } from "./page.ts"

/**
 * Serves the site that is provided over HTTP and WebSocket, by the routes of the `Http` that is provided. Who may call is
 * decided by the listener (`listenHttp` of `katcp/Site/node`).
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: GatewayOptions = {}): Layer.Layer<never, never, Site | Http> => {
  expectOptions("Gateway.layer", options)
  return Layer.mergeAll(layerApi(options), layerLive(options), layerPage(options.page ?? new Map()))
}
