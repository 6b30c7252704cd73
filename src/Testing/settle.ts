import * as Effect from "effect/Effect"

/**
 * Lets every other fiber run until all of them wait (50 turns of the scheduler; no time of the Clock passes). With
 * TestClock, let a request reach the device before moving the clock, or its timeout comes first:
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Fiber from "effect/Fiber"
 * import { TestClock } from "effect/testing"
 * import { Interface, Request } from "katcp"
 * import { FakeDevice, settle } from "katcp/Testing"
 *
 * class Dish extends Interface.make("dish").add(Request.make("stow", { doc: "Stow the dish." })) {}
 *
 * const test = Effect.gen(function* () {
 *   const { client } = yield* FakeDevice.connect(Dish, { stow: FakeDevice.late("3 seconds") })
 *   const stowing = yield* Effect.forkChild(client.request.stow())
 *   yield* settle
 *   yield* TestClock.adjust("3 seconds")
 *   yield* Fiber.join(stowing)
 * })
 * await Effect.runPromise(test.pipe(Effect.scoped, Effect.provide(TestClock.layer())))
 * ```
 *
 * @category time
 * @since 0.1.0
 */
export const settle: Effect.Effect<void> = Effect.asVoid(Effect.repeat(Effect.yieldNow, { times: 50 }))
