import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as References from "effect/References"
import * as TestClock from "effect/testing/TestClock"
import { Arg, Interface, Message, Request } from "katcp"
import { logLevels, type Severity, toEffect } from "katcp/Interface"
import { layer as serve } from "katcp/Server"
import { keptLog, say, start, turns } from "./harness.ts"

const severities = ["fatal", "error", "warn", "info", "debug", "trace"] as const satisfies ReadonlyArray<Severity>

class Lab extends Interface.make("lab").add(
  Request.make("write-log", {
    doc: "Log.",
    args: { level: Arg.Discrete(...severities), text: Arg.Text, name: Arg.optional(Arg.Text) }
  })
) {}

const LabLive = Lab.toLayer({
  "write-log": ({ level, name, text }) => {
    const log = Effect.logWithLevel(toEffect(level))(text)
    return name === undefined ? log : Effect.annotateLogs(log, "logger", name)
  }
})
const lab = (options?: Parameters<typeof serve>[1]) => serve(Lab, options).pipe(Layer.provide(LabLive))
const logs = (lines: ReadonlyArray<string>) => lines.filter((line) => line.startsWith("#log"))

describe("?log-level", () => {
  it.effect(
    "returns and sets the level, warn at the start; an unknown one fails and changes nothing (P-152, P-015, A-257)",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(lab())
      const client = yield* connect
      yield* say(client, "?log-level[1]", ...logLevels.map((level) => `?log-level ${level}`))
      assert.deepStrictEqual(yield* client.settle, [
        "!log-level[1] ok warn",
        ...logLevels.map((level) => `!log-level ok ${level}`)
      ])
      yield* say(client, "?log-level loud", "?log-level INFO", "?log-level \\@", "?log-level info info", "?log-level")
      const lines = yield* client.settle
      assert.match(lines[0] ?? "", /^!log-level fail Unknown\\_log\\_level\\_loud:/)
      assert.match(lines[1] ?? "", /^!log-level fail /)
      assert.match(lines[2] ?? "", /^!log-level fail /)
      assert.match(lines[3] ?? "", /^!log-level fail Too\\_many/)
      assert.strictEqual(lines[4], "!log-level ok all")
    })
  )

  it.effect(
    "shows an unknown level in printable letters (P-014)",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(lab())
      const client = yield* connect
      yield* say(client, "?log-level \xc3\xa9\x07")
      assert.match((yield* client.settle)[0] ?? "", /^!log-level fail Unknown\\_log\\_level\\_\\\\xe9\\\\x07:[ -~]*$/)
    })
  )

  it.effect(
    "belongs to the device: set by one client, visible to all, and kept when they have disconnected (P-153)",
    Effect.fnUntraced(function* () {
      const { connect, server } = yield* start(lab({ logLevel: "error" }))
      const first = yield* connect
      yield* say(first, "?log-level", "?log-level debug")
      assert.deepStrictEqual(yield* first.settle, ["!log-level ok error", "!log-level ok debug"])
      yield* first.close
      yield* turns
      assert.strictEqual(server.clients.size, 0)
      const second = yield* connect
      yield* say(second, "?log-level")
      assert.deepStrictEqual(yield* second.settle, ["!log-level ok debug"])
      yield* say(second, "?write-log debug again")
      assert.deepStrictEqual(logs(yield* second.settle), ["#log debug 0.0 root again"])
    })
  )

  it.effect(
    "can be refused, but a query cannot",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(lab({ refuse: ["log-level"] }))
      const client = yield* connect
      yield* say(client, "?log-level debug", "?log-level")
      const [set, get] = yield* client.settle
      assert.match(set ?? "", /^!log-level fail /)
      assert.strictEqual(get, "!log-level ok warn")
    })
  )
})

describe("#log", () => {
  it.effect(
    "at each level has the records of this level and above (P-150, P-151, A-303)",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(lab())
      const client = yield* connect
      for (const [rank, level] of logLevels.entries()) {
        yield* say(client, `?log-level ${level}`, ...severities.map((severity) => `?write-log ${severity} x`))
        const shown = logs(yield* client.settle).map((line) => line.split(" ")[1])
        assert.deepStrictEqual(shown, severities.slice(0, level === "all" ? 6 : rank), level)
      }
    })
  )

  it.effect(
    "has four arguments, goes to all clients, before the reply (P-154, P-155, P-273, P-331, A-302)",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(lab())
      const first = yield* connect
      const second = yield* connect
      yield* first.settle
      yield* TestClock.setTime(1795203535045)
      yield* say(first, "?write-log[4] error not\\_good")
      assert.deepStrictEqual(yield* first.settle, ["#log error 1795203535.045 root not\\_good", "!write-log[4] ok"])
      assert.deepStrictEqual(yield* second.settle, ["#log error 1795203535.045 root not\\_good"])
    })
  )

  it.effect(
    "has the name in the annotation `logger` (P-156)",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(lab())
      const client = yield* connect
      yield* say(client, "?write-log error x drive.azimuth", "?write-log error x \\@")
      assert.deepStrictEqual(logs(yield* client.settle), ["#log error 0.0 drive.azimuth x", "#log error 0.0 root x"])
    })
  )

  it.effect(
    "has its time in milliseconds at version 4 (P-154, P-311)",
    Effect.fnUntraced(function* () {
      const { dial } = yield* start(lab({ protocol: Message.Protocol.make(4, 0, "M") }))
      const client = yield* dial()
      yield* client.settle
      yield* TestClock.setTime(1795203535045)
      yield* say(client, "?write-log error x")
      assert.deepStrictEqual(logs(yield* client.settle), ["#log error 1795203535045 root x"])
    })
  )

  it.effect(
    "shows debug after ?log-level debug; local loggers keep their own level (P-157, Q-19, A-305)",
    Effect.fnUntraced(function* () {
      const log = keptLog()
      const { connect } = yield* start(Layer.provide(lab({ audit: false }), log.layer))
      const client = yield* connect
      yield* say(
        client,
        "?write-log debug quiet",
        "?log-level trace",
        "?write-log debug shown",
        "?write-log trace deep"
      )
      assert.deepStrictEqual(logs(yield* client.settle), ["#log debug 0.0 root shown", "#log trace 0.0 root deep"])
      yield* say(client, "?log-level off", "?write-log info local", "?write-log fatal local")
      assert.deepStrictEqual(logs(yield* client.settle), [])
      assert.deepStrictEqual(log.records, [
        { level: "Info", text: "local" },
        { level: "Fatal", text: "local" }
      ])
    })
  )

  it.effect(
    "gives a local logger more if it wants more",
    Effect.fnUntraced(function* () {
      const log = keptLog()
      const quiet = Layer.provide(lab({ audit: false }), [
        log.layer,
        Layer.succeed(References.MinimumLogLevel, "Trace")
      ])
      const { connect } = yield* start(quiet)
      const client = yield* connect
      yield* say(client, "?write-log trace deep")
      assert.deepStrictEqual(logs(yield* client.settle), [])
      assert.deepStrictEqual(log.records, [{ level: "Trace", text: "deep" }])
    })
  )

  it.effect(
    "includes the records of the device's own fibers (P-157)",
    Effect.fnUntraced(function* () {
      const Busy = Interface.make("busy")
      const live = Busy.toLayer(
        Effect.as(
          Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep("1 second"), Effect.logWarning("tick")))),
          {}
        )
      )
      const { connect } = yield* start(serve(Busy).pipe(Layer.provide(live)))
      const client = yield* connect
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* client.settle, ["#log warn 1.0 root tick", "#log warn 2.0 root tick"])
    })
  )

  it.effect(
    "excludes the library's own records at every level (P-159, B-124)",
    Effect.fnUntraced(function* () {
      const log = keptLog()
      const verbose = Layer.provide(lab({ maxBacklog: 5000 }), [
        log.layer,
        Layer.succeed(References.MinimumLogLevel, "All")
      ])
      const { connect, dial, server } = yield* start(verbose, { limit: 1000 })
      const client = yield* connect
      yield* say(client, "?log-level all")
      const slow = yield* dial({ paused: true })
      const lost = yield* connect
      const cut = yield* connect
      yield* client.settle
      yield* lost.reset
      yield* cut.send("?unfinished")
      yield* cut.closeWrite
      for (let n = 0; n < 10; n++) server.broadcast("weather", ["x".repeat(1000)])
      yield* turns
      yield* slow.resume
      assert.deepStrictEqual(logs(yield* client.settle), [])
      assert.isAtLeast(log.records.length, 3)
    })
  )

  it.effect(
    "causes no loop when a client is dropped for its backlog of #log (P-159)",
    Effect.fnUntraced(function* () {
      const { connect, dial, server } = yield* start(lab({ maxBacklog: 5000 }), { limit: 1000 })
      const client = yield* connect
      yield* say(client, "?log-level all")
      yield* dial({ paused: true })
      yield* client.settle
      const text = "x".repeat(900)
      for (let n = 0; n < 20; n++) {
        yield* say(client, `?write-log info ${text}`)
        assert.strictEqual(logs(yield* client.settle).length, 1)
      }
      assert.strictEqual(server.clients.size, 1)
    })
  )

  it.effect(
    "is dropped without clients, and does no harm",
    Effect.fnUntraced(function* () {
      const { connect, server } = yield* start(lab())
      server.log.publish({ severity: "error", timestamp: 1, name: "root", message: "unheard" })
      const client = yield* connect
      server.log.publish({ severity: "error", timestamp: 2.5, name: "a.b", message: "heard\nby all" })
      server.log.publish({ severity: "debug", timestamp: 3, name: "root", message: "below the level" })
      assert.deepStrictEqual(yield* client.settle, ["#log error 2.5 a.b heard\\nby\\_all"])
    })
  )
})
