/**
 * KATCP on Node: listeners for servers, and Sockets for clients.
 *
 * @since 0.1.0
 */
export { refusedHost } from "./admission.ts"
export { certificateOf } from "./certificateOf.ts"
export { serverOptions } from "./credentials.ts"
export * as NodeClient from "./NodeClient.ts"
export * as NodeServer from "./NodeServer.ts"
export { renewing } from "./renewal.ts"
export * as NodeTimeSync from "./TimeSync.ts"
