/** A device to be sampled. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Arg, Interface, Request, Sensor, Server } from "katcp"

class Lab extends Interface.make("lab").add(
  Sensor.make("count", { doc: "How many", type: Arg.Int, initial: 0 }),
  Sensor.make("volt", { doc: "Volts", type: Arg.Float, units: "V", initial: 0 }),
  Sensor.make("rough", { doc: "Half", type: Arg.Float, initial: 0, equals: (a, b) => Math.abs(a - b) < 0.5 }),
  Sensor.make("mode", { doc: "Mode", type: Arg.Discrete("stow", "track") }),
  Sensor.make("at", { doc: "When", type: Arg.Timestamp, initial: 1.5 }),
  Sensor.make("slow", {
    doc: "Has a strategy of its own",
    type: Arg.Int,
    initial: 0,
    autoStrategy: { name: "period", parameters: ["2"] }
  }),
  Request.make("wait", { doc: "Reply after so many seconds.", args: { seconds: Arg.Float } }),
  Request.make("spin", { doc: "Give way again and again, for so many turns.", args: { turns: Arg.Int } })
) {}

type Sensors = Effect.Success<typeof Lab.sensors>
type Set = Effect.Success<typeof Lab.sensorSet>

/** The device, and its sensors once it is built. */
export const lab = () => {
  let built: { readonly sensors: Sensors; readonly set: Set } | undefined
  const live = Lab.toLayer(
    Effect.gen(function* () {
      const sensors = yield* Lab.sensors
      const set = yield* Lab.sensorSet
      built = { sensors, set }
      return {
        wait: ({ seconds }) => Effect.sleep(seconds * 1000),
        spin: ({ turns }) => Effect.asVoid(Effect.repeat(Effect.yieldNow, { times: Number(turns) }))
      }
    })
  )
  return {
    sensors: () => built!.sensors,
    set: () => built!.set,
    layer: (options?: Server.Options) => Server.layer(Lab, options).pipe(Layer.provide(live))
  }
}

/** `true` if anybody observes the sensor. */
lab.observed = (sensor: object): boolean => "observers" in sensor && sensor.observers !== undefined
