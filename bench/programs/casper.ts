/**
 * Boards: our client beside katcp-python, as casperfpga uses it, on the same fake board in a process of its own. Word reads one
 * after another and all at once, reads of 1 MiB, and an upload. Rounds alternate; the medians are printed.
 *
 *     node bench/programs/casper.ts [READS BLOCKS BYTES]
 */
import { execFile, fork } from "node:child_process"
import { once } from "node:events"
import * as path from "node:path"
import { promisify } from "node:util"
import { Duration, Effect, Stream } from "effect"
import * as Casper from "katcp/Casper"
import * as CasperNode from "katcp/Casper/node"
import { freePort } from "../../scripts/freePort.ts"
import { install } from "../../scripts/python-peers.ts"

const rounds = 5
const root = path.join(import.meta.dirname, "..", "..")
const registers = { gain: { address: 8, length: 4 }, spectrum: { address: 0x100000, length: 0x200000 } }

const serve = (port: number) =>
  Effect.gen(function* () {
    yield* Casper.fake({ port, design: Casper.Fpg.make({ registers }) })
    yield* Effect.sync(() => process.send?.("ready"))
    return yield* Effect.never
  }).pipe(Effect.scoped, Effect.provide(CasperNode.layer), Effect.runPromise)

type Times = Record<string, number>

const ours = (port: number, reads: number, blocks: number, bytes: number): Promise<Times> =>
  Effect.gen(function* () {
    const times: Times = {}
    const took = <E>(what: string, act: Effect.Effect<unknown, E>) =>
      Effect.map(Effect.timed(act), ([elapsed]) => {
        times[what] = Duration.toMillis(elapsed)
      })
    const board = yield* Casper.connect({ host: "127.0.0.1", port })
    yield* board.registers
    yield* board.write("spectrum", new Uint8Array(1048576).fill(0x78))
    const read = board.readUint("gain")
    yield* took("reads", Effect.repeat(read, { times: reads - 1 }))
    yield* took(
      "reads at once",
      Effect.all(
        Array.from({ length: reads }, () => read),
        { concurrency: "unbounded", discard: true }
      )
    )
    yield* took("blocks", Effect.repeat(board.read("spectrum", { length: 1048576 }), { times: blocks - 1 }))
    const design = Casper.Fpg.encode(Casper.Fpg.make({ registers, bitstream: new Uint8Array(bytes) }))
    yield* took("upload", Stream.runDrain(board.upload(design)))
    return times
  }).pipe(Effect.scoped, Effect.provide(CasperNode.layer), Effect.runPromise)

const python = async (command: string, port: number, ...counts: ReadonlyArray<number>): Promise<Times> => {
  const program = ["-B", "-W", "ignore", "test/interop/python/kp_casper.py", "127.0.0.1", String(port), "--measure"]
  const { stdout } = await promisify(execFile)(command, [...program, ...counts.map(String)], { cwd: root })
  const lines = stdout.trim().split("\n")
  return Object.fromEntries(lines.map((line) => JSON.parse(line)).map(({ milliseconds, what }) => [what, milliseconds]))
}

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

const [first, second, third, fourth] = process.argv.slice(2)
if (first === "--serve") await serve(Number(second))
else {
  const [reads, blocks, bytes] = [Number(first ?? 10000), Number(second ?? 20), Number(third ?? 40_000_000)]
  if (fourth !== undefined || ![reads, blocks, bytes].every((count) => count > 0))
    throw new Error("usage: node bench/programs/casper.ts [READS BLOCKS BYTES]")
  const { katcp } = await install()
  const port = await freePort()
  const board = fork(import.meta.filename, ["--serve", String(port)])
  try {
    await once(board, "message")
    const all: { readonly us: Array<Times>; readonly them: Array<Times> } = { us: [], them: [] }
    for (let round = 0; round < rounds; round++) {
      all.us.push(await ours(port, reads, blocks, bytes))
      if ("python" in katcp) all.them.push(await python(katcp.python, port, reads, blocks, bytes))
    }
    const of = (times: ReadonlyArray<Times>, what: string) => median(times.map((one) => one[what]!))
    for (const [what, text, theirs] of [
      ["reads", `${reads} word reads, one after another`, "reads"],
      ["reads at once", `${reads} word reads at once`, "reads"],
      ["blocks", `${blocks} reads of 1 MiB`, "blocks"],
      ["upload", `an upload of ${bytes} bytes`, "upload"]
    ] as const) {
      const mine = of(all.us, what)
      const other = all.them.length === 0 ? undefined : of(all.them, theirs)
      const beside =
        other === undefined ? "" : `, katcp-python ${other.toFixed(0)} ms: ${(other / mine).toFixed(1)} times`
      console.log(`${text}: ${mine.toFixed(0)} ms${beside}`)
    }
  } finally {
    board.kill()
  }
}
