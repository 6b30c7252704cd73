/**
 * FPGA boards of the CASPER collaboration, which are served by tcpborphserver: their contract, a client that deals with
 * their quirks, their files, and a fake board for tests.
 *
 * @since 0.1.0
 */
export * as Fpg from "./fpg/index.ts"
export { TcpBorphServer } from "./TcpBorphServer.ts"
