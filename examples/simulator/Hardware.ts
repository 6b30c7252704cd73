import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** The drive did not carry out a command. */
export class HardwareFault extends Schema.TaggedError<HardwareFault>("example/HardwareFault")("HardwareFault", {
  message: Schema.String
}) {}

/** The device's interface to its drive. The real drive and the simulated one are layers of it. */
export class Hardware extends Context.Service<
  Hardware,
  {
    readonly identify: Effect.Effect<{ readonly version: string; readonly serial: string }, HardwareFault>
    /** In degrees Celsius. */
    readonly temperature: Effect.Effect<number, HardwareFault>
    /** Completes when the dish has reached the azimuth, in degrees. */
    readonly slew: (azimuth: number) => Effect.Effect<void, HardwareFault>
    readonly brake: (on: boolean) => Effect.Effect<void, HardwareFault>
  }
>()("example/Hardware") {}
