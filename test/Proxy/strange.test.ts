/** A proxy of devices that do strange things. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Message } from "katcp"
import type { Proxy } from "katcp/Proxy"
import { Allow } from "katcp/Site"
import { FakeDevice } from "../Client/sensors/fake.ts"
import { pass } from "../Client/sensors/site.ts"
import { fakeAt, onNetwork, siteOf } from "../Site/network.ts"
import { rawOf, serveProxy } from "./network.ts"

/** A device that the test plays, under a name, and a proxy of it at port 9. */
const played = (fake: FakeDevice, options?: Proxy.ProxyOptions, name = "m000") =>
  Effect.gen(function* () {
    const site = yield* siteOf({})
    yield* site.add(name, yield* fakeAt(1, fake))
    yield* serveProxy(site, 9, options)
    yield* pass("1 second")
    const raw = yield* rawOf(9)
    yield* raw.settle
    return { raw, site }
  })

describe("a proxy of a device", () => {
  it.effect("whose sensors have the names of the proxy's own serves the others, and says so", () =>
    Effect.gen(function* () {
      const fake = new FakeDevice()
      for (const name of ["device-status", "proxy.clients", "temp"]) fake.add(name)
      const { raw } = yield* played(fake, { transparent: "m000", figuresEvery: "1 day" })
      yield* raw.send("?sensor-value[1] temp\n?sensor-list[2] proxy.clients\n?sensor-value[3] proxy.conflicts\n")
      yield* pass()
      const lines = yield* raw.settle
      assert.include(lines, "#sensor-value[1] 1 1 temp nominal 1")
      assert.include(lines, "#sensor-list[2] proxy.clients Clients\\_of\\_this\\_proxy. \\@ integer 0 9007199254740991")
      assert.match(
        lines.find((line) => line.startsWith("#sensor-value[3]"))!,
        /proxy\.clients\\_is\\_the\\_proxy\\_itself;\\_m000\/proxy\.clients\\_is\\_not\\_served/
      )
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("whose sensors have names of any bytes serves them under those bytes", () =>
    Effect.gen(function* () {
      const fake = new FakeDevice()
      for (const name of ["a\\_b", "\u00ff\\t", "x,y", "/z/", "\\@"]) fake.add(name)
      fake.add("good")
      const { raw } = yield* played(fake)
      yield* raw.send("?sensor-value[1] m000.good\n?sensor-list[2]\n")
      yield* pass()
      const lines = yield* raw.settle
      assert.include(lines, "#sensor-value[1] 1 1 m000.good nominal 1")
      const served = lines.filter((line) => line.startsWith("#sensor-list[2] m000.")).map((line) => line.split(" ")[1])
      assert.deepStrictEqual(served.sort(), [
        "m000.",
        "m000./z/",
        "m000.a\\_b",
        "m000.good",
        "m000.x,y",
        "m000.\u00ff\\t"
      ])
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("whose help is hostile passes it on as one argument", () =>
    Effect.gen(function* () {
      const fake = new FakeDevice()
      fake.instead = ({ head, name }) =>
        name === "help"
          ? {
              answer: [
                `#${head} track \\n!help\\_ok\\_99\\0\\e[2J\u00ff${"x".repeat(10_000)}`,
                `#${head} sensor-list doc`,
                `!${head} ok 2`
              ]
            }
          : undefined
      const { raw } = yield* played(fake, { requests: Allow.only("*/track") })
      yield* raw.send("?help[1] m000-track\n")
      yield* pass()
      const lines = yield* raw.settle
      assert.strictEqual(lines.length, 2)
      assert.match(lines[0]!, /^#help\[1\] m000-track \\n!help\\_ok\\_99\\0\\e\[2J\u00ffx{10000}/)
      assert.strictEqual(lines[1], "!help[1] ok 1")
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("that is removed during a request answers it with fail, and drops its names", () =>
    Effect.gen(function* () {
      const fake = new FakeDevice()
      fake.add("temp")
      fake.instead = ({ head, name }) =>
        name === "help"
          ? { answer: [`#${head} track doc`, `#${head} sensor-list doc`, `!${head} ok 2`] }
          : name === "track"
            ? { answer: undefined }
            : undefined
      const { raw, site } = yield* played(fake, { requests: Allow.only("*/track") })
      yield* raw.send("?m000-track[1]\n")
      yield* pass()
      yield* site.remove("m000")
      yield* pass()
      const [reply] = (yield* raw.settle).filter((line) => line.startsWith("!"))
      assert.match(reply!, /^!m000-track\[1\] fail m000:/)
      yield* pass("2 seconds")
      yield* raw.send("?m000-track[2]\n?sensor-value[3] m000.temp\n?sensor-value[4] proxy.m000.connected\n")
      yield* pass()
      const after = (yield* raw.settle).filter((line) => line.startsWith("!"))
      assert.match(after[0]!, /^!m000-track\[2\] invalid/)
      assert.match(after[1]!, /^!sensor-value\[3\] fail/)
      assert.match(after[2]!, /^!sensor-value\[4\] fail/)
      yield* site.add("m000", yield* fakeAt(2, fake))
      yield* pass("2 seconds")
      yield* raw.send("?sensor-value[5] m000.temp\n")
      yield* pass()
      assert.include(yield* raw.settle, "#sensor-value[5] 1 1 m000.temp nominal 1")
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("of version 5, at version 4: addresses are strings, and times are in whole milliseconds", () =>
    Effect.gen(function* () {
      const fake = new FakeDevice()
      fake.add("at", "doc \\@ address", "nominal 10.0.0.1:7147")
      fake.add("when", "doc \\@ timestamp", "warn 2.5")
      const { raw } = yield* played(fake, { server: { protocol: Message.Protocol.make(4, 0, "M") } })
      yield* raw.send("?sensor-list m000.at\n?sensor-list m000.when\n?sensor-value m000.at\n?sensor-value m000.when\n")
      yield* pass()
      const lines = (yield* raw.settle).filter((line) => / m000\./.test(line))
      assert.deepStrictEqual(lines, [
        "#sensor-list m000.at doc \\@ string",
        "#sensor-list m000.when doc \\@ timestamp",
        "#sensor-value 1000 1 m000.at nominal 10.0.0.1:7147",
        "#sensor-value 1000 1 m000.when warn 2500"
      ])
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("of version 5, at version 4: numbers without a range have the widest", () =>
    Effect.gen(function* () {
      const fake = new FakeDevice()
      fake.add("count")
      fake.add("level", "doc \\@ float", "nominal 1.5")
      fake.add("few", "doc \\@ integer 0 7", "nominal 1")
      fake.add("warned", "doc \\@ float 0 7 -1 8", "nominal 1")
      const { raw } = yield* played(fake, { server: { protocol: Message.Protocol.make(4, 0, "M") } })
      yield* raw.send("?sensor-list\n")
      yield* pass()
      const lines = (yield* raw.settle).filter((line) => / m000\./.test(line))
      assert.deepStrictEqual(lines, [
        "#sensor-list m000.count doc \\@ integer -9007199254740991 9007199254740991",
        "#sensor-list m000.few doc \\@ integer 0 7",
        "#sensor-list m000.level doc \\@ float -1.7976931348623157e+308 1.7976931348623157e+308",
        "#sensor-list m000.warned doc \\@ float 0.0 7.0"
      ])
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("is never asked by a client to sample: that would change the subscriptions of all", () =>
    Effect.gen(function* () {
      const fake = new FakeDevice()
      fake.add("temp")
      fake.instead = ({ head, name }) =>
        name === "help"
          ? { answer: [`#${head} sensor-sampling doc`, `#${head} sensor-sampling-clear doc`, `!${head} ok 2`] }
          : undefined
      const { raw } = yield* played(fake, { requests: Allow.only("*") })
      yield* raw.send("?m000-sensor-sampling temp none\n?m000-sensor-sampling-clear\n")
      yield* pass()
      for (const line of yield* raw.settle) assert.match(line, /^!m000-sensor-sampling\S* invalid/)
      assert.deepStrictEqual(fake.set, { temp: "auto" })
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("whose rewriting throws, or gives no value of the type, serves the other sensors", () =>
    Effect.gen(function* () {
      const fake = new FakeDevice()
      for (const name of ["bad", "good", "odd", "worse"]) fake.add(name)
      const { raw } = yield* played(fake, {
        sensors: [
          {
            match: "m000/bad",
            rewrite: () => {
              throw new Error("too hot")
            }
          },
          { match: "m000/odd", rewrite: () => ({ value: () => "no number" }) },
          {
            match: "m000/worse",
            rewrite: () => ({
              value: () => {
                throw new Error("value")
              }
            })
          }
        ]
      })
      yield* raw.send(
        "?sensor-value m000.bad\n?sensor-value m000.good\n?sensor-value m000.odd\n?sensor-value m000.worse\n?sensor-value proxy.conflicts\n?proxy-check m000.bad\n"
      )
      yield* pass()
      const lines = yield* raw.settle
      assert.deepStrictEqual(lines, [
        "!sensor-value fail Unknown\\_sensor\\_'m000.bad'",
        "#sensor-value 1 1 m000.good nominal 1",
        "!sensor-value ok 1",
        "#sensor-value 1.0 1 m000.odd failure 0",
        "!sensor-value ok 1",
        "#sensor-value 1.0 1 m000.worse failure 0",
        "!sensor-value ok 1",
        "#sensor-value 1.0 1 proxy.conflicts error m000.bad\\_is\\_for\\_rule\\_1,\\_whose\\_rewrite\\_failed\\_(too\\_hot);\\_m000/bad\\_is\\_not\\_served",
        "!sensor-value ok 1",
        "!proxy-check ok 0"
      ])
    }).pipe(Effect.scoped, onNetwork)
  )
})
