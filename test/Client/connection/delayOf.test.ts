import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { ConnectFailed, KatcpError } from "katcp/Message"
import { delayOf } from "../../../src/Client/connection/delayOf.ts"
import { withSetClock } from "../../Testing/setClock.ts"

describe("the back-off", () => {
  it.effect("counts the time of a schedule by the monotonic clock: setting the host's clock does not end it", () =>
    withSetClock(
      Effect.fnUntraced(function* (clock) {
        const error = new KatcpError({ reason: new ConnectFailed({ cause: "refused" }) })
        const schedule = Schedule.max([Schedule.spaced("1 second"), Schedule.during("10 seconds")])
        const step = yield* Schedule.toStep(schedule)
        assert.strictEqual(yield* delayOf(step, error), 1000)
        clock.shift(3_600_000)
        yield* clock.adjust("5 seconds")
        assert.strictEqual(yield* delayOf(step, error), 1000)
        clock.shift(-7_200_000)
        yield* clock.adjust("6 seconds")
        assert.isUndefined(yield* delayOf(step, error))
      })
    )
  )
})
