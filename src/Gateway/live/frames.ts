/**
 * The frames of the WebSocket for pages, `GET /api/live`: text frames of JSON, one object each. The key that comes first
 * says what a frame is.
 *
 * A page subscribes by targets. The gateway tells of each sensor once (`meta`), then sends numbers (`d`). The page
 * acknowledges a data frame when it has painted it; until then the gateway sends no other, and only remembers which
 * sensors changed. A page that is slow, or hidden, skips to the newest readings.
 *
 * The index of a sensor is a number of the gateway: it means the same sensor on every connection with the same `epoch`,
 * and is never used again. A sensor whose definition changes comes under a new index.
 *
 * The files of `frames/` hold Schemas and types alone, and nothing of Node, so a page may import the types.
 *
 * @since 0.1.0
 */
export * from "./frames/fromPage.ts"
export * from "./frames/limits.ts"
export * from "./frames/text.ts"
export * from "./frames/toPage.ts"
