/**
 * KATCP on Node: where servers listen and what clients dial.
 *
 * @since 0.1.0
 */
export { refusedHost } from "./admission.ts"
export * as NodeClient from "./NodeClient.ts"
export * as NodeServer from "./NodeServer.ts"
export * as NodeTimeSync from "./TimeSync.ts"
