/** Changes while a site is proxied: selection, time-out hints, devices; and devices that fall silent. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Sampling } from "katcp"
import { Allow, Selection } from "katcp/Site"
import { FakeDevice, withBulk } from "../Client/sensors/fake.ts"
import { pass } from "../Client/sensors/site.ts"
import { fakeAt, onNetwork, siteOf } from "../Site/network.ts"
import { sampling, twoFakes } from "./fakes.ts"
import { rawOf, serveProxy } from "./network.ts"

const changesIn = (lines: ReadonlyArray<string>) => lines.filter((line) => line.startsWith("#interface-changed"))
const readingsIn = (lines: ReadonlyArray<string>) =>
  lines.filter((line) => line.startsWith("#sensor-status")).map((line) => line.split(" ").slice(3).join(" "))

/** Asks, and returns the lines that answer. */
const ask = (raw: Effect.Success<ReturnType<typeof rawOf>>, request: string) =>
  Effect.gen(function* () {
    yield* raw.settle
    yield* raw.send(`${request}\n`)
    yield* pass()
    return yield* raw.settle
  })

describe("a proxy whose site selects other sensors", () => {
  it.effect("serves those, and keeps the others without an inform to clients", () =>
    Effect.gen(function* () {
      const { fakes, site } = yield* twoFakes
      const raw = yield* sampling
      const asked = fakes[0].asked.length
      yield* site.select(Selection.make(["m000/one", "m001/*"]))
      yield* pass("1 second")
      assert.deepStrictEqual(yield* raw.settle, ["#interface-changed sensor-list"])
      assert.deepStrictEqual(fakes[0].set, { one: "auto" })
      assert.deepStrictEqual(
        fakes[0].asked.slice(asked).map(({ args, name }) => [name, ...args].join(" ")),
        ["sensor-sampling three,two none"]
      )
      assert.deepStrictEqual(yield* ask(raw, "?sensor-value m000.two"), [
        "!sensor-value fail Unknown\\_sensor\\_'m000.two'"
      ])
      fakes[0].add("one", "doc \\@ integer", "nominal 2")
      yield* fakes[0].send(fakes[0].status("one"))
      yield* pass()
      assert.deepStrictEqual(readingsIn(yield* raw.settle), ["m000.one nominal 2"])
      yield* site.select(Selection.everything)
      yield* pass("1 second")
      assert.deepStrictEqual(changesIn(yield* raw.settle), ["#interface-changed sensor-list"])
      assert.include(yield* ask(raw, "?sensor-value m000.two"), "#sensor-value 1 1 m000.two nominal 1")
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("by another strategy: clients stay subscribed, and ?proxy-check names it", () =>
    Effect.gen(function* () {
      const { fakes, site } = yield* twoFakes
      const raw = yield* sampling
      yield* site.select(
        Selection.make([{ match: "m000/one", strategy: Sampling.Strategy.eventRate("1 second", "10 seconds") }, "*"])
      )
      yield* pass("1 second")
      assert.deepStrictEqual(changesIn(yield* raw.settle), [])
      assert.strictEqual(fakes[0].set.one, "event-rate 1.0 10.0")
      assert.deepStrictEqual(yield* ask(raw, "?proxy-check m000.one"), [
        "#proxy-check sensor m000/one default event-rate\\_1.0\\_10.0 1",
        "!proxy-check ok 1"
      ])
      yield* fakes[0].send("#sensor-status 1 1 one warn 3")
      yield* pass()
      assert.deepStrictEqual(readingsIn(yield* raw.settle), ["m000.one warn 3"])
    }).pipe(Effect.scoped, onNetwork)
  )
})

describe("the timeout hints of a device", () => {
  it.effect("are passed on, and so are new ones", () =>
    Effect.gen(function* () {
      const fake = new FakeDevice()
      let hint = "12.5"
      fake.instead = ({ head, name }) => {
        if (name === "help")
          return { answer: [`#${head} capture doc`, `#${head} track doc`, `#${head} sensor-list doc`, `!${head} ok 3`] }
        return name === "request-timeout-hint"
          ? { answer: [`#${head} capture ${hint}`, `#${head} help 0.5`, `!${head} ok 2`] }
          : undefined
      }
      const site = yield* siteOf({})
      yield* site.add("m000", yield* fakeAt(1, fake, () => withBulk.replace("MIB", "MIBT")))
      yield* serveProxy(site, 9, { requests: Allow.only("*/capture", "*/track") })
      yield* pass("1 second")
      const raw = yield* rawOf(9)
      assert.deepStrictEqual(yield* ask(raw, "?request-timeout-hint m000-capture"), [
        "#request-timeout-hint m000-capture 12.5",
        "!request-timeout-hint ok 1"
      ])
      assert.deepStrictEqual(yield* ask(raw, "?request-timeout-hint m000-track"), [
        "#request-timeout-hint m000-track 0.0",
        "!request-timeout-hint ok 1"
      ])
      hint = "40"
      yield* fake.send("#interface-changed request-list")
      yield* pass("3 seconds")
      assert.include(yield* raw.settle, "#interface-changed request-list")
      assert.include(yield* ask(raw, "?request-timeout-hint m000-capture"), "#request-timeout-hint m000-capture 40.0")
    }).pipe(Effect.scoped, onNetwork)
  )
})

describe("a device that falls silent", () => {
  it.effect("has unreachable sensors at all clients within a second of its timeout, and no other device does", () =>
    Effect.gen(function* () {
      const site = yield* siteOf({})
      const fakes: Array<FakeDevice> = []
      for (const [index, name] of ["m000", "m001"].entries()) {
        const fake = new FakeDevice()
        for (const sensor of ["one", "two", "three"]) fake.add(sensor)
        fake.instead = ({ head, name }) => (name === "watchdog" ? { answer: [`!${head} ok`] } : undefined)
        fakes.push(fake)
        const device = yield* fakeAt(index + 1, fake)
        yield* site.add(name, { ...device, client: { ...device.client, alive: "5 seconds", aliveWait: "2 seconds" } })
      }
      yield* serveProxy(site, 9, { figuresEvery: "1 day" })
      yield* pass("1 second")
      const clients = yield* Effect.forEach(Array.from({ length: 10 }), () => sampling)
      // both are asked while nothing comes, and answer
      yield* pass("30 seconds")
      for (const raw of clients) assert.deepStrictEqual(readingsIn(yield* raw.settle), [])
      fakes[0]!.instead = () => ({ answer: undefined })
      yield* fakes[0]!.send("#sensor-status 1 1 one nominal 1")
      yield* pass()
      for (const raw of clients) yield* raw.settle
      yield* pass("6.9 seconds")
      for (const raw of clients) assert.deepStrictEqual(readingsIn(yield* raw.settle), [])
      yield* pass("1 second")
      for (const raw of clients)
        assert.deepStrictEqual(readingsIn(yield* raw.settle).sort(), [
          "m000.one unreachable 1",
          "m000.three unreachable 1",
          "m000.two unreachable 1"
        ])
    }).pipe(Effect.scoped, onNetwork)
  )
})

describe("a device that appears while a request is in flight", () => {
  it.effect("does not affect the request, and its names are served before the reply", () =>
    Effect.gen(function* () {
      const make = (request: string) => {
        const fake = new FakeDevice()
        fake.add("temp")
        fake.instead = ({ head, name }) => {
          if (name === "help")
            return { answer: [`#${head} ${request} doc`, `#${head} sensor-list doc`, `!${head} ok 2`] }
          return name === request ? { answer: undefined } : undefined
        }
        return fake
      }
      const first = make("capture")
      const second = make("track")
      const site = yield* siteOf({})
      yield* site.add("m000", yield* fakeAt(1, first))
      yield* serveProxy(site, 9, { requests: Allow.only("*/capture", "*/track"), figuresEvery: "1 day" })
      yield* pass("1 second")
      const raw = yield* rawOf(9)
      yield* raw.settle
      yield* raw.send("?m000-capture[7] x\n")
      yield* pass()
      yield* site.add("m001", yield* fakeAt(2, second))
      yield* pass("1 second")
      const lines = yield* raw.settle
      assert.deepStrictEqual(changesIn(lines).sort(), [
        "#interface-changed request-list",
        "#interface-changed sensor-list"
      ])
      assert.deepStrictEqual(
        lines.filter((line) => line.startsWith("!")),
        []
      )
      assert.include(yield* ask(raw, "?sensor-value[8] m001.temp"), "!sensor-value[8] ok 1")
      yield* raw.send("?m001-track[9]\n")
      yield* pass()
      const { head } = first.asked.find(({ name }) => name === "capture")!
      yield* first.send(`#${head} going`, `!${head} ok done`)
      yield* second.send(`!${second.asked.find(({ name }) => name === "track")!.head} ok`)
      yield* pass()
      assert.deepStrictEqual([...(yield* raw.settle)].sort(), [
        "!m000-capture[7] ok done",
        "!m001-track[9] ok",
        "#m000-capture[7] going"
      ])
      assert.strictEqual(first.askedFor("capture").length, 1)
    }).pipe(Effect.scoped, onNetwork)
  )
})
