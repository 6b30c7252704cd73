/**
 * What tests of devices and clients run on: a network in memory, and peers under the test's hand. No port is opened,
 * no real time passes.
 *
 * @since 0.1.0
 */
export * as Faults from "./faults/index.ts"
export { MemoryNetwork } from "./MemoryNetwork.ts"
export * as RawConnection from "./RawConnection.ts"
export * as SocketPair from "./SocketPair.ts"
