import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Arg, Interface, Request, Sensor } from "katcp"
import { layer as serve } from "katcp/Server"
import { say, start } from "./harness.ts"

class Lab extends Interface.make("lab", { version: "lab-1.0", build: "lab-1.0.7" }).add(
  Request.make("track", {
    doc: "Point at a place.\nReturns when it will be there.",
    args: { az: Arg.Float, name: Arg.optional(Arg.Text), flags: Arg.rest(Arg.Text) },
    reply: { eta: Arg.Float },
    timeoutHint: "30 seconds"
  }),
  Request.make("quick", { doc: "Quick.", timeoutHint: "250 millis" }),
  Request.raw("raw", { doc: "Raw.", usage: "?raw a|b [c ...]" }),
  Request.make("Zoom", { doc: "In capitals." }),
  Sensor.make("volt", { doc: "Volts", type: Arg.Float, initial: 1 }),
  Sensor.make("count", { doc: "How many", type: Arg.Int })
) {}

const LabLive = Lab.toLayer({
  track: () => Effect.succeed({ eta: 1 }),
  quick: () => Effect.void,
  raw: (message) => Effect.succeed(["ok", ...message.arguments]),
  Zoom: () => Effect.void
})
const ask = Effect.fnUntraced(function* (...lines: ReadonlyArray<string>) {
  const { dial } = yield* start(
    serve(Lab, { versions: { drive: ["drive-2", "serial 7"], plc: ["plc-9"] } }).pipe(Layer.provide(LabLive))
  )
  const client = yield* dial()
  yield* client.settle
  yield* say(client, ...lines)
  return yield* client.settle
})
const nameOf = (line: string) => line.split(" ")[1]

const all = [
  "Zoom",
  "client-list",
  "halt",
  "help",
  "log-level",
  "quick",
  "raw",
  "request-timeout-hint",
  "restart",
  "sensor-list",
  "sensor-sampling",
  "sensor-sampling-clear",
  "sensor-value",
  "track",
  "version-list",
  "watchdog"
]

describe("?help", () => {
  it.effect(
    "lists every request once, sorted, the first line of each with its usage (P-101, P-110, A-243, A-255, B-129)",
    Effect.fnUntraced(function* () {
      const lines = yield* ask("?help[9]")
      assert.deepStrictEqual(lines.slice(0, -1).map(nameOf), all)
      assert.strictEqual(lines.at(-1), `!help[9] ok ${all.length}`)
      for (const line of lines.slice(0, -1)) {
        assert.match(line, /^#help\[9\] [A-Za-z-]+ [!-~]+\\_Usage:\\_\?[!-~]+$/)
        assert.strictEqual(line.split(" ").length, 3)
      }
      assert.include(lines, "#help[9] track Point\\_at\\_a\\_place.\\_Usage:\\_?track\\_az\\_[name]\\_[flags\\_...]")
    })
  )

  it.effect(
    "returns the full description of one (P-102, P-104, B-129)",
    Effect.fnUntraced(function* () {
      assert.deepStrictEqual(yield* ask("?help track", "?help[2] raw", "?help help"), [
        "#help track Point\\_at\\_a\\_place.\\nReturns\\_when\\_it\\_will\\_be\\_there.\\nUsage:\\_?track\\_az\\_[name]\\_[flags\\_...]",
        "!help ok 1",
        "#help[2] raw Raw.\\nUsage:\\_?raw\\_a|b\\_[c\\_...]",
        "!help[2] ok 1",
        "#help help Describe\\_the\\_requests\\_of\\_this\\_device,\\_or\\_one\\_of\\_them.\\nUsage:\\_?help\\_[request]",
        "!help ok 1"
      ])
    })
  )

  it.effect(
    "of an unknown request fails with the text that clients look for (P-103, P-014)",
    Effect.fnUntraced(function* () {
      const lines = yield* ask("?help[4] nosuch", "?help TRACK", "?help \xff\\_\\e", "?help a b")
      assert.strictEqual(lines[0], "!help[4] fail Unknown\\_request\\_nosuch.")
      assert.strictEqual(lines[1], "!help fail Unknown\\_request\\_TRACK.")
      assert.match(lines[2] ?? "", /^!help fail [!-~]+$/)
      assert.strictEqual(lines[3], "!help fail Too\\_many\\_parameters\\_given.")
    })
  )
})

describe("?version-list", () => {
  it.effect(
    "has all versions of the greeting, in the same form (P-107, P-108, A-247, A-260)",
    Effect.fnUntraced(function* () {
      const lines = yield* ask("?version-list[5]")
      assert.deepStrictEqual(lines, [
        "#version-list[5] katcp-protocol 5.1-BIMT",
        "#version-list[5] katcp-library katcp-typescript-0.1 katcp-typescript-0.1.0",
        "#version-list[5] katcp-device lab-1.0 lab-1.0.7",
        "#version-list[5] drive drive-2 serial\\_7",
        "#version-list[5] plc plc-9",
        "!version-list[5] ok 5"
      ])
    })
  )
})

describe("?request-timeout-hint", () => {
  it.effect(
    "lists the requests with a hint (P-141, A-209, A-256)",
    Effect.fnUntraced(function* () {
      assert.deepStrictEqual(yield* ask("?request-timeout-hint[3]"), [
        "#request-timeout-hint[3] quick 0.25",
        "#request-timeout-hint[3] track 30.0",
        "!request-timeout-hint[3] ok 2"
      ])
    })
  )

  it.effect(
    "returns one hint, 0.0 without a hint; of an unknown request it fails (P-142, P-143)",
    Effect.fnUntraced(function* () {
      assert.deepStrictEqual(
        yield* ask("?request-timeout-hint track", "?request-timeout-hint watchdog", "?request-timeout-hint nosuch"),
        [
          "#request-timeout-hint track 30.0",
          "!request-timeout-hint ok 1",
          "#request-timeout-hint watchdog 0.0",
          "!request-timeout-hint ok 1",
          "!request-timeout-hint fail Unknown\\_request\\_nosuch."
        ]
      )
    })
  )

  it.effect(
    "may be empty (P-141)",
    Effect.fnUntraced(function* () {
      const Bare = Interface.make("bare")
      const { connect } = yield* start(serve(Bare).pipe(Layer.provide(Bare.toLayer({}))))
      const client = yield* connect
      yield* say(client, "?request-timeout-hint")
      assert.deepStrictEqual(yield* client.settle, ["!request-timeout-hint ok 0"])
    })
  )
})

describe("the requests that answer with a list", () => {
  it.effect(
    "return the number of their informs, which come before the reply and with its id (P-052, P-060, P-061, Q-15)",
    Effect.fnUntraced(function* () {
      for (const name of [
        "help",
        "sensor-list",
        "sensor-value",
        "client-list",
        "version-list",
        "request-timeout-hint"
      ]) {
        const lines = yield* ask(`?${name}[12]`)
        assert.strictEqual(lines.at(-1), `!${name}[12] ok ${lines.length - 1}`)
        for (const line of lines.slice(0, -1)) assert.isTrue(line.startsWith(`#${name}[12] `), line)
        assert.isAbove(lines.length, 1, name)
      }
    })
  )
})

describe("?watchdog and the others", () => {
  it.effect(
    "refuse surplus arguments (P-106, P-109, A-265)",
    Effect.fnUntraced(function* () {
      const names = ["watchdog", "halt", "restart", "version-list", "client-list"]
      assert.deepStrictEqual(yield* ask(...names.map((name) => `?${name}[7] x`), "?watchdog"), [
        ...names.map((name) => `!${name}[7] fail Too\\_many\\_parameters\\_given.`),
        "!watchdog ok"
      ])
    })
  )

  it.effect(
    "have only printable texts (P-014, P-015)",
    Effect.fnUntraced(function* () {
      for (const line of yield* ask("?help", "?help watchdog", "?log-level x", "?nosuch", "?sensor-sampling a"))
        assert.match(line, /^[ -~]*$/)
    })
  )
})

describe("hidden requests (C-127)", () => {
  it.effect(
    "are served, but in no list; help by name describes one",
    Effect.fnUntraced(function* () {
      const Panel = Interface.make("panel").add(
        Request.make("reset-plc", { doc: "Reset the PLC.", hidden: true, timeoutHint: "10 seconds" }),
        Request.raw("peek", { doc: "Look.", hidden: true }),
        Request.make("stow", { doc: "Stow.", timeoutHint: "5 seconds" })
      )
      const live = Panel.toLayer({
        "reset-plc": () => Effect.void,
        peek: () => Effect.succeed(["ok", "x"]),
        stow: () => Effect.void
      })
      const { connect } = yield* start(serve(Panel).pipe(Layer.provide(live)))
      const client = yield* connect
      yield* say(client, "?help", "?request-timeout-hint", "?reset-plc", "?peek", "?help peek")
      const lines = yield* client.settle
      const listed = lines.filter((line) => line.startsWith("#help ")).map(nameOf)
      assert.notInclude(listed.slice(0, -1), "reset-plc")
      assert.notInclude(listed.slice(0, -1), "peek")
      assert.include(listed, "stow")
      // the number is that of the list
      assert.include(lines, `!help ok ${listed.length - 1}`)
      assert.deepStrictEqual(lines.slice(lines.indexOf("#request-timeout-hint stow 5.0")), [
        "#request-timeout-hint stow 5.0",
        "!request-timeout-hint ok 1",
        "!reset-plc ok",
        "!peek ok x",
        "#help peek Look.\\nUsage:\\_?peek\\_[argument\\_...]",
        "!help ok 1"
      ])
      yield* say(client, "?help reset-plc", "?request-timeout-hint reset-plc")
      assert.deepStrictEqual(yield* client.settle, [
        "#help reset-plc Reset\\_the\\_PLC.\\nUsage:\\_?reset-plc",
        "!help ok 1",
        "#request-timeout-hint reset-plc 10.0",
        "!request-timeout-hint ok 1"
      ])
    })
  )
})
