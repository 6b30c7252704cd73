import { execFileSync } from "node:child_process"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Arg } from "katcp/Codec"
import * as Sensor from "katcp/Sensor"
import { vi } from "vitest"

vi.mock("re2js", () => {
  throw new Error("broken")
})

it.effect(
  "without the package for regular expressions only these fail, with the reason (P-192)",
  Effect.fnUntraced(function* () {
    const set = yield* Sensor.SensorSet.make
    const sensor = yield* set.add(Sensor.make("a", { type: Arg.Int }))
    assert.deepStrictEqual(yield* set.select("//"), [sensor])
    assert.deepStrictEqual(yield* set.select("a"), [sensor])
    const failure = yield* Effect.flip(set.select("/a/"))
    assert.match(failure.message, /the package re2js cannot be loaded: ./)
  })
)

it("regular expressions fail if their package is not installed (P-192)", () => {
  const program = `
    import { registerHooks } from "node:module"
    registerHooks({
      resolve: (name, context, next) => {
        if (name !== "re2js") return next(name, context)
        throw Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" })
      }
    })
    const { SensorSet } = await import("./src/Sensor/index.ts")
    const { Effect } = await import("effect")
    const selected = Effect.flatMap(SensorSet.make, (set) => set.select("/a/"))
    console.log((await Effect.runPromise(Effect.flip(selected))).message)
  `
  const said = execFileSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" })
  assert.match(said, /the package re2js is not installed/)
})
