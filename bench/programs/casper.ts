/**
 * The client of a board that the bench measures: `node casper.ts PORT PID PART READS BLOCKS BYTES` (see README.md in
 * bench/). PID is the process of the board, whose CPU time is also reported. PART is `latency` or `throughput`.
 */
import { Effect, Stream } from "effect"
import * as Casper from "katcp/Casper"
import * as CasperNode from "katcp/Casper/node"
import { taking } from "../harness/taking.ts"

const [port = "0", pid = "0", part = "latency", ...counts] = process.argv.slice(2)
const [reads = 10_000, blocks = 20, bytes = 40_000_000] = counts.map(Number)
const { begin, put } = taking(Number(pid))

const took = <E>(scenario: string, n: number, act: Effect.Effect<unknown, E>) =>
  Effect.gen(function* () {
    const since = begin()
    yield* act
    put(scenario, n, since)
  })

/** Reads words one after another, as a program does that examines each before reading the next. */
const loop = (board: Casper.Board, count: number) =>
  Effect.gen(function* () {
    for (let read = 0; read < count; read++) yield* board.readUint("gain")
  })

const latency = Effect.fnUntraced(function* (board: Casper.Board) {
  yield* took("first", reads, loop(board, reads))
  // by then the engine has compiled the hot code
  yield* loop(board, 2 * reads)
  yield* took("later", 3 * reads, loop(board, 3 * reads))
})

const throughput = Effect.fnUntraced(function* (board: Casper.Board) {
  const list = Array.from({ length: reads }, () => "gain")
  yield* took("list first", reads, board.readUints(list))
  yield* Effect.repeat(board.readUints(list), { times: 2 })
  yield* took("list later", reads, board.readUints(list))
  yield* took("apart", reads, loop(board, reads))
  yield* board.write("spectrum", new Uint8Array(1048576).fill(0x78))
  yield* board.read("spectrum", { length: 1048576 })
  yield* took("blocks", blocks, Effect.repeat(board.read("spectrum", { length: 1048576 }), { times: blocks - 1 }))
  const design = Casper.Fpg.make({
    registers: { gain: { address: 8, length: 4 }, spectrum: { address: 0x100000, length: 0x200000 } },
    bitstream: new Uint8Array(bytes)
  })
  yield* took("upload", 1, Stream.runDrain(board.upload(Casper.Fpg.encode(design))))
})

await Effect.gen(function* () {
  const board = yield* Casper.connect({ host: "127.0.0.1", port: Number(port) })
  yield* board.registers
  yield* part === "latency" ? latency(board) : throughput(board)
}).pipe(Effect.scoped, Effect.provide(CasperNode.layer), Effect.runPromise)
