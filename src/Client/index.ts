/**
 * Clients of devices: over any Socket, with many requests in flight, connecting again by themselves.
 *
 * @since 0.1.0
 */
export { Answer } from "./Answer.ts"
export type { DeviceRequestHandler } from "./Answers.ts"
export { type Client, type ClientSensors, type Contract, make, type RemoteDevice } from "./Client.ts"
export type { InformHandler, SubscribeOptions } from "./Informs.ts"
export type { Methods, Parameters, Result, StreamMethods } from "./Methods.ts"
export type { Version } from "./Negotiation.ts"
export type { Oddity, OddityReport } from "./Oddities.ts"
export { backOff, type CallOptions, type Options, reconnectSchedule } from "./Options.ts"
export * as Container from "./resources/Container.ts"
export * as Group from "./resources/Group.ts"
export type { ListedSensor, ListOptions } from "./resources/listSensors.ts"
export type { Outcome } from "./resources/outcomes.ts"
export type { Policy } from "./resources/Policy.ts"
export type { Quorum } from "./resources/quorum.ts"
export * as Resource from "./resources/Resource.ts"
export { Service, type ServiceClass } from "./Service.ts"
export { type ClientEvent, type ClientState, isConnected } from "./State.ts"
export type { Piece } from "./Streamed.ts"
export type { ClientSensor, WaitFor, WaitOptions } from "./sensors/ClientSensor.ts"
export { matches, type SensorFilter } from "./sensors/filter.ts"
export type { Difference, InterfaceChange } from "./sensors/Model.ts"
export type { RemoteReading } from "./sensors/RemoteReading.ts"
export type { SamplingState } from "./sensors/Subscription.ts"
export type { SensorEvent } from "./sensors/watch.ts"
