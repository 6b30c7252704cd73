/** The directory of a runner: how old it is. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import { FleetStore, layerMemory } from "katcp/Fleet"
import { makeDirectory } from "../../src/Fleet/Directory.ts"
import { steppedClock } from "../Testing/steppedClock.ts"

describe("a directory", () => {
  it.effect("knows the time since the database's last answer, whatever happens to the time of day", () =>
    Effect.gen(function* () {
      const { clock, step } = yield* steppedClock
      const { directory, refresh } = makeDirectory("r1", yield* FleetStore, clock)
      assert.strictEqual(directory.age(), Number.POSITIVE_INFINITY)
      yield* refresh
      assert.strictEqual(directory.age(), 0)
      for (const by of [-3_600_000, 7_200_000]) {
        step(by)
        yield* TestClock.adjust("20 seconds")
        assert.strictEqual(directory.age(), 20_000)
        yield* refresh
      }
    }).pipe(Effect.provide(layerMemory()))
  )
})
