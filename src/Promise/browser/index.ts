/**
 * KATCP for pages that do not use Effect: a client over WebSocket, with promises, async iterables and abort signals. Nothing of
 * Node is in it.
 *
 * @since 0.1.0
 */
export type { Abortable } from "../bridge.ts"
export type { CallOptions, Client, Methods, Mirror } from "../Client.ts"
export type { Reconnect } from "../options.ts"
export type { ClientSensor } from "../Sensor.ts"
export type { StrategyInput } from "../strategy.ts"
export { connect, type WebSocketOptions } from "./connect.ts"
