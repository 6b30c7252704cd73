import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Socket from "effect/socket/Socket"
import { Site } from "katcp/Site"
import { MemoryNetwork, RawConnection } from "katcp/Testing"
import { immediately } from "../Client/connect.ts"
import { withBulk } from "../Client/sensors/fake.ts"
import { onNetwork } from "./network.ts"

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void

const count = 20_000
const name = (n: number) => `rsc.rxl.${n}.temperature`

/** A device that keeps nothing of its sensors: it says what they are and what they read whenever it is asked. */
const serve = (socket: Socket.Socket) =>
  Effect.gen(function* () {
    const connection = yield* RawConnection.make(socket)
    yield* connection.send(withBulk)
    while (true) {
      const line = yield* connection.next
      const [head = "", ...args] = line.slice(1).split(" ")
      const lines: Array<string> = []
      if (head.startsWith("sensor-list")) {
        for (let n = 0; n < count; n++) lines.push(`#${head} ${name(n)} Temperature\\_${n}. K float`)
        lines.push(`!${head} ok ${count}`)
      } else if (head.startsWith("sensor-sampling")) {
        for (const one of args[0]!.split(",")) lines.push(`#sensor-status 1795927272.566012 1 ${one} nominal 21.53125`)
        lines.push(`!${head} ok ${args.join(" ")}`)
      } else if (head.startsWith("help")) lines.push(`!${head} ok 0`)
      else lines.push(`!${head} invalid unknown`)
      yield* connection.send(`${lines.join("\n")}\n`)
    }
  }).pipe(Effect.scoped, Effect.ignore)

const used = () => {
  for (let n = 0; n < 4; n++) collect()
  const { external, heapUsed } = process.memoryUsage()
  return heapUsed + external
}

it.live(
  "a sensor takes at most 1.2 KB, client and table together, with its definition and its reading (issue 14)",
  () =>
    Effect.gen(function* () {
      const network = yield* MemoryNetwork
      const server = yield* network.listen()
      yield* Effect.forkScoped(server.run(serve), immediately)
      const site = yield* Site.make()
      const device = { client: { alive: Number.POSITIVE_INFINITY } }
      const add = (name: string) =>
        Effect.gen(function* () {
          const socket = Layer.succeed(Socket.Socket, yield* network.connect)
          yield* site.add(name, { ...device, socket })
          yield* site.synced
        })
      // what a process needs once, and shapes of objects that settle
      yield* add("first")
      const before = used()
      yield* add("second")
      const each = (used() - before) / count
      assert.strictEqual(site.table.sizeOf("second"), count)
      assert.strictEqual(site.table.get("second", name(7))!.value, 21.53125)
      assert.isAbove(each, 500)
      assert.isAtMost(each, 1200)
    }).pipe(Effect.scoped, onNetwork)
)
