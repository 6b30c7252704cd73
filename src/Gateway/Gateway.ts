/**
 * A site over HTTP and WebSocket.
 *
 * @since 0.1.0
 */
export { layer } from "./layer.ts"
export type { GatewayOptions, PageFile } from "./options.ts"
export { GatewaySection, optionsOf } from "./section.ts"
