/** The short forms of `npm run trials -- archive-outage` and `archive-disk`; that of `archive-kill` is in sqlite.test.ts. */
import { assert, describe, it } from "@effect/vitest"
import { fullDisk } from "../trials/archive-disk.ts"
import { casesOf, outage } from "../trials/archive-outage.ts"
import { cluster } from "./cluster.ts"

const load = { sensors: 50, rate: 20, seconds: 2, say: () => {} }

describe("an archive under load whose store fails for a while", { timeout: 200_000 }, () => {
  const cases = casesOf(load.sensors * load.rate, load.seconds)
  it.for([cases[2]!, ...cases.slice(-2)])("survives the absence of PostgreSQL: $name", async (one, { skip }) => {
    const postgres = await cluster()
    if (typeof postgres === "string") {
      assert.notStrictEqual(process.env.CI, "true", postgres)
      return skip(postgres)
    }
    try {
      assert.deepStrictEqual((await outage(postgres, one, load)).faults, [])
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
