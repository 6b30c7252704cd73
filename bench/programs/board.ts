/** The fake board for the bench's clients of boards: `node board.ts PORT`. */
import { Effect } from "effect"
import * as Casper from "katcp/Casper"
import * as CasperNode from "katcp/Casper/node"

const registers = { gain: { address: 8, length: 4 }, spectrum: { address: 0x100000, length: 0x200000 } }

await Effect.gen(function* () {
  yield* Casper.fake({ port: Number(process.argv[2]), design: Casper.Fpg.make({ registers }) })
  return yield* Effect.never
}).pipe(Effect.scoped, Effect.provide(CasperNode.layer), Effect.runPromise)
