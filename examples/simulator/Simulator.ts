/** The simulated drive, and the hooks with which tests make it misbehave. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import { Arg, Interface, Request, type Server } from "katcp"
import { Hardware, HardwareFault } from "./Hardware.ts"

const parts = ["identify", "temperature", "slew", "brake"] as const
type Part = (typeof parts)[number]

/** The speed in degrees per second. */
const speed = 3

/** The state of the simulated drive. */
export class Simulator extends Context.Service<
  Simulator,
  {
    celsius: number
    azimuth: number
    braked: boolean
    /** The broken parts, each with its error text. */
    readonly faults: Map<Part, string>
    /** Closed while the device's program is stuck. */
    readonly going: Latch.Latch
    /** Blocks all requests while the program is stuck: an option of its server. */
    readonly guard: Server.Guard
  }
>()("example/Simulator") {
  /** The drive, with the interfaces for the device and for tests. */
  static readonly layer: Layer.Layer<Simulator | Hardware> = Layer.effectContext(
    Effect.sync(() => {
      const going = Latch.makeUnsafe(true)
      const state = Simulator.of({
        celsius: 20,
        azimuth: 0,
        braked: false,
        faults: new Map(),
        going,
        guard: () => (going.isOpen() ? undefined : going.await)
      })
      /** Runs the action of a part, unless it is broken or the program is stuck. */
      const part = <A>(name: Part, effect: Effect.Effect<A>): Effect.Effect<A, HardwareFault> =>
        going.whenOpen(
          Effect.suspend(() => {
            const fault = state.faults.get(name)
            return fault === undefined ? effect : Effect.fail(new HardwareFault({ message: fault }))
          })
        )
      const hardware = Hardware.of({
        identify: part("identify", Effect.succeed({ version: "drive-2.1", serial: "SIM-0001" })),
        temperature: part(
          "temperature",
          Effect.sync(() => state.celsius)
        ),
        slew: (azimuth) =>
          part(
            "slew",
            Effect.suspend(() => {
              const seconds = Math.abs(azimuth - state.azimuth) / speed
              return Effect.andThen(
                Effect.sleep(seconds * 1000),
                Effect.sync(() => {
                  state.azimuth = azimuth
                })
              )
            })
          ),
        brake: (on) =>
          part(
            "brake",
            Effect.sync(() => {
              state.braked = on
            })
          )
      })
      return Context.make(Simulator, state).pipe(Context.add(Hardware, hardware))
    })
  )
}

/** The hooks as a separate device, for tests in other processes. */
export class Hooks extends Interface.make("dish-hooks").add(
  Request.make("heat", { doc: "Set the temperature of the drive.", args: { celsius: Arg.Float } }),
  Request.make("break", { doc: "Have a part fail.", args: { part: Arg.Discrete(...parts), text: Arg.Text } }),
  Request.make("repair", { doc: "Have a part work again.", args: { part: Arg.Discrete(...parts) } }),
  Request.make("freeze", { doc: "Have the device's program hang: it answers nothing, not even ?watchdog." }),
  Request.make("thaw", { doc: "Have it go on." })
) {}

export const HooksLive = Hooks.toLayer(
  Effect.map(Simulator, (simulator) => ({
    heat: ({ celsius }) =>
      Effect.sync(() => {
        simulator.celsius = celsius
      }),
    break: ({ part, text }) => Effect.sync(() => void simulator.faults.set(part, text)),
    repair: ({ part }) => Effect.sync(() => void simulator.faults.delete(part)),
    freeze: () => Effect.asVoid(simulator.going.close),
    thaw: () => Effect.asVoid(simulator.going.open)
  }))
)
