import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Stream } from "effect"
import { type Reached, untilAll } from "../../src/Cli/commands/wait/awaited.ts"
import { parseCondition } from "../../src/Cli/commands/wait/condition.ts"
import { Arg } from "../../src/Codec/index.ts"
import * as Sensor from "../../src/Sensor/index.ts"

const sensor = Sensor.remote("mode", { doc: "", units: "", type: Arg.Text })

/** A device whose readings come in one batch. */
const device = (name: string, ...values: ReadonlyArray<string>): Reached => {
  const events = values.map((value) => ({
    _tag: "Reading",
    sensor: { name: "mode" },
    reading: { value, status: "nominal", timestamp: 0, received: 0 }
  }))
  return {
    client: { watch: () => Stream.fromIterable(events) } as never,
    host: { text: name } as never,
    sensors: [{ device: name, sensor, condition: Result.getOrThrow(parseCondition("stow", sensor)), last: undefined }]
  }
}

describe("sensors that katcp wait waits for", () => {
  it.effect("do not miss a reading that was there only for a moment", () =>
    Effect.gen(function* () {
      const [found, ...more] = yield* untilAll([device("m000", "track", "stow", "track")], false)
      assert.deepStrictEqual([found?.device, found?.reading.value, more.length], ["m000", "stow", 0])
      const any = yield* untilAll([device("m000", "track"), device("m001", "stow", "track")], true)
      assert.deepStrictEqual(
        any.map(({ device, reading }) => [device, reading.value]),
        [["m001", "stow"]]
      )
    })
  )

  it.effect("fail if the readings end before", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(untilAll([device("m000", "stow"), device("m001", "track")], false))
      assert.include(error.message, "the connections to all awaited devices have ended")
    })
  )
})
