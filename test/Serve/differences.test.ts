/** The warning of a runner whose file has other devices than its fleet. */
import { assert, describe, it } from "@effect/vitest"
import { differenceWarning } from "../../src/Serve/differences.ts"

const address = "postgres://katcp@db/katcp"
const warning = (written: Readonly<Record<string, unknown>>, wished: Readonly<Record<string, unknown>>) =>
  differenceWarning("site.yaml", address, written, new Map(Object.entries(wished)))
const check = "the database decides. katcp serve --check site.yaml shows the differences"
const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`q${at}`, "10.0.0.1"]))

describe("a runner warns of devices of its file", () => {
  it("that are not in the fleet", () => {
    assert.strictEqual(warning(many(1), {}), `fleet: q0 of site.yaml is not in the fleet of ${address}: ${check}`)
    assert.include(warning(many(2), {}), "fleet: q0 and q1 of site.yaml are not")
    assert.include(warning(many(4), {}), "fleet: q0, q1, q2 and q3 of site.yaml are not")
    assert.include(warning(many(7), {}), "fleet: q0, q1, q2 and 4 more of site.yaml are not")
  })

  it("that differ from the fleet, with keys in any order", () => {
    const one = { address: "a", sensors: ["x"] }
    assert.isUndefined(warning({ q0: one }, { q0: { sensors: ["x"], address: "a" } }))
    assert.strictEqual(
      warning({ q0: one }, { q0: "a" }),
      `fleet: q0 of site.yaml differs from the fleet of ${address}: ${check}`
    )
  })

  it("and not of devices that the fleet has beside them", () => {
    assert.isUndefined(warning({}, many(3)))
    assert.isUndefined(warning(many(2), many(3)))
  })
})
