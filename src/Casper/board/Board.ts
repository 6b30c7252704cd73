import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import * as Socket from "effect/socket/Socket"
import * as Client from "../../Client/index.ts"
import { type KatcpError, Protocol } from "../../Message/index.ts"
import { encode } from "../fpg/encode.ts"
import type { Fpg } from "../fpg/Fpg.ts"
import { Network } from "../Network.ts"
import { TcpBorphServer } from "../TcpBorphServer.ts"
import { type BoardClient, Core } from "./Core.ts"
import type { BoardError, BoardRefused, LogLine, UploadFailed } from "./errors.ts"
import { LogTail } from "./LogTail.ts"
import type { WordPlace } from "./memory.ts"
import * as memory from "./memory.ts"
import { type Options, resolve } from "./options.ts"
import type { BoardRegister } from "./Registers.ts"
import { type SnapshotOptions, snapshot } from "./snapshot.ts"
import { save, type UploadOptions, type UploadProgress, upload } from "./upload.ts"

/**
 * A number in some bits of a word.
 *
 * @category models
 * @since 0.1.0
 */
export interface NumberFormat {
  /** The lowest bit, counted from 0 at the low end. Default 0. */
  readonly lowest?: number | undefined
  /** The number of bits. By default all from `lowest` on. */
  readonly width?: number | undefined
  /** The number of bits after the binary point. Default 0. */
  readonly binaryPoint?: number | undefined
  /** `true` for two's complement. Default false. */
  readonly signed?: boolean | undefined
  /** The word of the register. Default 0. */
  readonly word?: number | undefined
}

/**
 * A client of an FPGA board with tcpborphserver. Names, places and values are checked against the registers that the
 * board lists, before a request is sent: see `UnknownRegister` and `DoesNotFit`. A refusal of the board is
 * `BoardRefused`, with the lines that the board logged meanwhile.
 *
 * Words are numbers from 0 to 4294967295, for any byte order of the board. Bytes have the FPGA's order: big-endian on
 * boards.
 *
 * @category models
 * @since 0.1.0
 */
export interface Board {
  /** The host and port: `roach1:7147`. */
  readonly host: string
  /**
   * The KATCP client, with a method for each request of the contract, including those of 10 GbE cores and of RFSoC
   * boards.
   */
  readonly client: BoardClient
  /** Requests the state of the FPGA: `down`, `loaded`, `mapped` or `ready`. */
  readonly status: Effect.Effect<string, KatcpError>
  /** Lists the registers of the design, once for each design. Empty if the FPGA is not programmed. */
  readonly registers: Effect.Effect<ReadonlyMap<string, BoardRegister>, BoardRefused | KatcpError>
  /** Returns one register. Fails with `UnknownRegister` if the design does not have it. */
  readonly register: (name: string) => Effect.Effect<BoardRegister, BoardError>
  /**
   * Reads bytes, by default all from `offset` (default 0) on. Large reads are split, or use `?bulkread` if the board
   * has it.
   */
  readonly read: (
    name: string,
    options?: { readonly offset?: number | undefined; readonly length?: number | undefined }
  ) => Effect.Effect<Uint8Array, BoardError>
  /** Writes bytes at `offset`, default 0. Large writes are split: if a piece fails, those before it are written. */
  readonly write: (
    name: string,
    bytes: Uint8Array,
    options?: { readonly offset?: number | undefined }
  ) => Effect.Effect<void, BoardError>
  /** Reads words, by default all from `word` (default 0) on. */
  readonly readWords: (
    name: string,
    options?: { readonly word?: number | undefined; readonly count?: number | undefined }
  ) => Effect.Effect<ReadonlyArray<number>, BoardError>
  /** Writes words from `word` (default 0) on. Negative numbers are written in two's complement. */
  readonly writeWords: (
    name: string,
    values: ReadonlyArray<number>,
    options?: { readonly word?: number | undefined }
  ) => Effect.Effect<void, BoardError>
  /** Reads a word, by default the first one, as a number from 0 to 4294967295. */
  readonly readUint: (name: string, word?: number) => Effect.Effect<number, BoardError>
  /**
   * Reads one word of each register in a list, in the order of the list. A place `{ register, word }` reads another
   * word than the first. The requests are pipelined: up to 256 are in flight, so a list takes a fraction of the time of
   * single reads. All places are checked before the first request is sent. Fails with the first failure; requests in
   * flight are then abandoned.
   */
  readonly readUints: (places: Iterable<string | WordPlace>) => Effect.Effect<ReadonlyArray<number>, BoardError>
  /** Writes a word, by default the first one. */
  readonly writeUint: (name: string, value: number, word?: number) => Effect.Effect<void, BoardError>
  /** Reads a word, by default the first one, as a number in two's complement. */
  readonly readInt: (name: string, word?: number) => Effect.Effect<number, BoardError>
  /** Writes a word in two's complement, by default the first one. */
  readonly writeInt: (name: string, value: number, word?: number) => Effect.Effect<void, BoardError>
  /** Reads a number in some bits of a word: fixed point, signed or not. */
  readonly readNumber: (name: string, format: NumberFormat) => Effect.Effect<number, BoardError>
  /**
   * Writes a number to some bits of a word, rounded to the nearest step. The other bits of the word are read first and
   * written back: two clients that write fields of one word at the same time may undo each other's writes.
   */
  readonly writeNumber: (name: string, value: number, format: NumberFormat) => Effect.Effect<void, BoardError>
  /** Reads a named field of the design, with its width, sign and binary point. */
  readonly readField: (name: string, field: string) => Effect.Effect<number, BoardError>
  /** Writes a named field of the design. The other bits of the word are kept, as in `writeNumber`. */
  readonly writeField: (name: string, field: string, value: number) => Effect.Effect<void, BoardError>
  /**
   * Takes a snapshot: arms the block of this name, waits until it is full, and reads its memory. The registers of the
   * block are `NAME_ctrl`, `NAME_status` and `NAME_bram`, or `NAME_ss_ctrl` and so on. Fails with `DoesNotFit` if there
   * is no such block, or if it is not full in time.
   */
  readonly snapshot: (name: string, options?: SnapshotOptions) => Effect.Effect<Uint8Array, BoardError>
  /**
   * Programs the FPGA with a design: sends the design to a port that the board opens, waits for `#fpga ready`, and
   * confirms the board's state. The elements of the stream are the progress; `Stream.runDrain` waits for the end. A
   * board accepts one upload at a time.
   *
   * **While the board waits, its port is open on all its addresses, and accepts a design from the first connection.**
   * If the connection is lost, the board continues by itself, and its state is checked after reconnecting.
   */
  readonly upload: (
    design: Fpg | Uint8Array,
    options?: UploadOptions
  ) => Stream.Stream<UploadProgress, UploadFailed | KatcpError>
  /** Sends a file like `upload`. The board keeps the file, and is not programmed with it. */
  readonly save: (
    name: string,
    file: Fpg | Uint8Array,
    options?: UploadOptions
  ) => Stream.Stream<UploadProgress, UploadFailed | KatcpError>
  /** Programs the FPGA with a file on the board (`files`). tcpborphserver3 supports only `.bof` files. */
  readonly program: (file: string) => Effect.Effect<void, BoardRefused | KatcpError>
  /** Deprograms the FPGA. */
  readonly deprogram: Effect.Effect<void, BoardRefused | KatcpError>
  /** Lists the files on the board. */
  readonly files: Effect.Effect<ReadonlyArray<string>, BoardRefused | KatcpError>
  /** Calls the function with each line of the board's log, until the scope closes. */
  readonly onLog: (handler: (line: LogLine) => void) => Effect.Effect<void, never, Scope.Scope>
}

/** The KATCP version of tcpborphserver3, as far as clients are concerned. */
const protocol = Protocol.make(4, 0)

/**
 * Connects to a board, and reconnects whenever the connection is lost, until the scope closes. By default it waits
 * until the board is reached. Fails with `KatcpError` as `Client.make` does.
 *
 * @category constructors
 * @since 0.1.0
 */
export const connect = Effect.fnUntraced(function* (
  options: Options
): Effect.fn.Return<Board, KatcpError, Network | Scope.Scope> {
  const network = yield* Network
  const resolved = resolve(options)
  const socket = yield* network.dial(resolved.host, resolved.port)
  const log = new LogTail()
  let core: Core | undefined
  const client: BoardClient = yield* Client.make(TcpBorphServer, {
    protocol,
    // the contract has requests that not every board has
    checkContract: false,
    deviceLog: false,
    ...options.client,
    host: resolved.text,
    onInform: {
      log: (message) => {
        log.add(message)
      },
      fpga: (message) => {
        // the board sends `ready` to all clients whenever one of them queries its state
        if (message.text(0) !== "ready") core?.forget()
      },
      version: () => {
        core?.forgetServer()
      }
    }
  }).pipe(Effect.provideService(Socket.Socket, socket))
  core = new Core(client, resolved, network, log)
  return boardOf(core)
})

const bytesOf = (design: Fpg | Uint8Array): Uint8Array => (design instanceof Uint8Array ? design : encode(design))

const boardOf = (core: Core): Board => {
  const { client } = core
  const { request } = client
  const signed = { signed: true }
  return {
    host: core.options.text,
    client,
    status: statusOf(core),
    registers: core.registers,
    register: (name) => core.register(name),
    read: (name, options) => memory.read(core, name, options),
    write: (name, bytes, options) => memory.write(core, name, bytes, options),
    readWords: (name, options) => memory.readWords(core, name, options),
    writeWords: (name, values, options) => memory.writeWords(core, name, values, options),
    readUint: (name, word) => memory.readNumber(core, name, undefined, word),
    readUints: (places) => memory.readUints(core, places),
    writeUint: (name, value, word) => memory.writeNumber(core, name, value, undefined, word),
    readInt: (name, word) => memory.readNumber(core, name, signed, word),
    writeInt: (name, value, word) => memory.writeNumber(core, name, value, signed, word),
    readNumber: (name, format) => memory.readNumber(core, name, format, format.word),
    writeNumber: (name, value, format) => memory.writeNumber(core, name, value, format, format.word),
    readField: (name, field) =>
      Effect.flatMap(memory.fieldOf(core, name, field), (found) => memory.readNumber(core, name, found)),
    writeField: (name, field, value) =>
      Effect.flatMap(memory.fieldOf(core, name, field), (found) => memory.writeNumber(core, name, value, found)),
    snapshot: (name, options) => snapshot(core, name, options),
    upload: (design, options) => upload(core, bytesOf(design), options),
    save: (name, file, options) => save(core, name, bytesOf(file), options),
    program: (file) => Effect.asVoid(core.ask("progdev", request.progdev({ file }))),
    deprogram: Effect.asVoid(core.ask("progdev", request.progdev())),
    files: Effect.map(core.ask("listbof", request.listbof()), ({ informs }) => informs.map(({ file }) => file)),
    onLog: (handler) =>
      client.onInform("log", (message) =>
        handler({ level: message.text(0) ?? "", module: message.text(2) ?? "", text: message.text(3) ?? "" })
      )
  }
}

/** The state is in an inform to all clients, which precedes the reply. */
const statusOf = (core: Core): Effect.Effect<string, KatcpError> =>
  Effect.scoped(
    Effect.gen(function* () {
      let state: string | undefined
      yield* core.client.onInform("fpga", (message) => {
        state = message.text(0)
      })
      const answer = yield* core.client.callRaw("fpgastatus")
      return state ?? (answer.ok ? "ready" : "down")
    })
  )
