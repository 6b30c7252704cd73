/** The checks on our own devices, which are to pass. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { checks, type Report, resultText } from "katcp/Conform"
import { device, type Kind, protocols, report } from "./lab.ts"

const bad = ({ results }: Report) =>
  results.filter(({ outcome: { _tag } }) => _tag === "Failed" || _tag === "CouldNotRun").map(resultText)

const passed = new Set<string>()

describe("devices of this library pass every check that applies to them", () => {
  for (const kind of Object.keys(protocols) as ReadonlyArray<Kind>) {
    it.effect(
      `${protocols[kind]}`,
      Effect.fnUntraced(function* () {
        const whole = yield* report(yield* device(kind))
        assert.deepStrictEqual(bad(whole), [])
        for (const { check, outcome } of whole.results) if (outcome._tag === "Passed") passed.add(check.id)
      }),
      60_000
    )
  }

  it("cover every check together", () => {
    assert.deepStrictEqual(
      checks.map(({ id }) => id).filter((id) => !passed.has(id)),
      []
    )
  })
})
