/** Mistakes in definitions and uses of sensors that must not compile, and types that must be inferred. */
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import { type Address, Arg } from "katcp/Codec"
import * as Sensor from "katcp/Sensor"
import { expectTypeOf } from "vitest"

declare const refused: (effect: unknown) => void

// names and values are inferred
const azimuth = Sensor.make("azimuth", { type: Arg.Float, units: "deg", nominal: [-180, 180], warn: [-270, 270] })
expectTypeOf(azimuth).toEqualTypeOf<Sensor.Sensor<"azimuth", number>>()
const mode = Sensor.make("mode", { type: Arg.Discrete("stow", "track"), initial: "stow" })
expectTypeOf(mode).toEqualTypeOf<Sensor.Sensor<"mode", "stow" | "track">>()
const count = Sensor.make("count", { type: Arg.Int, nominal: [0, 10n ** 20n], statusFrom: "ranges" })
expectTypeOf(count).toEqualTypeOf<Sensor.Sensor<"count", number | bigint>>()
const peer = Sensor.make("peer", { type: Arg.Address })
expectTypeOf(peer).toEqualTypeOf<Sensor.Sensor<"peer", Address>>()
const flag = Sensor.make("flag", { type: Arg.Boolean, statusFrom: (value) => (value ? "nominal" : "error") })
expectTypeOf(flag).toEqualTypeOf<Sensor.Sensor<"flag", boolean>>()
expectTypeOf(Sensor.make("big", { type: Arg.BigInt, nominal: [0n, 1n] })).toEqualTypeOf<Sensor.Sensor<"big", bigint>>()

expectTypeOf<Sensor.Value<typeof mode>>().toEqualTypeOf<"stow" | "track">()
expectTypeOf<Sensor.Value<typeof mode | typeof azimuth>>().toEqualTypeOf<"stow" | "track" | number>()
expectTypeOf(azimuth).toExtend<Sensor.Any>()
expectTypeOf<Sensor.Status>().toEqualTypeOf<
  "unknown" | "nominal" | "warn" | "error" | "failure" | "unreachable" | "inactive"
>()

// an initial value of another type
// @ts-expect-error text is no float
Sensor.make("x", { type: Arg.Float, initial: "stow" })
// @ts-expect-error not one of the options
Sensor.make("x", { type: Arg.Discrete("stow", "track"), initial: "park" })
// @ts-expect-error a number is no boolean
Sensor.make("x", { type: Arg.Boolean, initial: 1 })
// @ts-expect-error a number is no bigint
Sensor.make("x", { type: Arg.BigInt, initial: 1 })
// @ts-expect-error not one of the statuses (P-172)
Sensor.make("x", { type: Arg.Float, status: "bad" })
// @ts-expect-error a sensor has a type
Sensor.make("x", {})

// ranges are for numbers, and of the sensor's own type (P-194, P-196)
// @ts-expect-error text has no range
Sensor.make("x", { type: Arg.Text, nominal: ["a", "b"] })
// @ts-expect-error discrete values have no range
Sensor.make("x", { type: Arg.Discrete("a", "b"), nominal: ["a", "b"] })
// @ts-expect-error booleans have no range
Sensor.make("x", { type: Arg.Boolean, warn: [false, true] })
// @ts-expect-error bigints for a float
Sensor.make("x", { type: Arg.Float, nominal: [0n, 1n] })
// @ts-expect-error two limits, not three
Sensor.make("x", { type: Arg.Float, nominal: [0, 1, 2] })
// @ts-expect-error no ranges to take a status from
Sensor.make("x", { type: Arg.Text, statusFrom: "ranges" })
// @ts-expect-error no status
Sensor.make("x", { type: Arg.Boolean, statusFrom: () => "good" })

// live sensors
declare const live: Sensor.LiveSensor<"stow" | "track">
expectTypeOf(live.set("stow")).toEqualTypeOf<Effect.Effect<void>>()
expectTypeOf(live.setUnknown(5)).toEqualTypeOf<Effect.Effect<void, Sensor.InvalidSensorValue>>()
expectTypeOf(live.get).toEqualTypeOf<Effect.Effect<Sensor.Reading<"stow" | "track">>>()
expectTypeOf(live.value).toEqualTypeOf<"stow" | "track">()
expectTypeOf(live.changes).toEqualTypeOf<Stream.Stream<Sensor.Reading<"stow" | "track">>>()
// @ts-expect-error not one of the options
refused(live.set("park"))
// @ts-expect-error not one of the statuses
refused(live.set("stow", { status: "good" }))
// @ts-expect-error a status and a timestamp belong to it
live.setUnsafe("stow")
// @ts-expect-error readings are never changed
live.reading.value = "track"

// where the type is not known, values are of unknown type
expectTypeOf(live).toExtend<Sensor.LiveSensor<unknown>>()
// @ts-expect-error a sensor of unknown type is none of a certain type
expectTypeOf<Sensor.LiveSensor<unknown>>().toExtend<Sensor.LiveSensor<number>>()

declare const set: Sensor.SensorSet
expectTypeOf(set.add(azimuth)).toEqualTypeOf<Effect.Effect<Sensor.LiveSensor<number>>>()
expectTypeOf(set.add(live)).toEqualTypeOf<Effect.Effect<Sensor.LiveSensor<"stow" | "track">>>()
expectTypeOf(set.get("azimuth")).toEqualTypeOf<Sensor.LiveSensor<unknown> | undefined>()
expectTypeOf(set.find("azimuth")).toEqualTypeOf<Effect.Effect<Sensor.LiveSensor<unknown>, Sensor.UnknownSensor>>()
expectTypeOf(set.select("/a/")).toEqualTypeOf<
  Effect.Effect<ReadonlyArray<Sensor.LiveSensor<unknown>>, Sensor.UnknownSensor | Sensor.InvalidFilter>
>()
// @ts-expect-error sets are made by an effect
new Sensor.SensorSet()
