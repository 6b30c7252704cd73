/**
 * A site for scripts, pages and browsers: an HTTP API, and a WebSocket for pages.
 *
 * @since 0.1.0
 */
export * as Live from "./live/frames.ts"
