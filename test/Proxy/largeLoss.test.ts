/** The loss of a device with more sensors than tell of it in one turn: what each kind of reader has of it. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { Client } from "katcp"
import { makePrometheus } from "katcp/Export"
import { FakeDevice } from "../Client/sensors/fake.ts"
import { pass } from "../Client/sensors/site.ts"
import { fakeAt, onNetwork, siteOf } from "../Site/network.ts"
import { rawOf, serveProxy } from "./network.ts"

const large = 3500
/** Given by the client: the sensors that tell of a loss in one turn at most. */
const perTurn = 1000

/** Lets one turn of the event loop pass. */
const turn = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

/** A device of 3,500 sensors and one of a single sensor behind a proxy, and a client that samples all of them. */
const lab = Effect.gen(function* () {
  const site = yield* siteOf({})
  const fake = new FakeDevice()
  for (let n = 0; n < large; n++) fake.add(`s${n}`)
  yield* site.add("m000", yield* fakeAt(1, fake))
  const other = new FakeDevice()
  other.add("one")
  yield* site.add("m001", yield* fakeAt(2, other))
  yield* serveProxy(site, 9, { figuresEvery: "1 day" })
  yield* pass("2 seconds")
  const raw = yield* rawOf(9)
  const names = Array.from({ length: large }, (_, n) => `m000.s${n}`)
  yield* raw.send(`?sensor-sampling ${names.join(",")} event\n?sensor-sampling m001.one event\n`)
  yield* pass()
  yield* raw.settle
  return { fake, raw, site }
})

const told = (lines: ReadonlyArray<string>) => lines.filter((line) => line.startsWith("#sensor-status"))

describe("the loss of a device with 3,500 sensors", () => {
  it.effect(
    "is reported in slices, each sensor once, and no sensor of another device; others are answered meanwhile",
    () =>
      Effect.gen(function* () {
        const { fake, raw, site } = yield* lab
        const turns: Array<number> = []
        let now = 0
        site.table.onReading((_, reading) => {
          assert.isTrue(reading.lost)
          if (now++ === 0)
            setImmediate(() => {
              turns.push(now)
              now = 0
            })
        })
        const asker = yield* rawOf(9)
        yield* pass()
        yield* asker.settle
        /** For each answer that the other client had, how many sensors had told. */
        const answered: Array<number> = []
        const sum = () => turns.reduce((one, other) => one + other, now)
        yield* Effect.forkScoped(
          Effect.gen(function* () {
            for (;;) {
              yield* asker.send("?watchdog\n")
              while ((yield* asker.next) !== "!watchdog ok") {}
              answered.push(sum())
            }
          })
        )
        yield* fake.connection!.reset
        while (sum() < large) yield* turn
        assert.strictEqual(sum(), large)
        assert.isAtMost(Math.max(...turns), perTurn)
        assert.isAbove(answered.filter((count) => count > 0 && count < large).length, 0)
        yield* pass()
        const lines = told(yield* raw.settle)
        assert.strictEqual(lines.length, large)
        assert.strictEqual(new Set(lines.map((line) => line.split(" ")[3])).size, large)
        assert.isTrue(lines.every((line) => /^#sensor-status \S+ 1 m000\.s\d+ unreachable 1$/.test(line)))
      }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("is visible at once in the table, in replies of the proxy, in scrapes and in changes", () =>
    Effect.gen(function* () {
      const { fake, site } = yield* lab
      const { table } = site
      const prometheus = yield* makePrometheus(site, {})
      const asker = yield* rawOf(9)
      yield* pass()
      yield* asker.settle
      const reader = table.reader()
      reader.take()
      const feed = yield* table.feed
      const { sensors } = (site.devices.get("m000")!.client as Client.Client<never, never>).device
      /** How many rows had been told of when somebody looked. */
      let behind = 0
      const look = () => {
        const rows = [...table.of("m000")]
        assert.isTrue(rows.every((row) => row.status === "unreachable" && !row.fresh && row.code === 5))
        assert.isTrue(rows.every(({ reading, timestamp }) => reading!.lost && reading!.timestamp === timestamp))
        assert.isTrue(rows.every(({ reading, value }) => reading!.value === 1 && value === 1))
        assert.isTrue(sensors.values.every(({ status, value }) => status === "unreachable" && value === 1))
        for (const { status } of reader.take().changed) assert.strictEqual(status, "unreachable")
        behind++
      }
      let looked = false
      let failure: Result.Result<void, unknown> | undefined
      table.onReading(() => {
        // the first that anybody can notice of the loss
        if (!looked) failure ??= Result.try(look)
        looked = true
      })
      yield* fake.connection!.reset
      while (!looked) yield* turn
      yield* Effect.fromResult(failure!)
      const scrape = yield* Effect.forkScoped(prometheus.render("plain"), { startImmediately: true })
      // the last ones have not been told of
      yield* asker.send(`?sensor-value m000.s${large - 1}\n?sensor-value m000.s${large - 2}\n`)
      while (feed.pending < large) {
        look()
        yield* turn
      }
      assert.isAbove(behind, 2)
      yield* pass()
      const values = (yield* asker.settle).filter((line) => line.startsWith("#sensor-value"))
      assert.strictEqual(values.length, 2)
      for (const line of values) assert.match(line, / unreachable 1$/)
      const text = new TextDecoder().decode(yield* Fiber.join(scrape))
      assert.notMatch(text, /^katcp_sensor_value\{device="m000"/m)
      assert.match(text, /^katcp_sensor_value\{device="m001"/m)
      // a feed, as that of the archive, has each once
      const changes = feed.take()
      assert.strictEqual(changes.length, large)
      assert.isTrue(changes.every((change) => change._tag === "Reading" && change.reading.lost))
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("is reported by each sensor before its new reading, even if the device is back early", () =>
    Effect.gen(function* () {
      const { fake, raw, site } = yield* lab
      const client = site.devices.get("m000")!.client
      const events: Array<string> = []
      yield* Effect.forkScoped(
        Stream.runForEach(client.sensorNamed(`s${large - 1}`).sample(), ({ status }) =>
          Effect.sync(() => void events.push(status))
        ),
        { startImmediately: true }
      )
      yield* pass()
      for (let time = 0; time < 3; time++) {
        yield* fake.connection!.reset
        yield* pass("500 millis")
        yield* pass("500 millis")
      }
      yield* pass("1 second")
      assert.isTrue(site.isSynced)
      const last = told(yield* raw.settle).filter((line) => line.includes(` m000.s${large - 1} `))
      assert.deepStrictEqual(
        last.map((line) => line.split(" ")[4]),
        ["unreachable", "nominal", "unreachable", "nominal", "unreachable", "nominal"]
      )
      assert.isTrue([...site.table.of("m000")].every(({ status }) => status === "nominal"))
      assert.deepStrictEqual(
        events.slice(1),
        last.map((line) => line.split(" ")[4])
      )
    }).pipe(Effect.scoped, onNetwork)
  )
})
