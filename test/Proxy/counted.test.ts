/** Counts of a proxy's requests to its devices and output to its clients. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { FakeDevice } from "../Client/sensors/fake.ts"
import { pass } from "../Client/sensors/site.ts"
import { onNetwork } from "../Site/network.ts"
import { sampling, twoFakes } from "./fakes.ts"

/** The sensor reports in the lines, without times. */
const readings = (lines: ReadonlyArray<string>) =>
  lines.filter((line) => line.startsWith("#sensor-status")).map((line) => line.split(" ").slice(3).join(" "))

/** How often the device was asked to sample each of its sensors. */
const samplings = (fake: FakeDevice) => {
  const counts: Record<string, number> = {}
  for (const words of fake.askedFor("sensor-sampling"))
    for (const name of words.split(" ")[0]!.split(",")) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

describe("a proxy with 20 clients", () => {
  it.effect(
    "subscribes once to each sensor, and sends the device nothing more when clients sample, read and disconnect",
    () =>
      Effect.gen(function* () {
        const { fakes } = yield* twoFakes
        assert.deepStrictEqual(samplings(fakes[0]), { one: 1, three: 1, two: 1 })
        const asked = fakes.map((fake) => fake.asked.length)
        const clients = yield* Effect.forEach(Array.from({ length: 20 }), () => sampling)
        yield* Effect.forEach(clients, (raw) =>
          raw.send("?sensor-value\n?sensor-list\n?sensor-sampling m000.one none\n")
        )
        yield* pass()
        for (const raw of clients) {
          const lines = yield* raw.settle
          assert.strictEqual(lines.filter((line) => /^!\S+ ok/.test(line)).length, 3)
          yield* raw.close
        }
        yield* pass("1 second")
        assert.deepStrictEqual(
          fakes.map((fake) => fake.asked.length),
          asked
        )
        assert.deepStrictEqual([...fakes[0].strategies.values()], ["auto", "auto", "auto"])
      }).pipe(Effect.scoped, onNetwork)
  )

  for (const how of ["reset", "close"] as const)
    it.effect(
      `informs each of them of the ${how} of a device within a second: each of its sensors once, and no others`,
      () =>
        Effect.gen(function* () {
          const { fakes } = yield* twoFakes
          const clients = yield* Effect.forEach(Array.from({ length: 20 }), () => sampling)
          yield* fakes[0].connection![how]
          // no time passes but what turns of the loop take; it connects again half a second later
          yield* pass()
          for (const raw of clients) {
            const told = readings(yield* raw.settle)
            assert.deepStrictEqual(told.sort(), [
              "m000.one unreachable 1",
              "m000.three unreachable 1",
              "m000.two unreachable 1"
            ])
          }
          yield* pass("1 second")
          for (const raw of clients) {
            const told = readings(yield* raw.settle)
            assert.deepStrictEqual(told.sort(), ["m000.one nominal 1", "m000.three nominal 1", "m000.two nominal 1"])
          }
          assert.deepStrictEqual(samplings(fakes[0]), { one: 2, three: 2, two: 2 })
          assert.deepStrictEqual(samplings(fakes[1]), { one: 1, three: 1, two: 1 })
        }).pipe(Effect.scoped, onNetwork)
    )
})
