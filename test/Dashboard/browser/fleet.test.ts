import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { load } from "../../../src/Archive/node/postgres/driver.ts"
import { Stage } from "../../trials/fleet/Fleet.ts"
import { missing, openAt, pages } from "./page.ts"

pages()

describe.skipIf(missing !== undefined || process.platform !== "linux")(
  "the dashboard of a fleet",
  { timeout: 200_000 },
  () => {
    it("names a runner that does not answer, until it answers again", async ({ skip }) => {
      const driver = await Effect.runPromise(Effect.option(load("")))
      if (driver._tag === "None") return skip("the package @effect/sql-pg is not installed")
      // a frozen runner keeps its devices for longer than this test takes
      const stage = await Stage.start({ devices: 6, sensors: 2, runners: 2, settings: ["lockExpiration: 120s"] })
      try {
        const [first, second] = stage.runners
        const { close, page } = await openAt(`${second!.http}/`, "#/devices")
        const banner = page.locator(".banner", { hasText: "is missing" })
        await page.getByText("m0005").first().waitFor()
        // the links between the runners come up after the devices
        await banner.waitFor({ state: "detached" })
        first!.signal("SIGSTOP")
        await banner.waitFor()
        assert.include(await banner.innerText(), "The runner r1 is missing.")
        first!.signal("SIGCONT")
        await banner.waitFor({ state: "detached" })
        await close()
      } finally {
        await stage.end()
      }
    })
  }
)
