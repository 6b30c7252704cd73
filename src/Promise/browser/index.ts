/**
 * KATCP for web pages without Effect: a client over WebSocket, with promises, async iterables and abort signals. It
 * uses no Node modules.
 *
 * @since 0.1.0
 */
export type { Abortable } from "../bridge.ts"
export type { CallOptions, Client, Methods, Mirror } from "../Client.ts"
export type { Reconnect } from "../options.ts"
export type { ClientSensor } from "../Sensor.ts"
export type { StrategyInput } from "../strategy.ts"
export { connect, type WebSocketOptions } from "./connect.ts"
