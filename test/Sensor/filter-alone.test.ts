import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Arg } from "katcp/Codec"
import * as Sensor from "katcp/Sensor"
import { vi } from "vitest"

vi.mock("re2js", () => {
  throw new Error("not installed")
})

it.effect(
  "without the package for regular expressions only they fail (P-192)",
  Effect.fnUntraced(function* () {
    const set = yield* Sensor.SensorSet.make
    const sensor = yield* set.add(Sensor.make("a", { type: Arg.Int }))
    assert.deepStrictEqual(yield* set.select("//"), [sensor])
    assert.deepStrictEqual(yield* set.select("a"), [sensor])
    const failure = yield* Effect.flip(set.select("/a/"))
    assert.match(failure.message, /re2js is not installed/)
  })
)
