/** The short forms of `npm run trials -- archive-outage` and `archive-disk`; that of `archive-kill` is in sqlite.test.ts. */
import { assert, describe, it } from "@effect/vitest"
import { fullDisk } from "../trials/archive-disk.ts"
import { casesOf, outage } from "../trials/archive-outage.ts"
import { cluster } from "./cluster.ts"

const load = { sensors: 50, rate: 20, seconds: 2, say: () => {} }

// most of it is waiting
describe.concurrent("an archive under load whose store fails for a while", { timeout: 300_000 }, () => {
  const cases = casesOf(load.sensors * load.rate, load.seconds)
  it.for([cases[2]!, ...cases.slice(-2)])("survives the absence of PostgreSQL: $name", async (one, { skip }) => {
    const postgres = await cluster()
    if (typeof postgres === "string") {
      assert.notStrictEqual(process.env.CI, "true", postgres)
      return skip(postgres)
    }
    try {
      // of a server that is stopped a call is given up after half a minute
      const haste = one.frozen === true ? 0.15 : 1
      assert.deepStrictEqual((await outage(postgres, one, { ...load, haste })).faults, [])
    } finally {
      await postgres.remove()
    }
  })

  it.skipIf(process.platform !== "linux")(
    "survives a full disk: live readings continue, and writing resumes by itself",
    async () => {
      assert.deepStrictEqual((await fullDisk(load, 8)).faults, [])
    }
  )
})
