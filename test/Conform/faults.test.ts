/** Each check can fail: for each there is a device with one fault, and the check finds it. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Check, checks, resultText } from "katcp/Conform"
import type { Fault } from "./Fault.ts"
import { lines } from "./faults/lines.ts"
import { requests } from "./faults/requests.ts"
import { sampling } from "./faults/sampling.ts"
import { sensors } from "./faults/sensors.ts"
import { faulty, type Kind, report } from "./lab.ts"

const faults: Record<string, Fault> = { ...lines, ...requests, ...sampling, ...sensors }

/** A device that the check is for. */
const kindOf = ({ needs }: Check): Kind =>
  needs?.major === 4 ? "v4" : needs?.several === false ? "single" : needs?.without !== undefined ? "plain" : "v5"

describe("a check fails on a device with its fault", () => {
  for (const check of checks) {
    it.effect(
      `${check.id} ${check.title}`,
      Effect.fnUntraced(function* () {
        const device = yield* faulty(kindOf(check), faults[check.id]!)
        const { results } = yield* report(device, {
          only: [check.id],
          replyTimeout: "1 second",
          restartTimeout: "1 second"
        })
        assert.deepStrictEqual(
          results.map(({ check, outcome }) => [check.id, outcome._tag]),
          [[check.id, "Failed"]],
          results.map(resultText).join("\n")
        )
      })
    )
  }

  it("each check has a fault, and each fault a check", () => {
    assert.deepStrictEqual(Object.keys(faults).toSorted(), checks.map(({ id }) => id).toSorted())
  })
})

describe("checks without a fault", () => {
  it.effect(
    "pass through the same proxy",
    Effect.fnUntraced(function* () {
      const { results } = yield* report(yield* faulty("v5", {}))
      assert.deepStrictEqual(results.filter(({ outcome }) => outcome._tag === "Failed").map(resultText), [])
      assert.deepStrictEqual(results.filter(({ outcome }) => outcome._tag === "CouldNotRun").map(resultText), [])
    }),
    60_000
  )
})
