/** The short forms of `npm run trials -- fleet-kill` and `fleet-term`. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { load } from "../../src/Archive/node/postgres/driver.ts"
import { Stage } from "../trials/fleet/Fleet.ts"
import { takeOver } from "../trials/fleet/kill.ts"

const devices = 30

describe("a runner of a fleet that ends", { timeout: 200_000 }, () => {
  it.skipIf(process.platform !== "linux")(
    "is replaced: its devices are held by the others, each by one, whether it is killed or asked to end",
    async ({ skip }) => {
      const driver = await Effect.runPromise(Effect.option(load("")))
      if (driver._tag === "None") return skip("the package @effect/sql-pg is not installed")
      const stage = await Stage.start({ devices, sensors: 2 })
      try {
        const third = stage.runners[2]
        const missing = async (): Promise<unknown> => {
          const answer = await fetch(`${third!.http}/api/devices`)
          return ((await answer.json()) as { readonly missing?: unknown }).missing
        }
        // the links between the runners come up after the devices
        for (let away = await missing(); Array.isArray(away) && away.length > 0; away = await missing())
          await new Promise((resolve) => setImmediate(resolve))
        const killed = await takeOver(stage, 0, "SIGKILL", devices)
        assert.isAbove(killed.held, 0)
        assert.strictEqual(killed.overlaps, 0)
        assert.isBelow(killed.took, Number.POSITIVE_INFINITY)
        const ended = await takeOver(stage, 1, "SIGTERM", devices)
        assert.strictEqual(ended.overlaps, 0)
        assert.isBelow(ended.took, Number.POSITIVE_INFINITY)
        const answer = await fetch(`${third!.http}/api/devices`)
        const shown = (await answer.json()) as { readonly devices: ReadonlyArray<{ readonly connected: boolean }> }
        assert.strictEqual(shown.devices.length, devices)
      } finally {
        await stage.end()
      }
    }
  )
})
