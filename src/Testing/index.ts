/**
 * The base of tests of devices and clients: a network in memory, and peers that the test controls. Without ports and
 * without real time.
 *
 * @since 0.1.0
 */
export { type Connected, type ConnectOptions, connect } from "./connect.ts"
export * as DemoDevice from "./DemoDevice.ts"
export { ExpectationFailed } from "./ExpectationFailed.ts"
export * as Expect from "./expect/index.ts"
export * as FakeDevice from "./fake/index.ts"
export * as Faults from "./faults/index.ts"
export * as Handling from "./Handling.ts"
export type { Journal, WithinOptions } from "./Journal.ts"
export { MemoryNetwork } from "./MemoryNetwork.ts"
export * as RawConnection from "./RawConnection.ts"
export * as Recorder from "./Recorder.ts"
export type { AnySensor } from "./readings.ts"
export * as SocketPair from "./SocketPair.ts"
export { settle } from "./settle.ts"
export * as Transitions from "./Transitions.ts"
