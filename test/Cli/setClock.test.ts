/** Commands that go by elapsed time do so when the host's clock is set. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Arg } from "katcp/Codec"
import * as Sensor from "katcp/Sensor"
import { RawConnection, SocketPair } from "katcp/Testing"
import { scriptOf } from "../../src/Cli/commands/replay/script.ts"
import { serve } from "../../src/Cli/commands/replay.ts"
import { move } from "../../src/Cli/commands/simulate.ts"
import { withSetClock } from "../Testing/setClock.ts"

const hour = 3_600_000
const said = (time: number, line: string) => ({ time, connection: 1, from: "device", line }) as const

describe("a clock that is set", () => {
  for (const speed of [1, 2])
    it.effect(`back or forward: a replay continues at the given speed (${speed})`, () =>
      withSetClock(
        Effect.fnUntraced(function* (clock) {
          const [device, client] = SocketPair.make()
          const script = scriptOf([said(100, "#a"), said(110, "#b"), said(120, "#c"), said(130, "#d")])
          yield* Effect.forkScoped(serve(device, script, speed), { startImmediately: true })
          const raw = yield* RawConnection.make(client)
          const passed = Effect.fnUntraced(function* (seconds: number) {
            yield* clock.adjust(`${seconds} seconds`)
            yield* raw.settle
            return (yield* raw.lines).join(" ")
          })
          assert.strictEqual(yield* passed(0), "#a")
          clock.shift(-hour)
          assert.strictEqual(yield* passed(10 / speed), "#a #b")
          clock.shift(2 * hour)
          assert.strictEqual(yield* passed(9 / speed), "#a #b")
          assert.strictEqual(yield* passed(1 / speed), "#a #b #c")
          assert.strictEqual(yield* passed(10 / speed), "#a #b #c #d")
        })
      )
    )

  it.effect("back or forward: the sensors of a simulated device move on", () =>
    withSetClock(
      Effect.fnUntraced(function* (clock) {
        const set = yield* Sensor.SensorSet.make
        const sensor = yield* set.add(Sensor.make("s", { type: Arg.Float }))
        const motions = new Map([["s", (seconds: number) => Effect.succeed(seconds)]])
        yield* Effect.forkScoped(move(set, motions, 1000), { startImmediately: true })
        for (let second = 1; second <= 6; second++) {
          if (second === 3) clock.shift(-hour)
          if (second === 5) clock.shift(2 * hour)
          yield* clock.adjust("1 second")
          assert.strictEqual(sensor.value, second)
        }
      })
    )
  )
})
