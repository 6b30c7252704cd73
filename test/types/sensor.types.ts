/** Mistakes in definitions and uses of sensors that must not compile, and types that must be inferred. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
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
// @ts-expect-error text is not a float
Sensor.make("x", { type: Arg.Float, initial: "stow" })
// @ts-expect-error not one of the options
Sensor.make("x", { type: Arg.Discrete("stow", "track"), initial: "park" })
// @ts-expect-error a number is not a boolean
Sensor.make("x", { type: Arg.Boolean, initial: 1 })
// @ts-expect-error a number is not a bigint
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
// @ts-expect-error a sensor of unknown type does not have a certain type
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

// options of definitions (B-135, P-222)
const quiet = Sensor.make("quiet", {
  type: Arg.Float,
  autoStrategy: { name: "event-rate", parameters: ["0.1", "10"] },
  equals: (one, other) => Math.abs(one - other) < 0.1
})
expectTypeOf(quiet).toEqualTypeOf<Sensor.Sensor<"quiet", number>>()
expectTypeOf(quiet.autoStrategy).toEqualTypeOf<Sensor.AutoStrategy | undefined>()
// @ts-expect-error auto cannot stand for itself
Sensor.make("x", { type: Arg.Float, autoStrategy: { name: "auto" } })
// @ts-expect-error parameters are text
Sensor.make("x", { type: Arg.Float, autoStrategy: { name: "period", parameters: [10] } })
// @ts-expect-error values are compared, and the answer is a boolean
Sensor.make("x", { type: Arg.Float, equals: (one, other) => one - other })

// ranges at run time (C-130)
declare const number: Sensor.LiveSensor<number>
declare const flags: ReadonlyArray<Sensor.LiveSensor<boolean>>
declare const unknown: Sensor.LiveSensor<unknown>
expectTypeOf(number.setRanges({ nominal: [0, 1], warn: [0, 2] })).toEqualTypeOf<
  Effect.Effect<void, Sensor.InvalidSensorValue>
>()
expectTypeOf(unknown.setRanges({ nominal: [0, 1] })).toEqualTypeOf<Effect.Effect<void, Sensor.InvalidSensorValue>>()
// @ts-expect-error limits of another type
refused(number.setRanges({ nominal: ["0", "1"] }))

// derived sensors (B-140, B-141)
type Derived<A> = Effect.Effect<Sensor.LiveSensor<A>, never, Scope.Scope>
const { Derived, Inputs } = Sensor
expectTypeOf(Derived.sum(azimuth, [number])).toEqualTypeOf<Derived<number>>()
expectTypeOf(Derived.sum(count, [number])).toEqualTypeOf<Derived<number | bigint>>()
expectTypeOf(Derived.sum(number, Inputs.numbers(Inputs.fromSet(set)))).toEqualTypeOf<Derived<number>>()
expectTypeOf(Derived.all(flag, flags)).toEqualTypeOf<Derived<boolean>>()
expectTypeOf(
  Derived.worst(Sensor.make("w", { type: Arg.Discrete(...Sensor.statuses) }), [unknown, live])
).toEqualTypeOf<Derived<Sensor.Status>>()
expectTypeOf(Derived.deviceStatus(Sensor.deviceStatus, [number, live])).toEqualTypeOf<
  Derived<"ok" | "degraded" | "fail">
>()
expectTypeOf(Derived.map(flag, live, (value) => value === "stow")).toEqualTypeOf<Derived<boolean>>()
expectTypeOf(Derived.latest(mode, [live])).toEqualTypeOf<Derived<"stow" | "track">>()
expectTypeOf(Inputs.matching(set, "/a/")).toEqualTypeOf<
  Effect.Effect<Sensor.Inputs.Inputs<unknown>, Sensor.InvalidFilter>
>()
expectTypeOf<Sensor.Inputs.Inputs<number>>().toExtend<Sensor.Inputs.Inputs<unknown>>()
expectTypeOf(
  Derived.combine(flag, { number, live }, (of) => {
    expectTypeOf(of).toEqualTypeOf<{ readonly number: number; readonly live: "stow" | "track" }>()
    return of.number > 0
  })
).toEqualTypeOf<Derived<boolean>>()
// @ts-expect-error text cannot be summed
refused(Derived.sum(azimuth, [live]))
// @ts-expect-error a set has sensors of all types
refused(Derived.sum(azimuth, Inputs.fromSet(set)))
// @ts-expect-error numbers are neither true nor false
refused(Derived.all(flag, [number]))
// @ts-expect-error the sum is not a boolean
refused(Derived.sum(flag, [number]))
// @ts-expect-error a sensor for other words
refused(Derived.worst(mode, [number]))
// @ts-expect-error a conversion to something else
refused(Derived.map(azimuth, live, (value) => value))

// trees
declare const tree: Sensor.SensorTree<boolean>
expectTypeOf(tree.link(flags[0]!, flags[1]!)).toEqualTypeOf<Effect.Effect<void, Sensor.InvalidLink>>()
// @ts-expect-error a tree of booleans
refused(tree.link(flags[0]!, number))

// polling (C-121)
class Bus extends Context.Service<Bus, { readonly read: Effect.Effect<number, Error> }>()("test/Bus") {}
const readBus = Effect.flatMap(Bus, ({ read }) => read)
expectTypeOf(Sensor.poll(azimuth, readBus, Schedule.fixed("1 second"))).toEqualTypeOf<
  Effect.Effect<Sensor.LiveSensor<number>, never, Bus | Scope.Scope>
>()
// @ts-expect-error another type
refused(Sensor.poll(flag, readBus, Schedule.fixed("1 second")))
expectTypeOf(
  Sensor.pollAll({ a: number, b: live }, Effect.succeed({ a: 1, b: "stow" } as const), Schedule.fixed("1 second"))
).toEqualTypeOf<Effect.Effect<void, never, Scope.Scope>>()
// @ts-expect-error one is missing
refused(Sensor.pollAll({ a: number, b: live }, Effect.succeed({ a: 1 }), Schedule.fixed("1 second")))

// failure detections (P-360)
expectTypeOf(Sensor.Fmeca.detection("FD0001", { doc: "", severities: ["minor"] }).sensor).toEqualTypeOf<
  Sensor.Sensor<"fmeca.FD0001", boolean>
>()
// @ts-expect-error no severity
Sensor.Fmeca.detection("FD0001", { doc: "", severities: ["bad"] })
// @ts-expect-error no code
Sensor.Fmeca.detection("0001", { doc: "", severities: ["minor"] })

// modes (C-131)
class Jammed extends Schema.TaggedError<Jammed>("test/Jammed")("Jammed", {}) {}
class Stalled extends Schema.TaggedError<Stalled>("test/Stalled")("Stalled", {}) {}
const modes = Sensor.Modes.make(mode, {
  stow: { enter: Effect.fail(new Jammed()), leave: Effect.asVoid(Bus) },
  track: { enter: Effect.fail(new Stalled()) }
})
expectTypeOf(modes).toEqualTypeOf<
  Effect.Effect<Sensor.Modes<"stow" | "track", Jammed | Stalled>, Jammed | Stalled, Bus | Scope.Scope>
>()
declare const made: Sensor.Modes<"stow" | "track", Jammed>
expectTypeOf(made.change("stow")).toEqualTypeOf<Effect.Effect<void, Jammed>>()
// @ts-expect-error no such mode
refused(made.change("park"))
expectTypeOf(Sensor.Modes.make(mode, { stow: {} })).toEqualTypeOf<
  Effect.Effect<Sensor.Modes<"stow", never>, never, Scope.Scope>
>()
// @ts-expect-error the first mode is one of those that are given
refused(Sensor.Modes.make(mode, { stow: {} }, { initial: "track" }))

// the clock of the host (B-143)
expectTypeOf(Sensor.TimeSync.sensors("ntp.").state).toEqualTypeOf<Sensor.Sensor<"ntp.state", Sensor.ClockState>>()
expectTypeOf(Sensor.TimeSync.addTo(set, "ntp.")).toEqualTypeOf<
  Effect.Effect<void, never, Sensor.TimeSync | Scope.Scope>
>()
