/** A proxy of two devices that the test plays, and clients that sample all of their sensors. */
import * as Effect from "effect/Effect"
import { FakeDevice } from "../Client/sensors/fake.ts"
import { pass } from "../Client/sensors/site.ts"
import { fakeAt, siteOf } from "../Site/network.ts"
import { rawOf, serveProxy } from "./network.ts"

/** Two devices that the test plays, m000 and m001, with three sensors each, and a proxy of them at port 9. */
export const twoFakes = Effect.gen(function* () {
  const site = yield* siteOf({})
  const fakes: Array<FakeDevice> = []
  for (const [index, name] of ["m000", "m001"].entries()) {
    const fake = new FakeDevice()
    for (const sensor of ["one", "two", "three"]) fake.add(sensor)
    fakes.push(fake)
    yield* site.add(name, yield* fakeAt(index + 1, fake))
  }
  yield* serveProxy(site, 9, { figuresEvery: "1 day" })
  yield* pass("1 second")
  return { fakes: fakes as [FakeDevice, FakeDevice], site }
})

/** A client that samples every sensor of both devices. */
export const sampling = Effect.gen(function* () {
  const raw = yield* rawOf(9)
  for (const device of ["m000", "m001"])
    for (const sensor of ["one", "two", "three"]) yield* raw.send(`?sensor-sampling ${device}.${sensor} event\n`)
  yield* pass()
  yield* raw.settle
  return raw
})
