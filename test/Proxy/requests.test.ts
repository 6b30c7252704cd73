import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Server } from "katcp"
import { Allow, type PassedRequest } from "katcp/Site"
import { logged } from "../Client/connect.ts"
import { FakeDevice, version4 } from "../Client/sensors/fake.ts"
import { pass } from "../Client/sensors/site.ts"
import { fakeAt, onNetwork, siteOf } from "../Site/network.ts"
import { rawOf, serveProxy } from "./network.ts"

/** A device that the test plays, as `m000`, and a proxy of it at port 9. `capture` and `login` are answered by the test alone. */
const played = (hello?: string, server?: Server.Options, requests = Allow.only("*/capture", "*/login")) =>
  Effect.gen(function* () {
    const fake = new FakeDevice()
    fake.instead = ({ head, name }) => {
      if (name === "help")
        return {
          answer: [
            `#${head} capture Take\\_data.`,
            `#${head} login Log\\_in.`,
            `#${head} sensor-list doc`,
            `!${head} ok 3`
          ]
        }
      return name === "capture" || name === "login" ? { answer: undefined } : undefined
    }
    const site = yield* siteOf({})
    yield* site.add("m000", yield* fakeAt(1, fake, hello === undefined ? undefined : () => hello))
    yield* serveProxy(site, 9, { requests, server })
    yield* pass("1 second")
    const raw = yield* rawOf(9)
    yield* raw.settle
    return { fake, raw, site }
  })

/** The head of the newest `?capture` that came to the device, as its answers repeat it. */
const headOf = ({ asked }: FakeDevice) => asked.filter(({ name }) => name === "capture").at(-1)!.head

describe("a request that a proxy passes on", () => {
  it.effect("has its informs passed on as they arrive, under the client's own id, and any reply", () =>
    Effect.gen(function* () {
      const { fake, raw } = yield* played()
      yield* raw.send("?m000-capture[77] a\\_b \\@ \u00ff\n")
      yield* pass()
      assert.deepStrictEqual(fake.askedFor("capture"), ["a\\_b \\@ \u00ff"])
      yield* fake.send(`#${headOf(fake)} 1 one`, `#${headOf(fake)} 2 \u00fe`)
      yield* pass()
      assert.deepStrictEqual(yield* raw.settle, ["#m000-capture[77] 1 one", "#m000-capture[77] 2 \u00fe"])
      yield* fake.send(`!${headOf(fake)} fail no\\_beam 3`)
      yield* pass()
      assert.deepStrictEqual(yield* raw.settle, ["!m000-capture[77] fail no\\_beam 3"])
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("fails when its device disconnects, and is not sent again when it is back", () =>
    Effect.gen(function* () {
      const { fake, raw } = yield* played()
      yield* raw.send("?m000-capture[1]\n")
      yield* pass()
      yield* fake.connection!.reset
      yield* pass()
      const [line] = (yield* raw.settle).filter((line) => line.startsWith("!"))
      assert.match(line!, /^!m000-capture\[1\] fail m000:/)
      yield* pass("5 seconds")
      assert.strictEqual(fake.connections, 2)
      assert.strictEqual(fake.askedFor("capture").length, 1)
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("of a client that has disconnected does not delay others at a device of version 4", () =>
    Effect.gen(function* () {
      const { fake, raw } = yield* played(version4)
      const other = yield* rawOf(9)
      yield* other.settle
      yield* raw.send("?m000-capture first\n")
      yield* pass()
      yield* raw.close
      yield* pass()
      yield* other.send("?m000-capture[5] second\n")
      yield* pass()
      assert.deepStrictEqual(fake.askedFor("capture"), ["first", "second"])
      yield* fake.send("!capture ok 1", "!capture ok 2")
      yield* pass()
      const replies = (yield* other.settle).filter((line) => line.startsWith("!"))
      assert.deepStrictEqual(replies, ["!m000-capture[5] ok 2"])
    }).pipe(Effect.scoped, onNetwork)
  )

  it.effect("has an audit record with the client's address and role", () =>
    Effect.gen(function* () {
      const { fake, raw, site } = yield* played()
      const records = yield* Effect.forkChild(Effect.scoped(Stream.runHead(site.audit)), { startImmediately: true })
      yield* raw.send("?m000-capture[1] x\n")
      yield* pass()
      yield* fake.send(`!${headOf(fake)} ok`)
      yield* pass()
      const record = Option.getOrThrow(yield* Fiber.join(records))
      const { arguments: values, device, outcome, request, role, via } = record
      assert.deepStrictEqual(
        [device, request, values, outcome, role, via],
        ["m000", "capture", ["x"], "ok", "admin", "proxy"]
      )
    }).pipe(Effect.scoped, onNetwork)
  )
})

describe("the help of a request that is passed on", () => {
  const helpOf = (text: string) =>
    Effect.gen(function* () {
      const fake = new FakeDevice()
      fake.instead = ({ head, name }) =>
        name === "help" ? { answer: [`#${head} capture ${text}`, `!${head} ok 1`] } : undefined
      const site = yield* siteOf({})
      yield* site.add("m000", yield* fakeAt(1, fake))
      yield* serveProxy(site, 9, { requests: Allow.only("*/capture") })
      yield* pass("1 second")
      const raw = yield* rawOf(9)
      yield* raw.settle
      yield* raw.send("?help[1] m000-capture\n")
      yield* pass()
      const [inform] = yield* raw.settle
      return inform!.replace("#help[1] m000-capture ", "").replaceAll("\\_", " ")
    }).pipe(Effect.scoped, onNetwork)

  it.effect.each([
    [
      "Take\\_data.\\_Usage:\\_?capture\\_x\\_[y]",
      "Take data. (Passed on to m000 as ?capture.)\\nUsage: ?m000-capture x [y]"
    ],
    [
      "Take\\_data.\\_Needs\\_the\\_role\\_admin.\\nMore.\\nUsage:\\_?capture",
      "Take data. Needs the role admin.\\nMore.\\n(Passed on to m000 as ?capture.)\\nUsage: ?m000-capture"
    ],
    [
      "Take\\_data\\_(?capture\\_x)",
      "Take data (?capture x) (Passed on to m000 as ?capture.)\\nUsage: ?m000-capture x"
    ],
    ["Take\\_data.", "Take data. (Passed on to m000 as ?capture.)\\nUsage: ?m000-capture [argument ...]"],
    ["\\@", "Request capture. (Passed on to m000 as ?capture.)\\nUsage: ?m000-capture [argument ...]"]
  ] as const)("has one synopsis, with the name on the proxy: %s", ([text, wanted]) =>
    Effect.map(helpOf(text), (help) => assert.strictEqual(help, wanted))
  )
})

describe("a client that does not read the answer to its request", () => {
  it.effect("delays neither the device's readings nor others, and gets a bounded part", () =>
    Effect.gen(function* () {
      const { fake, raw } = yield* played()
      fake.add("temp")
      yield* fake.send("#interface-changed sensor-list")
      yield* pass("1 second")
      const other = yield* rawOf(9)
      yield* other.send("?sensor-sampling m000.temp auto\n")
      yield* pass()
      yield* other.settle
      yield* raw.send("?m000-capture[1]\n")
      yield* pass()
      yield* raw.pause
      const long = "x".repeat(1_000_000)
      for (let n = 0; n < 20; n++) {
        yield* fake.send(`#${headOf(fake)} ${n} ${long}`, `#sensor-status ${n} 1 temp nominal ${n}`)
        yield* pass()
      }
      const readings = (yield* other.settle).filter((line) => line.startsWith("#sensor-status"))
      assert.strictEqual(readings.length, 20)
      yield* other.send("?m000-capture[2]\n")
      yield* pass()
      yield* fake.send(`!${headOf(fake)} ok`)
      yield* pass()
      assert.include(yield* other.settle, "!m000-capture[2] ok")
      yield* raw.resume
      yield* pass()
      const lines = yield* raw.settle
      const informs = lines.filter((line) => line.startsWith("#m000-capture[1]"))
      assert.isAtMost(informs.length, 17)
      assert.isAtLeast(informs.length, 15)
      const [reply] = lines.filter((line) => line.startsWith("!m000-capture[1]"))
      assert.match(reply!, /^!m000-capture\[1\] fail m000:\\_more\\_than\\_16777216\\_bytes/)
    }).pipe(Effect.scoped, onNetwork)
  )
})

describe("the audit record of a request that a device refuses", () => {
  it.effect("says so", () =>
    Effect.gen(function* () {
      const { fake, raw, site } = yield* played()
      const records = yield* Effect.forkChild(Effect.scoped(Stream.runHead(site.audit)), { startImmediately: true })
      yield* raw.send("?m000-capture[1] x\n")
      yield* pass()
      yield* fake.send(`!${headOf(fake)} fail no\\_beam`)
      yield* pass()
      const { outcome, reason } = Option.getOrThrow(yield* Fiber.join(records))
      assert.deepStrictEqual([outcome, reason], ["fail", "no beam"])
    }).pipe(Effect.scoped, onNetwork)
  )
})

describe("the audit of a proxy", () => {
  it.effect.each([
    ["the name on the proxy", { audit: { withhold: ["m000-login"] } }, Allow.only("*/capture", "*/login")],
    ["the allow list", {}, Allow.withholding(Allow.only("*/capture", "*/login"), "*/login")]
  ] as const)(
    "logs each request once, by its server; passwords are withheld from all records, by %s",
    ([, server, allow]) =>
      Effect.gen(function* () {
        const kept: Array<PassedRequest> = []
        const { records } = yield* logged(
          Effect.gen(function* () {
            const { fake, raw, site } = yield* played(undefined, server, allow)
            yield* Effect.forkScoped(
              Stream.runForEach(site.audit, (record) => Effect.sync(() => kept.push(record))),
              { startImmediately: true }
            )
            for (const request of ["m000-capture[1] x", "m000-login[2] secret"]) yield* raw.send(`?${request}\n`)
            yield* pass()
            for (const { head, name } of fake.asked)
              if (name === "capture" || name === "login")
                yield* fake.send(name === "login" ? `!${head} fail not\\_secret` : `!${head} ok`)
            yield* pass()
          }).pipe(Effect.scoped),
          "Debug"
        )
        const lines = records
          .filter((line) => /capture|login/.test(line))
          .map((line) => line.replace(/of \S+/, "of ADDRESS"))
        assert.deepStrictEqual(lines, [
          "Info audit: ?m000-capture[1] x of ADDRESS (admin): ok",
          'Info audit: ?m000-login[2] "(1 withheld)" of ADDRESS (admin): fail'
        ])
        assert.deepStrictEqual(
          kept.map(({ arguments: values, device, request, outcome, reason }) => [
            device,
            request,
            values,
            outcome,
            reason
          ]),
          [
            ["m000", "capture", ["x"], "ok", undefined],
            ["m000", "login", ["(1 withheld)"], "fail", undefined]
          ]
        )
      }).pipe(onNetwork)
  )
})

describe("the log of a device", () => {
  it.effect("is passed on with the device's name and time, by the level of the proxy", () =>
    Effect.gen(function* () {
      const { fake, raw } = yield* played()
      yield* fake.send("#log warn 12.5 rx.cryo too\\_warm", "#log info 13 rx fine", "#log error 14 root broken")
      yield* pass()
      assert.deepStrictEqual(yield* raw.settle, [
        "#log warn 12.5 m000.rx.cryo too\\_warm",
        "#log error 14.0 m000 broken"
      ])
      yield* raw.send("?log-level info\n")
      yield* pass()
      yield* raw.settle
      yield* fake.send("#log info 15 rx fine")
      yield* pass()
      assert.deepStrictEqual(yield* raw.settle, ["#log info 15.0 m000.rx fine"])
    }).pipe(Effect.scoped, onNetwork)
  )
})
