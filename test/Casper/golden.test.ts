/** The fake board beside a session that was recorded from the real server, built for x86. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Casper from "katcp/Casper"
import { MemoryNetwork, RawConnection } from "katcp/Testing"
import { Recorded } from "../golden/Recorded.ts"

const network = Casper.Network.layerMemory.pipe(Layer.provide(MemoryNetwork.layerEmpty()))
const design = Casper.Fpg.make({
  registers: {
    "acc len": { address: 0x20000, length: 4 },
    adc_snap_bram: { address: 0x10000, length: 16384 },
    sys_board_id: { address: 4, length: 4 },
    sys_scratchpad: { address: 0, length: 4 }
  },
  meta: [
    { device: "sys0/xeng", tag: "casper:xeng", key: "acc_len", values: ["12", "34"] },
    { device: "adc_snap_bram", tag: "xps:bram", key: "size", values: ["4096"] },
    { device: "77777", tag: "rcs", key: "app_last_modified", values: ["0"] }
  ]
})

/** Times and ports of clients differ from session to session. */
const normal = (line: string) =>
  line.replace(/^(#log \w+ )\d+/, "$1TIME").replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:PORT")

describe("the fake board with profile x86", () => {
  it.effect(
    "answers the recorded session of tcpborphserver3 line by line, except for times and ports",
    Effect.fnUntraced(
      function* () {
        const recorded = new Recorded("tcpborphserver3")
        const { dial } = yield* Casper.Network
        yield* Casper.fake({ profile: "x86", files: { "t.fpg": new Uint8Array(0) } })
        const client = yield* RawConnection.make(yield* dial("127.0.0.1", 7147))
        const taken = (count: number) =>
          Effect.map(
            Effect.forEach(Array.from({ length: count }), () => client.next),
            (lines) => lines.map(normal)
          )
        assert.deepStrictEqual(yield* taken(recorded.greeting.length), recorded.greeting.map(normal))
        let upload: number | undefined
        for (const { came, sent } of recorded.exchanges) {
          yield* client.send(`${sent}\n`)
          const first = came.findIndex((line) => line.startsWith("!"))
          const answer = yield* taken(first + 1)
          assert.deepStrictEqual(answer, came.slice(0, first + 1).map(normal), sent)
          const port = /^\?progremote (2\d+)$/.exec(sent)
          if (port !== null) {
            upload = Number(port[1])
            yield* Effect.scoped(
              Effect.gen(function* () {
                const file = yield* RawConnection.make(yield* dial("127.0.0.1", upload!))
                yield* file.send(Casper.Fpg.encode(design))
                yield* file.closeWrite
                yield* file.closed
              })
            )
          }
          assert.deepStrictEqual(yield* taken(came.length - first - 1), came.slice(first + 1).map(normal), sent)
          assert.deepStrictEqual(yield* client.settle, [], sent)
        }
        assert.strictEqual(upload, 21996)
        assert.strictEqual(recorded.exchanges.length, 43)
      },
      Effect.scoped,
      Effect.provide(network)
    )
  )
})
