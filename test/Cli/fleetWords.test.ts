/** Words and labels of `katcp fleet`, and the devices that they name. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { devicesNamed, labelsOf, type Picture } from "../../src/Cli/commands/fleet/store.ts"

const picture = {
  devices: new Map(["anc", "m000", "m001", "m010"].map((device) => [device, { device }])),
  runners: new Map()
} as unknown as Picture

describe("the devices that words name", () => {
  const named = (...words: ReadonlyArray<string>) => devicesNamed(words, picture)

  it.effect("are those with the name, or with a name that a glob or regular expression matches", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* named("m000"), ["m000"])
      assert.deepStrictEqual(yield* named("m00?", "anc"), ["m000", "m001", "anc"])
      assert.deepStrictEqual(yield* named("/^m01/"), ["m010"])
      assert.deepStrictEqual(yield* named("*"), ["anc", "m000", "m001", "m010"])
    })
  )

  for (const [what, word, said] of [
    ["an unknown name", "m9", /the fleet has no device "m9"/],
    ["a glob of nothing", "x*", /the fleet has no device "x\*"/],
    ["a regular expression of nothing", "/zzz/", /the fleet has no device "\/zzz\/"/],
    ["sensors of a device", "m000/rx.temp", /names sensors of a device; name whole devices, like m000/],
    ["a malformed expression", "/(/", /not a regular expression/]
  ] as const)
    it.effect(`are refused for ${what}`, () =>
      Effect.map(Effect.flip(named("m000", word)), (failure) => assert.match(failure.message, said))
    )
})

describe("labels", () => {
  it.effect("are names with values", () =>
    Effect.map(labelsOf(["site=a", "rack=2=b", "site=a", "empty="]), (labels) =>
      assert.deepStrictEqual(labels, { site: "a", rack: "2=b", empty: "" })
    )
  )

  for (const words of [
    ["site"],
    ["=a"],
    ["a b=c"],
    [`x=${"v".repeat(257)}`],
    ["x=a\nb"],
    [`${"n".repeat(65)}=a`],
    ["a=1", "a=2"]
  ])
    it.effect(`are refused: ${JSON.stringify(words).slice(0, 30)}`, () =>
      Effect.map(Effect.exit(labelsOf(words)), (exit) => assert.isTrue(Exit.isFailure(exit)))
    )
})
