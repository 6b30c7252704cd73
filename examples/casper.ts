/**
 * Programs an FPGA board, sets a gain, reads a spectrum and plots it. Without a host it uses a fake board, which fills
 * its spectrum itself.
 *
 *     node examples/casper.ts [HOST DESIGN.fpg]
 */
import { Effect, Schedule, Stream } from "effect"
import * as Casper from "katcp/Casper"
import * as CasperNode from "katcp/Casper/node"

const channels = 64
/** The design of the fake board: a gain of two parts in fixed point, and a spectrum of words. */
const design = Casper.Fpg.make({
  registers: {
    acc_cnt: { address: 0, length: 4 },
    gain: { address: 4, length: 4 },
    spectrum: { address: 0x1000, length: channels * 4 }
  },
  meta: Object.entries({ names: ["re", "im"], bitwidths: ["16"], bin_pts: ["8"], arith_types: ["1"] }).map(
    ([key, values]) => ({ device: "gain", tag: "xps:sw_reg", key, values })
  )
})

/** The logic of the fake FPGA: a line on noise, scaled by the gain. */
const accumulate = (fake: Casper.FakeBoard, count: number): void => {
  const gain = fake.peek("gain")
  if (gain === undefined) return
  const factor = new DataView(gain.buffer).getInt16(0) / 256
  const words = new DataView(new ArrayBuffer(channels * 4))
  for (let channel = 0; channel < channels; channel++) {
    const power = 40 / (1 + (channel - 20) ** 2) + 2 + (channel % 3)
    words.setUint32(channel * 4, Math.round(power * factor * 1000))
  }
  fake.poke("spectrum", new Uint8Array(words.buffer))
  fake.poke("acc_cnt", Uint8Array.of(0, 0, 0, count))
}

/** Returns the bars of a spectrum, one line for two channels. */
const plot = (spectrum: ReadonlyArray<number>): ReadonlyArray<string> => {
  const highest = Math.max(1, ...spectrum)
  return spectrum
    .filter((_, channel) => channel % 2 === 0)
    .map((power, line) => `${String(line * 2).padStart(4)} ${"#".repeat(Math.round((power / highest) * 50))}`)
}

const observe = Effect.fnUntraced(function* (board: Casper.Board, file: Casper.Fpg.Fpg) {
  yield* Stream.runForEach(board.upload(file), (event) =>
    event._tag === "Done" ? Effect.log(`${board.host} is ready after ${event.milliseconds} ms`) : Effect.void
  )
  const before = yield* board.readUint("acc_cnt")
  yield* board.writeField("gain", "re", 1.5)
  // the next accumulation has the new gain
  yield* board
    .readUint("acc_cnt")
    .pipe(
      Effect.repeat({ until: (count) => count > before, schedule: Schedule.spaced("50 millis") }),
      Effect.timeout("10 seconds")
    )
  const spectrum = yield* board.readWords("spectrum", { count: channels })
  yield* Effect.sync(() => {
    for (const line of plot(spectrum)) console.log(line)
  })
})

const program = Effect.gen(function* () {
  const [host, file] = process.argv.slice(2)
  if (host !== undefined && file !== undefined)
    return yield* observe(yield* Casper.connect({ host }), yield* CasperNode.file(file))
  const fake = yield* Casper.fake({ port: 0 })
  let count = 0
  yield* Effect.sync(() => accumulate(fake, ++count & 255)).pipe(
    Effect.repeat(Schedule.spaced("100 millis")),
    Effect.forkScoped
  )
  yield* observe(yield* Casper.connect({ host: "127.0.0.1", port: Number(fake.address.split(":").at(-1)) }), design)
})

await program.pipe(Effect.scoped, Effect.provide(CasperNode.layer), Effect.runPromise)
