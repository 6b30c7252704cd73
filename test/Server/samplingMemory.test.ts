/** Memory for each sensor that a client samples. */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Arg, Sensor } from "katcp"
import type { RawConnection } from "katcp/Testing"
import { say, start } from "./harness.ts"
import { lab } from "./samplingLab.ts"

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void

it.effect(
  "a sensor that a client samples by event takes at most 80 bytes of heap",
  Effect.fnUntraced(function* () {
    const clients = 20
    const device = lab()
    const { connect } = yield* start(device.layer())
    const names = Array.from({ length: 1000 }, (_, n) => `s.${n}`)
    yield* device.set().batch(
      Effect.forEach(names, (name) => device.set().add(Sensor.make(name, { doc: name, type: Arg.Int, initial: 0 })), {
        discard: true
      })
    )
    const list = names.join(",")
    const open: Array<RawConnection.RawConnection> = []
    for (let n = 0; n < clients; n++) open.push(yield* connect)
    // the informs of the others' connecting
    for (const client of open) yield* client.settle
    const heapAfter = Effect.fnUntraced(function* (request: string, answers: number) {
      for (const client of open) {
        yield* say(client, request)
        assert.strictEqual((yield* client.settle).length, answers)
      }
      collect()
      return process.memoryUsage().heapUsed
    })
    // the second time, when code is compiled; connections and their lines are part of both figures
    yield* heapAfter(`?sensor-sampling[1] ${list} event`, names.length + 1)
    yield* heapAfter("?sensor-sampling-clear[2]", 1)
    const sampled = yield* heapAfter(`?sensor-sampling[3] ${list} event`, names.length + 1)
    const each = (sampled - (yield* heapAfter("?sensor-sampling-clear[4]", 1))) / (clients * names.length)
    assert.isAbove(each, 10)
    assert.isAtMost(each, 80)
  })
)
