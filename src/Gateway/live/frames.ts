/**
 * The frames of the WebSocket for pages, `GET /api/live`: text frames of JSON, one object each. The first key is the
 * kind of the frame.
 *
 * A page subscribes by targets. The gateway describes each sensor once (`meta`), then sends numbers (`d`). The page
 * acknowledges a data frame when it has painted it. Until then the gateway sends no other data frame, and only
 * remembers which sensors changed. A slow or hidden page skips to the newest readings.
 *
 * The index of a sensor is a number of the gateway: it means the same sensor on every connection with the same `epoch`,
 * and is never reused. A sensor whose definition changes gets a new index.
 *
 * The files of `frames/` have only Schemas and types, independent of Node, so a page can import the types.
 *
 * @since 0.1.0
 */
export * from "./frames/fromPage.ts"
export * from "./frames/limits.ts"
export * from "./frames/text.ts"
export * from "./frames/toPage.ts"
