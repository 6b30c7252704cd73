import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import { TestClock } from "effect/testing"
import { ConnectFailed, KatcpError } from "katcp/Message"
import { again } from "../../src/Cli/reach/connect.ts"

const away = new KatcpError({ reason: new ConnectFailed({ cause: "refused" }) })

/** The seconds between attempts to connect of the command with `--attempts 12` and this `--reconnect-max`. */
const waits = Effect.fnUntraced(function* (reconnectMax: Option.Option<number>) {
  const at: Array<number> = []
  const { reconnect = false } = again({ attempts: Option.some(12), reconnectMax })
  assert(reconnect !== false)
  const connecting = Effect.flatMap(Clock.currentTimeMillis, (now) => {
    at.push(now / 1000)
    return Effect.fail(away)
  })
  const fiber = yield* Effect.forkChild(Effect.ignore(Effect.retry(connecting, reconnect)))
  yield* TestClock.adjust("1 hour")
  yield* Fiber.join(fiber)
  return at.slice(1).map((time, n) => time - at[n]!)
})

describe("--reconnect-max (P-416)", () => {
  it.effect(
    "is the longest delay before the command reconnects",
    Effect.fnUntraced(function* () {
      const capped = yield* waits(Option.some(2))
      assert.lengthOf(capped, 12)
      assert.isAtMost(Math.max(...capped), 2)
      assert.isAtLeast(capped.at(-1)!, 1)
    })
  )

  it.effect(
    "is a minute by default",
    Effect.fnUntraced(function* () {
      const waited = yield* waits(Option.none())
      assert.isAbove(waited.at(-1)!, 29)
      assert.isAtMost(Math.max(...waited), 60)
    })
  )
})
