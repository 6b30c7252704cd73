import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import { Arg, Dialect } from "katcp/Codec"
import * as Sensor from "katcp/Sensor"
import { logging, recorded, shown } from "./derived/support.ts"
import { written } from "./wireText.ts"

const { Modes } = Sensor
const immediately = { startImmediately: true } as const

class Stuck extends Schema.TaggedError<Stuck>("test/Stuck")("Stuck", { what: Schema.String }) {}

const three = Modes.sensor("idle", "track", "stow")

/** Modes that note what happens. */
const noting = (notes: Array<string>) => {
  const note = (what: string) => Effect.sync(() => void notes.push(what))
  const mode = (name: string) => ({ enter: note(`enter ${name}`), leave: note(`leave ${name}`) })
  return { idle: mode("idle"), track: mode("track"), stow: mode("stow") }
}

describe("Modes", () => {
  it.effect(
    "has a discrete sensor mode with the names (P-302, C-131)",
    Effect.fnUntraced(function* () {
      const live = yield* Sensor.LiveSensor.make(three)
      assert.strictEqual(
        written((encoder) => live.writeDescription(encoder, undefined, Dialect.v5)),
        "#sensor-list mode Mode\\_of\\_the\\_device. \\@ discrete idle track stow\n"
      )
    })
  )

  it.effect(
    "leaves one mode, enters the other, and then sets the sensor (P-301, C-131)",
    Effect.fnUntraced(function* () {
      const notes: Array<string> = []
      yield* Effect.scoped(
        Effect.gen(function* () {
          const modes = yield* Modes.make(three, noting(notes))
          assert.deepStrictEqual(modes.names, ["idle", "track", "stow"])
          assert.deepStrictEqual([modes.current, ...shown(modes.sensor)], ["idle", "idle", "nominal"])
          modes.sensor.observe(({ value }) => notes.push(`set ${value}`))
          yield* modes.change("track")
          yield* modes.change("track")
          yield* modes.change("stow")
          assert.deepStrictEqual([modes.current, ...shown(modes.sensor)], ["stow", "stow", "nominal"])
        })
      )
      assert.deepStrictEqual(notes, [
        "enter idle",
        "leave idle",
        "enter track",
        "set track",
        "leave track",
        "enter stow",
        "set stow",
        "leave stow"
      ])
    })
  )

  it.effect(
    "accepts a live sensor with other values, another first mode, and modes without effects (P-301)",
    Effect.fnUntraced(function* () {
      const live = yield* Sensor.LiveSensor.make(
        Sensor.make("acs.mode", { type: Arg.Discrete("error", "idle", "track") })
      )
      const modes = yield* Modes.make(live, { idle: {}, track: {} }, { initial: "track" })
      assert.strictEqual(modes.sensor, live)
      assert.deepStrictEqual(shown(live), ["track", "nominal"])
      yield* modes.change("idle")
      assert.deepStrictEqual(shown(live), ["idle", "nominal"])
    })
  )

  it.effect(
    "keeps a mode that cannot be left (C-131)",
    Effect.fnUntraced(function* () {
      const modes = yield* Modes.make(three, { idle: { leave: new Stuck({ what: "brake" }) }, track: {} })
      const readings = recorded(modes.sensor)
      assert.deepStrictEqual(yield* Effect.flip(modes.change("track")), new Stuck({ what: "brake" }))
      assert.strictEqual(modes.current, "idle")
      assert.deepStrictEqual(readings, [])
    })
  )

  it.effect(
    "has no mode after a failed entry, until another is entered (C-131, P-174)",
    Effect.fnUntraced(function* () {
      const notes: Array<string> = []
      const all = noting(notes)
      const modes = yield* Modes.make(three, { ...all, track: { ...all.track, enter: new Stuck({ what: "motor" }) } })
      assert.deepStrictEqual(yield* Effect.flip(modes.change("track")), new Stuck({ what: "motor" }))
      assert.deepStrictEqual([modes.current, ...shown(modes.sensor)], [undefined, "idle", "unknown"])
      yield* modes.change("idle")
      assert.deepStrictEqual([modes.current, ...shown(modes.sensor)], ["idle", "idle", "nominal"])
      assert.deepStrictEqual(notes, ["enter idle", "leave idle", "enter idle"])
    })
  )

  it.effect(
    "is not made if the first mode cannot be entered; has the services of its creator (C-131)",
    Effect.fnUntraced(function* () {
      class Motor extends Context.Service<Motor, { readonly start: Effect.Effect<void, Stuck> }>()("test/Motor") {}
      const make = Effect.scoped(Modes.make(three, { track: { enter: Effect.flatMap(Motor, ({ start }) => start) } }))
      const failing = Effect.provideService(make, Motor, { start: new Stuck({ what: "cable" }) })
      assert.deepStrictEqual(yield* Effect.flip(failing), new Stuck({ what: "cable" }))
      const modes = yield* Effect.provideService(make, Motor, { start: Effect.void })
      assert.strictEqual(modes.current, "track")
    })
  )

  it.effect(
    "changes modes one after the other; an interrupted entry leaves no mode (C-131)",
    Effect.fnUntraced(function* () {
      const notes: Array<string> = []
      const all = noting(notes)
      const gate = yield* Deferred.make<void>()
      const modes = yield* Modes.make(three, {
        ...all,
        track: { ...all.track, enter: Effect.andThen(all.track.enter, Deferred.await(gate)) }
      })
      const first = yield* Effect.forkChild(modes.change("track"), immediately)
      const second = yield* Effect.forkChild(modes.change("stow"), immediately)
      assert.deepStrictEqual(notes, ["enter idle", "leave idle", "enter track"])
      assert.strictEqual(modes.sensor.value, "idle")
      yield* Fiber.interrupt(first)
      yield* Fiber.join(second)
      assert.deepStrictEqual(notes.slice(3), ["enter stow"])
      assert.deepStrictEqual(shown(modes.sensor), ["stow", "nominal"])
    })
  )

  it.effect("logs a mode that cannot be left at the end (C-131)", () =>
    logging((lines) =>
      Effect.gen(function* () {
        yield* Effect.scoped(Modes.make(three, { idle: { leave: new Stuck({ what: "brake" }) } }))
        assert.deepStrictEqual(lines, ["Warn: mode idle could not be left"])
      })
    )
  )

  it.effect(
    "an invalid name can come only from code that evades the types",
    Effect.fnUntraced(function* () {
      const modes = yield* Modes.make(three, { idle: {} })
      const exit = yield* Effect.exit(modes.change("toString" as "idle"))
      assert.strictEqual(exit._tag, "Failure")
      assert.strictEqual(modes.current, "idle")
    })
  )
})
