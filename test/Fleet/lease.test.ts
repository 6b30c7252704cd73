/** The lease of a runner while the clocks of its machine do what they should not. */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { Lease } from "../../src/Fleet/Lease.ts"

/** A lease of 10 s, and its clocks. */
const leased = Effect.gen(function* () {
  const clock = yield* Clock.Clock
  const clocks = { time: 1_800_000_000_000, elapsed: 0 }
  const odd: Clock.Clock = Object.assign(Object.create(clock), {
    currentTimeMillisUnsafe: () => clocks.time,
    monotonicTimeNanosUnsafe: () => BigInt(clocks.elapsed) * 1_000_000n
  })
  const pass = (time: number, elapsed: number): void => {
    clocks.time += time
    clocks.elapsed += elapsed
  }
  return { lease: new Lease(odd, 10_000), pass }
})

describe("a lease without an answer", () => {
  it.effect(
    "is late after half of its time, until a heartbeat is answered",
    Effect.fnUntraced(function* () {
      const { lease, pass } = yield* leased
      pass(5000, 5000)
      assert.isFalse(lease.isLate)
      const sent = lease.now()
      pass(1, 1)
      assert.isTrue(lease.isLate)
      lease.renew(sent)
      assert.isFalse(lease.isLate)
      assert.strictEqual(lease.age, 1)
    })
  )

  it.effect(
    "is late although the time of day goes back by an hour",
    Effect.fnUntraced(function* () {
      const { lease, pass } = yield* leased
      pass(-3_600_000, 0)
      lease.renew(lease.now())
      pass(5001 - 3_600_000, 5001)
      assert.isTrue(lease.isLate)
    })
  )

  it.effect(
    "can be renewed after the time of day went back",
    Effect.fnUntraced(function* () {
      const { lease, pass } = yield* leased
      pass(-3_600_000, 5001)
      lease.renew(lease.now())
      assert.isFalse(lease.isLate)
      pass(4000, 4000)
      assert.isFalse(lease.isLate)
    })
  )

  it.effect(
    "is late when a suspended machine continues, whose other clock rested",
    Effect.fnUntraced(function* () {
      const { lease, pass } = yield* leased
      pass(60_000, 0)
      assert.isTrue(lease.isLate)
    })
  )

  it.effect(
    "is not renewed by an answer that came late",
    Effect.fnUntraced(function* () {
      const { lease, pass } = yield* leased
      const first = lease.now()
      pass(4000, 4000)
      lease.renew(lease.now())
      lease.renew(first)
      assert.strictEqual(lease.age, 0)
    })
  )
})
