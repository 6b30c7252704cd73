/** Names that a device may have although the specification does not know them: with slashes, spaces, signs of globs. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Site } from "katcp/Site"
import { matching } from "../../src/Gateway/api/matching.ts"
import { getSensor, listSensors } from "../../src/Gateway/api/sensors.ts"
import { FakeDevice } from "../Client/sensors/fake.ts"
import { pass } from "../Client/sensors/site.ts"
import { fakeAt, onNetwork } from "../Site/network.ts"

const names = ["path/of/beam", "beam.json", "a*b", "/odd/", "-", "..", "%2e"] as const

describe("unusual names", () => {
  it.effect("are served unchanged", () =>
    Effect.gen(function* () {
      const fake = new FakeDevice()
      for (const name of names) fake.add(name)
      const site = yield* Site.make({ devices: { m000: yield* fakeAt(1, fake) } })
      yield* pass("1 second")
      assert.sameMembers(
        Array.from(site.table.of("m000"), ({ name }) => name),
        [...names]
      )
      for (const name of names) {
        assert.strictEqual((yield* getSensor(site, "m000", name, undefined)).status, 200, name)
        const { body } = yield* listSensors(site, { match: `m000/${name}` }, undefined)
        assert.strictEqual(body._tag, "Uint8Array")
        assert.include(new TextDecoder().decode((body as { readonly body: Uint8Array }).body), JSON.stringify(name))
      }
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("are matched after the first slash, which ends the name of the device", () =>
    Effect.gen(function* () {
      const exact = yield* matching(["m000/path/of/beam"])
      assert.isTrue(exact("m000", "path/of/beam"))
      assert.isFalse(exact("m000", "path"))
      assert.isFalse(exact("m000/path", "of/beam"))
      const glob = yield* matching(["*/path/*"])
      assert.isTrue(glob("m000", "path/of/beam"))
      const file = yield* matching(["m000/beam.json", "site.json", "/beam\\.yaml"])
      assert.isTrue(file("m000", "beam.json"))
      assert.isTrue(file("m000", "beam.yaml"))
      assert.isFalse(file("m000", "site.json"))
      assert.match(
        (yield* Effect.flip(matching(["/("], "sensor"))).detail ?? "",
        /^sensor: "\/\(": it is not a regular expression/
      )
      assert.match((yield* Effect.flip(matching(["/(a{1,30}){1,30}/"]))).detail ?? "", /too large/)
    })
  )
})
