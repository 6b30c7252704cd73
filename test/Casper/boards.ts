/** Fake boards and their clients for tests. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Casper from "katcp/Casper"
import { MemoryNetwork } from "katcp/Testing"

export const network = Casper.Network.layerMemory.pipe(Layer.provideMerge(MemoryNetwork.layerEmpty()))

export const design = Casper.Fpg.make({
  registers: {
    sys_scratchpad: { address: 0, length: 4 },
    gain: { address: 8, length: 4 },
    ctrl: { address: 12, length: 4 },
    snap_ss_ctrl: { address: 16, length: 4 },
    snap_ss_status: { address: 20, length: 4 },
    snap_ss_bram: { address: 0x8000, length: 1024 },
    spectrum: { address: 0x100000, length: 0x200000 }
  },
  meta: [
    { device: "gain", tag: "xps:sw_reg", key: "io_dir", values: ["From", "Processor"] },
    { device: "gain", tag: "xps:sw_reg", key: "names", values: ["[re", "im]"] },
    { device: "gain", tag: "xps:sw_reg", key: "bitwidths", values: ["[16 16]"] },
    { device: "gain", tag: "xps:sw_reg", key: "bin_pts", values: ["8"] },
    { device: "gain", tag: "xps:sw_reg", key: "arith_types", values: ["1"] },
    { device: "snap/ss", tag: "casper:snapshot", key: "length", values: ["1024"] }
  ]
})

/** A fake board, and a client of it that is not asked whether it lives, so the clock may be moved. */
export const connected = (options: Casper.FakeOptions = { design }, client?: Partial<Casper.Options>) =>
  Effect.gen(function* () {
    const fake = yield* Casper.fake(options)
    const board = yield* Casper.connect({
      host: options.host ?? "127.0.0.1",
      client: { alive: "Infinity" },
      ...client
    })
    return { fake, board }
  })
