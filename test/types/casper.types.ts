/** Code that the types of `katcp/Casper` accept, and code that they refuse. Checked by the compiler alone. */
import { expectTypeOf } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as SocketServer from "effect/socket/SocketServer"
import type { KatcpError, RequestFailed, RequestInvalid } from "katcp"
import * as Casper from "katcp/Casper"
import * as CasperNode from "katcp/Casper/node"
import type { MemoryNetwork } from "katcp/Testing"

/** Boards and fakes need a network and a scope; the errors of each step are in the types. */
export const making = () => {
  const connected = Casper.connect({ host: "roach1" })
  expectTypeOf(connected).toEqualTypeOf<Effect.Effect<Casper.Board, KatcpError, Casper.Network | Scope.Scope>>()
  expectTypeOf(Casper.fake({ profile: "x86" })).toEqualTypeOf<
    Effect.Effect<Casper.FakeBoard, SocketServer.SocketServerError, Casper.Network | Scope.Scope>
  >()
  expectTypeOf(CasperNode.layer).toEqualTypeOf<Layer.Layer<Casper.Network>>()
  expectTypeOf(Casper.Network.layerMemory).toEqualTypeOf<Layer.Layer<Casper.Network, never, MemoryNetwork>>()
  expectTypeOf(CasperNode.file("design.fpg")).toEqualTypeOf<Effect.Effect<Casper.Fpg.Fpg, Casper.Fpg.FpgError>>()
  expectTypeOf(Casper.Fpg.parse(new Uint8Array())).toEqualTypeOf<Result.Result<Casper.Fpg.Fpg, Casper.Fpg.FpgError>>()
  expectTypeOf(Casper.quirks.x86).toEqualTypeOf<Casper.Quirks>()

  // @ts-expect-error a board has a host
  void Casper.connect({ port: 7147 })
  // @ts-expect-error the informs of a board are its own
  void Casper.connect({ host: "roach1", client: { onInform: {} } })
  // @ts-expect-error there are two orders of bytes
  void Casper.connect({ host: "roach1", quirks: { endian: "middle" } })
  // a part of the quirks is enough
  void Casper.connect({ host: "roach1", quirks: { endian: "little" }, client: { connecting: "fail" } })
  // @ts-expect-error there are two profiles
  void Casper.fake({ profile: "arm" })
  // @ts-expect-error uploads fail in five ways
  void Casper.fake({ faults: { upload: "slow" } })
  // @ts-expect-error a register of a design has a length
  Casper.Fpg.make({ registers: { gain: { address: 0 } } })
}

/** Registers: numbers, bytes, fields of bits. */
export const registers = (board: Casper.Board) => {
  expectTypeOf(board.registers).toEqualTypeOf<
    Effect.Effect<ReadonlyMap<string, Casper.BoardRegister>, Casper.BoardRefused | KatcpError>
  >()
  expectTypeOf(board.register("gain")).toEqualTypeOf<Effect.Effect<Casper.BoardRegister, Casper.BoardError>>()
  expectTypeOf<Casper.BoardRegister["address"]>().toEqualTypeOf<number | undefined>()
  expectTypeOf<Casper.BoardRegister["fields"]>().toEqualTypeOf<ReadonlyMap<string, Casper.Field>>()
  expectTypeOf(board.read("gain", { offset: 4 })).toEqualTypeOf<Effect.Effect<Uint8Array, Casper.BoardError>>()
  expectTypeOf(board.write("gain", new Uint8Array(4))).toEqualTypeOf<Effect.Effect<void, Casper.BoardError>>()
  expectTypeOf(board.readUint("gain", 2)).toEqualTypeOf<Effect.Effect<number, Casper.BoardError>>()
  expectTypeOf(board.readInt("gain")).toEqualTypeOf<Effect.Effect<number, Casper.BoardError>>()
  expectTypeOf(board.readUints(["gain", { register: "acc", word: 2 }])).toEqualTypeOf<
    Effect.Effect<ReadonlyArray<number>, Casper.BoardError>
  >()
  void board.readUints(new Map([["gain", 1]]).keys())
  expectTypeOf(board.readWords("acc", { word: 1, count: 2 })).toEqualTypeOf<
    Effect.Effect<ReadonlyArray<number>, Casper.BoardError>
  >()
  expectTypeOf(board.readNumber("gain", { lowest: 4, width: 3, signed: true })).toEqualTypeOf<
    Effect.Effect<number, Casper.BoardError>
  >()
  expectTypeOf(board.writeNumber("gain", 1.5, { binaryPoint: 8 })).toEqualTypeOf<
    Effect.Effect<void, Casper.BoardError>
  >()
  expectTypeOf(board.writeField("gain", "re", 1.5)).toEqualTypeOf<Effect.Effect<void, Casper.BoardError>>()
  expectTypeOf(board.snapshot("adc", { trigger: true, offset: 16, timeout: "2 seconds" })).toEqualTypeOf<
    Effect.Effect<Uint8Array, Casper.BoardError>
  >()

  // @ts-expect-error words are numbers
  void board.writeUint("gain", "0x400")
  // @ts-expect-error bytes are bytes: text has none of its own
  void board.write("gain", "abcd")
  // @ts-expect-error a format has a width, not a length
  void board.readNumber("gain", { length: 3 })
  // @ts-expect-error a field is named
  void board.readField("gain")
  // @ts-expect-error a place has a register
  void board.readUints([{ word: 1 }])
  // @ts-expect-error a name is not a list of names
  void board.readUints(7)
}

/** Uploads are Streams of progress, and designs or bytes are uploaded. */
export const uploads = (board: Casper.Board, design: Casper.Fpg.Fpg) => {
  expectTypeOf(board.upload(design, { timeout: "30 seconds", port: 7150 })).toEqualTypeOf<
    Stream.Stream<Casper.UploadProgress, Casper.UploadFailed | KatcpError>
  >()
  expectTypeOf(board.save("a.bof", new Uint8Array(200))).toEqualTypeOf<
    Stream.Stream<Casper.UploadProgress, Casper.UploadFailed | KatcpError>
  >()
  expectTypeOf(board.program("a.bof")).toEqualTypeOf<Effect.Effect<void, Casper.BoardRefused | KatcpError>>()
  void Stream.runForEach(board.upload(design), (progress) => {
    switch (progress._tag) {
      case "Waiting":
        return Effect.log(progress.port)
      case "Sending":
        return Effect.log(progress.sent / progress.total)
      case "Programming":
        return Effect.log(progress.state)
      case "Done":
        expectTypeOf(progress).toEqualTypeOf<{ readonly _tag: "Done"; readonly milliseconds: number }>()
        return Effect.log(progress.milliseconds)
    }
  })
  // @ts-expect-error a path is read first: CasperNode.file
  void board.upload("design.fpg")
}

/** Every failure of a board can be told from the others by its tag. */
export const errors = (board: Casper.Board) => {
  const read = board.readUint("gain").pipe(
    Effect.catchTags({
      UnknownRegister: ({ known }) => Effect.succeed(known),
      DoesNotFit: ({ detail }) => Effect.succeed(detail.length),
      BoardRefused: ({ code, reasons, request }) => {
        expectTypeOf(reasons).branded.toEqualTypeOf<ReadonlyArray<Casper.LogLine>>()
        return Effect.succeed(`${request} ${code}`.length)
      }
    })
  )
  expectTypeOf(read).toEqualTypeOf<Effect.Effect<number, KatcpError>>()
  const upload = Stream.runDrain(board.upload(new Uint8Array(200))).pipe(
    Effect.catchTag("UploadFailed", ({ stage }) => {
      expectTypeOf(stage).toEqualTypeOf<"checking" | "asking" | "sending" | "programming">()
      return Effect.void
    })
  )
  expectTypeOf(upload).toEqualTypeOf<Effect.Effect<void, KatcpError>>()
}

/** The contract: each request by name, with its own arguments, replies and informs. */
export const contract = (board: Casper.Board) => {
  const { request } = board.client
  type Failure = RequestFailed | RequestInvalid | KatcpError
  const words = request.wordread({ register: "gain", word: "0", count: 2 })
  expectTypeOf<Effect.Success<typeof words>["words"]>().toEqualTypeOf<ReadonlyArray<number>>()
  expectTypeOf<Effect.Error<typeof words>>().toEqualTypeOf<Failure>()
  const bytes = request.read({ register: "gain" })
  expectTypeOf<Effect.Success<typeof bytes>["data"]>().toEqualTypeOf<Uint8Array>()
  const list = request.listdev({ mode: "size" })
  expectTypeOf<Effect.Success<typeof list>["informs"]>().toEqualTypeOf<
    ReadonlyArray<{ readonly name: string; readonly place?: string | undefined }>
  >()
  void request["tap-start"]({ tap: "tap0", register: "gbe0", ip: "10.0.0.1", port: 7148 })
  void request["tap-multicast-add"]({ register: "gbe0", direction: "recv", address: "239.1.0.0+3" })
  void request["rfdc-progpll"]({ chip: "lmk" })
  void request["rfdc-status"]()
  void request["rfdc-get-nyquist-zone"]({ tile: 0, block: 1, kind: "adc", values: [] })
  void request["rfdc-set-qmc-settings"]({ tile: 0, block: 1, kind: "dac", values: ["1.0"] })
  expectTypeOf(board.client.sensor.mode).toHaveProperty("name")

  // @ts-expect-error a read names its register
  void request.read({ offset: "0" })
  // @ts-expect-error bytes are written as bytes
  void request.write({ register: "gain", offset: "0", data: "abcd" })
  // @ts-expect-error a core receives or sends
  void request["tap-multicast-add"]({ register: "gbe0", direction: "both", address: "239.1.0.0" })
  // @ts-expect-error the converters are for receiving or for sending
  void request["rfdc-get-nyquist-zone"]({ tile: 0, block: 1, kind: "both", values: [] })
  // @ts-expect-error there are two clock chips
  void request["rfdc-progpll"]({ chip: "pll" })
  // @ts-expect-error tcpborphserver has no such request
  void request["no-such"]()
}
