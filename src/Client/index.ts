/**
 * Clients of devices: over any Socket, with many requests in flight, connecting again by themselves.
 *
 * @since 0.1.0
 */

export { type Client, type ClientSensors, type Contract, type Inspected, make, type RemoteDevice } from "./Client.ts"
export type { DeviceRequestHandler } from "./connection/Answers.ts"
export type { ConnectedReader, Destination, DialledSocket, Ends } from "./connection/Ends.ts"
export type { InformHandler, SubscribeOptions } from "./connection/Informs.ts"
export type { OnMessage } from "./connection/MessageHook.ts"
export type { Version } from "./connection/Negotiation.ts"
export type { Oddity, OddityReport } from "./connection/Oddities.ts"
export { backOff, type CallOptions, type Options, reconnectSchedule } from "./connection/Options.ts"
export { type ClientEvent, type ClientState, isConnected, isDataSynced } from "./connection/State.ts"
export { informOf, type TypedInform } from "./connection/TypedInform.ts"
export { type ImportOptions, importContract } from "./contract/importContract.ts"
export { Answer } from "./requests/Answer.ts"
export type { Methods, Parameters, Result, StreamMethods } from "./requests/Methods.ts"
export type { Piece } from "./requests/Streamed.ts"
export * as Container from "./resources/Container.ts"
export * as Group from "./resources/Group.ts"
export type { ListedSensor, ListOptions } from "./resources/listSensors.ts"
export type { Outcome } from "./resources/outcomes.ts"
export type { Policy } from "./resources/Policy.ts"
export type { Quorum } from "./resources/quorum.ts"
export * as Resource from "./resources/Resource.ts"
export { Service, type ServiceClass } from "./Service.ts"
export type { ClientSensor, WaitFor, WaitOptions } from "./sensors/ClientSensor.ts"
export { matches, type SensorFilter } from "./sensors/filter.ts"
export type { Difference, InterfaceChange } from "./sensors/Model.ts"
export type { RemoteReading } from "./sensors/RemoteReading.ts"
export type { SamplingState } from "./sensors/Subscription.ts"
export type { SensorEvent } from "./sensors/watch.ts"
