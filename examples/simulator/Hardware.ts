import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** The drive did not do what it was told. */
export class HardwareFault extends Schema.TaggedError<HardwareFault>("example/HardwareFault")("HardwareFault", {
  message: Schema.String
}) {}

/** All that the device knows of its drive. The drive itself and the simulated one are layers of this. */
export class Hardware extends Context.Service<
  Hardware,
  {
    readonly identify: Effect.Effect<{ readonly version: string; readonly serial: string }, HardwareFault>
    /** In degrees Celsius. */
    readonly temperature: Effect.Effect<number, HardwareFault>
    /** Done when the dish is there, in degrees. */
    readonly slew: (azimuth: number) => Effect.Effect<void, HardwareFault>
    readonly brake: (on: boolean) => Effect.Effect<void, HardwareFault>
  }
>()("example/Hardware") {}
