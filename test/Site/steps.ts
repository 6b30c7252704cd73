/** Events of devices in the model tests of a site and its readers. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import { Arg, Codec, Sensor } from "katcp"
import { immediately } from "../Client/connect.ts"
import { pass } from "../Client/sensors/site.ts"
import type { TestDevice } from "./network.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const definitions = [
  { type: Arg.Int },
  { type: Arg.Int, doc: "another" },
  { type: Arg.Float, units: "m", nominal: [0, 2] },
  { type: Arg.Discrete("0", "1", "2", "3") },
  { type: Arg.Text }
] as ReadonlyArray<Sensor.Options<unknown>>

/** The possible events of one device. */
export const atDevice = ["add", "replace all", "remove", "set", "cut", "off", "on", "wait"] as const

/** An event, with the indices of its device and sensor. An event that is twice in `whats` is twice as likely. */
export const stepOf = <const What extends string>(
  whats: ReadonlyArray<What>,
  devices: ReadonlyArray<string>,
  names: ReadonlyArray<string>
) =>
  Schema.Struct({
    what: Schema.Literals(whats),
    device: between(0, devices.length - 1),
    name: between(0, names.length - 1),
    pick: between(0, 1000),
    /** How many turns the fibers get before the next step. */
    turns: between(0, 60)
  })

/** Sets a sensor that the device has to one of four values, with any status. */
export const put = (
  { set }: TestDevice,
  name: string,
  pick: number,
  dialect: Codec.Dialect.Dialect = Codec.Dialect.v5
) => {
  const status = Sensor.statuses[pick % Sensor.statuses.length]!
  return Effect.orDie(set.get(name)?.setFormatted(`${pick % 4}`, dialect, { status }) ?? Effect.void)
}

/** Lets what can happen at one device happen; `names` are those of all its sensors. */
export const happenAt = (
  device: TestDevice,
  names: ReadonlyArray<string>,
  { name, pick, what }: { readonly what: (typeof atDevice)[number]; readonly name: number; readonly pick: number },
  dialect?: Codec.Dialect.Dialect
): Effect.Effect<unknown> => {
  const { cut, off, on, set } = device
  const make = (name: string, pick: number) => Sensor.make(name, definitions[pick % definitions.length]!)
  switch (what) {
    case "add":
      return set.add(make(names[name]!, pick))
    case "replace all":
      return set.batch(Effect.forEach(names, (name, index) => set.add(make(name, pick + index))))
    case "remove":
      return set.remove(names[name]!)
    case "set":
      return put(device, names[name]!, pick, dialect)
    case "cut":
      return cut
    case "off":
      // it gives its clients a second to read what they were sent
      return Effect.flatMap(Effect.forkChild(off, immediately), (leaving) =>
        Effect.andThen(pass("2 seconds"), Fiber.join(leaving))
      )
    case "on":
      return on
    case "wait":
      return pass(pick * 10)
  }
}

/** Gives the fibers so many turns. */
export const turn = Effect.fnUntraced(function* (times: number) {
  for (let left = times; left > 0; left--) yield* Effect.yieldNow
})
