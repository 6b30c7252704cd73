/**
 * A site over HTTP and WebSocket, for scripts, pages and browsers: an HTTP API, server-sent events, live data for pages, and the
 * files of a page.
 *
 * @since 0.1.0
 */
export * as Gateway from "./Gateway.ts"
export * as Live from "./live/frames.ts"
