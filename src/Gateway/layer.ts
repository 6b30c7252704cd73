import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { expectOptions } from "../Message/index.ts"
import type { Http, Site } from "../Site/index.ts"
import { layerApi } from "./api/layer.ts"
import { GatewayCounts, tellCounts } from "./counts.ts"
import { layerLive } from "./live/layer.ts"
import type { GatewayOptions } from "./options.ts"
import { layerPage } from "./page.ts"

/**
 * Serves the provided site over HTTP and WebSocket, with the routes of the provided `Http`. The listener decides on
 * access (`listenHttp` of `katcp/Site/node`). If `Figures` and `Health` are provided, the gateway adds the numbers of
 * open sockets, and of sent, skipped and refused items.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: GatewayOptions = {}): Layer.Layer<never, never, Site | Http> => {
  expectOptions("Gateway.layer", options)
  return Layer.unwrap(
    Effect.gen(function* () {
      const counts = new GatewayCounts()
      yield* tellCounts(counts)
      return Layer.mergeAll(layerApi(options, counts), layerLive(options, counts), layerPage(options.page ?? new Map()))
    })
  )
}
