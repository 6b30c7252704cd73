import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { atOnce, begun, inFiber, type Start, taking } from "../../../src/Client/sensors/atOnce.ts"

/** Work that ends when the test says so, and counts how often it was abandoned. */
const work = () => {
  let end: (exit: Exit.Exit<void, string>) => void = () => {}
  let abandoned = 0
  const start: Start<void, string> = (done) => {
    end = done
    return Effect.sync(() => {
      abandoned++
    })
  }
  return { start, end: (exit: Exit.Exit<void, string>) => end(exit), abandoned: () => abandoned }
}

describe("work at once", () => {
  it.effect(
    "ends when all of it has ended",
    Effect.fnUntraced(function* () {
      const [one, other] = [work(), work()]
      const fiber = yield* Effect.forkChild(atOnce([one.start, other.start]), { startImmediately: true })
      other.end(Exit.void)
      assert.isUndefined(fiber.pollUnsafe())
      one.end(Exit.void)
      yield* Fiber.join(fiber)
      assert.deepStrictEqual([one.abandoned(), other.abandoned()], [0, 0])
    })
  )

  it.effect(
    "succeeds without work, and with work that ends at once",
    Effect.fnUntraced(function* () {
      yield* atOnce([])
      const now: Start<void, never> = (done) => {
        done(Exit.void)
        return undefined
      }
      yield* atOnce([now, now])
    })
  )

  it.effect(
    "fails with the first failure, and abandons the rest",
    Effect.fnUntraced(function* () {
      const [one, other] = [work(), work()]
      const fiber = yield* Effect.forkChild(atOnce([one.start, other.start]), { startImmediately: true })
      other.end(Exit.fail("refused"))
      assert.strictEqual(yield* Effect.flip(Fiber.join(fiber)), "refused")
      assert.strictEqual(one.abandoned(), 1)
      one.end(Exit.void)
    })
  )

  it.effect(
    "does not start the rest after a failure",
    Effect.fnUntraced(function* () {
      const [before, after] = [work(), work()]
      const failing: Start<void, string> = (done) => {
        done(Exit.fail("no connection"))
        return undefined
      }
      let started = false
      const last: Start<void, string> = (done) => {
        started = true
        return after.start(done)
      }
      assert.strictEqual(yield* Effect.flip(atOnce([before.start, failing, last])), "no connection")
      assert.strictEqual(before.abandoned(), 1)
      assert.isFalse(started)
    })
  )

  it.effect(
    "abandons all work when it is interrupted, effects too",
    Effect.fnUntraced(function* () {
      const one = work()
      let interrupted = false
      const endless = Effect.onInterrupt(Effect.never, () =>
        Effect.sync(() => {
          interrupted = true
        })
      )
      const all = atOnce([one.start, inFiber(endless, Effect.runFork)])
      yield* Fiber.interrupt(yield* Effect.forkChild(all, { startImmediately: true }))
      assert.strictEqual(one.abandoned(), 1)
      assert.isTrue(interrupted)
    })
  )

  it.effect(
    "ends with the defect of a function that takes a result",
    Effect.fnUntraced(function* () {
      const one = work()
      const throwing = taking(one.start, () => {
        throw new Error("a defect")
      })
      const fiber = yield* Effect.forkChild(atOnce([throwing]), { startImmediately: true })
      one.end(Exit.void)
      const exit = yield* Fiber.await(fiber)
      assert.isTrue(Exit.hasDies(exit))
    })
  )

  it.effect(
    "may begin before someone takes its exit",
    Effect.fnUntraced(function* () {
      for (const early of [true, false]) {
        const one = work()
        const start = begun(one.start)
        if (early) one.end(Exit.fail("refused"))
        const fiber = yield* Effect.forkChild(atOnce([start]), { startImmediately: true })
        if (!early) one.end(Exit.fail("refused"))
        assert.strictEqual(yield* Effect.flip(Fiber.join(fiber)), "refused")
      }
    })
  )
})
