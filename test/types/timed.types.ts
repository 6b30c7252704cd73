/** Code that the types of timed requests accept, and code that they refuse. Checked by the compiler alone. */
import { expectTypeOf } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { Arg, Interface, Request, type RequestFailed, type Sensor } from "katcp"

const { TimedQueue } = Interface

const refused = (_: unknown): void => {}

class Drive extends Context.Service<Drive, { readonly move: (az: number) => Effect.Effect<void, string> }>()(
  "types/Drive"
) {}

class Dish extends Interface.make("dish").add(
  Request.make("point", { doc: "Point.", args: { time: Arg.TimestampOrNow, az: Arg.Float } }),
  TimedQueue.flushRequest("point-flush"),
  TimedQueue.sensor("point-waiting")
) {}

export const timed = () => {
  expectTypeOf(TimedQueue.make()).toEqualTypeOf<Effect.Effect<Interface.TimedQueue, never, Scope.Scope>>()
  expectTypeOf(TimedQueue.flushRequest().name).toEqualTypeOf<"timed-flush">()
  expectTypeOf(TimedQueue.sensor()).toEqualTypeOf<Sensor.Sensor<"timed-waiting", number>>()

  const live = Dish.toLayer(
    Effect.gen(function* () {
      const sensors = yield* Dish.sensors
      const queue = yield* TimedQueue.make({ sensor: sensors["point-waiting"] })
      // the action may fail as it likes; what it needs is needed by who adds it
      const added = queue.add(
        "point",
        "now",
        Effect.flatMap(Drive, ({ move }) => move(1))
      )
      expectTypeOf(added).toEqualTypeOf<Effect.Effect<void, RequestFailed, Drive>>()
      // @ts-expect-error a time is a number or now
      refused(queue.add("point", "later", Effect.void))
      return { point: () => added, "point-flush": queue.handleFlush }
    })
  )
  expectTypeOf<Layer.Services<typeof live>>().toEqualTypeOf<Drive>()
  expectTypeOf<Layer.Error<typeof live>>().toEqualTypeOf<never>()
  // @ts-expect-error a sensor of another type
  return (sensor: Sensor.LiveSensor<string>) => TimedQueue.make({ sensor })
}
