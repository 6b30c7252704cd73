/**
 * FPGA boards of the CASPER collaboration, which are served by tcpborphserver: their contract, a client that deals with
 * their quirks, their files, and a fake board for tests.
 *
 * @since 0.1.0
 */
export type { Faults, FpgaState } from "./fake/State.ts"
export { type FakeBoard, type FakeOptions, fake } from "./fake/fake.ts"
export * as Fpg from "./fpg/index.ts"
export { Network } from "./Network.ts"
export { TcpBorphServer } from "./TcpBorphServer.ts"
