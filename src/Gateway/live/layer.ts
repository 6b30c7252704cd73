import * as Layer from "effect/Layer"
import type { Http, Site } from "../../Site/index.ts"
import type { GatewayOptions } from "../options.ts"

/** The routes of WebSockets: `/api/live` for pages, and KATCP lines for tools if the options say so. */
export const layerLive = (_options: GatewayOptions): Layer.Layer<never, never, Site | Http> => Layer.empty
