/**
 * FPGA boards of the CASPER collaboration with tcpborphserver: their contract, a client that handles their quirks,
 * their files, and a fake board for tests.
 *
 * @since 0.1.0
 */
export { type Board, connect, type NumberFormat } from "./board/Board.ts"
export type { BoardClient } from "./board/Core.ts"
export {
  type BoardError,
  BoardRefused,
  DoesNotFit,
  type LogLine,
  UnknownRegister,
  UploadFailed
} from "./board/errors.ts"
export type { WordPlace } from "./board/memory.ts"
export { type Options, type Quirks, quirks } from "./board/options.ts"
export type { BoardRegister, Field } from "./board/Registers.ts"
export type { SnapshotOptions } from "./board/snapshot.ts"
export type { UploadOptions, UploadProgress } from "./board/upload.ts"
export { type FakeBoard, type FakeOptions, fake } from "./fake/fake.ts"
export type { Faults, FpgaState } from "./fake/State.ts"
export * as Fpg from "./fpg/index.ts"
export { Network } from "./Network.ts"
export { TcpBorphServer } from "./TcpBorphServer.ts"
