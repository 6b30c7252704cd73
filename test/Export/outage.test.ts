/** The short forms of `npm run trials -- export-outage`. */
import { assert, describe, it } from "@effect/vitest"
import { afterAll } from "vitest"
import { type Case, outage } from "../trials/export-outage.ts"
import { endAll } from "./start.ts"

afterAll(endAll)

const load = { sensors: 50, rate: 20, seconds: 1, calm: 0.5 }

describe("an exporter under load whose destination is away for a while", { timeout: 100_000 }, () => {
  const cases: ReadonlyArray<Case> = [
    { ...load, form: "file", ringChanges: 100_000, isEnough: true },
    { ...load, form: "file", ringChanges: 500, isEnough: false },
    { ...load, form: "otlp", ringChanges: 500, isEnough: false }
  ]
  it.for(process.platform === "linux" ? cases : cases.slice(2))(
    "continues by itself, and counts exactly the lost readings: $form, room for $ringChanges",
    async (one) => {
      const found = await outage(one, () => {})
      assert.deepStrictEqual(typeof found === "string" ? [found] : found.faults, [])
    }
  )
})
