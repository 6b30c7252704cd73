import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Arg, Interface, Request, Server } from "katcp"
import { logLevels, toEffect } from "katcp/Interface"
import { keptLog, say, start, timeless, turns } from "./harness.ts"

const severities = ["fatal", "error", "warn", "info", "debug", "trace"] as const

class Lab extends Interface.make("lab").add(
  Request.make("note", { doc: "Log.", args: { level: Arg.Discrete(...severities) } })
) {}

let made = 0
const LabLive = Lab.toLayer({
  // the text is made only where somebody wants it
  note: ({ level }) => Effect.logWithLevel(toEffect(level))({ toJSON: () => `${level}${made++}` })
})
const lab = (options?: Server.Options) =>
  Server.layer(Lab, { clientLogLevels: true, ...options }).pipe(Layer.provide(LabLive), Layer.provide(keptLog().layer))
const levels = (lines: ReadonlyArray<string>) =>
  lines.filter((line) => line.startsWith("#log")).map((line) => line.split(" ")[1])

describe("the log levels of single clients (C-124)", () => {
  it.effect(
    "are off by default: the device has one level (P-153)",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(lab({ clientLogLevels: false }))
      const client = yield* connect
      const all = ["log-limit", "log-local", "log-default", "log-override", "log-record"]
      yield* say(client, ...all.map((name) => `?${name} debug`), "?help log-limit")
      const lines = yield* client.settle
      for (const [at, name] of all.entries()) assert.match(lines[at] ?? "", new RegExp(`^!${name} invalid Unknown`))
      assert.match(lines.at(-1) ?? "", /^!help fail Unknown/)
    })
  )

  it.effect(
    "?log-limit sets the level of one client, above or below that of the device, which applies to all others",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(lab())
      const all = yield* connect
      const few = yield* connect
      const usual = yield* connect
      yield* say(all, "?log-limit", "?log-limit all", "?log-limit")
      assert.deepStrictEqual((yield* all.settle).slice(-3), [
        "!log-limit ok warn",
        "!log-limit ok all",
        "!log-limit ok all"
      ])
      yield* say(few, "?log-limit[1] fatal")
      assert.strictEqual((yield* few.settle).at(-1), "!log-limit[1] ok fatal")
      yield* usual.settle
      yield* say(usual, ...severities.map((level) => `?note ${level}`), "?log-level")
      const lines = yield* usual.settle
      assert.strictEqual(lines.at(-1), "!log-level ok warn")
      assert.deepStrictEqual(levels(lines), ["fatal", "error", "warn"])
      assert.deepStrictEqual(levels(yield* all.settle), [...severities])
      assert.deepStrictEqual(levels(yield* few.settle), ["fatal"])
      // the device's level is for those without one
      yield* say(few, "?log-level info", "?log-limit", "?note info")
      assert.deepStrictEqual(yield* few.settle, ["!log-level ok info", "!log-limit ok fatal", "!note ok"])
      assert.deepStrictEqual(levels(yield* usual.settle), ["info"])
    })
  )

  it.effect(
    "each level reports itself and all higher ones (P-150)",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(lab({ logLevel: "off" }))
      const client = yield* connect
      for (const [rank, level] of logLevels.entries()) {
        yield* say(client, `?log-limit ${level}`, ...severities.map((severity) => `?note ${severity}`))
        assert.deepStrictEqual(levels(yield* client.settle), severities.slice(0, level === "all" ? 6 : rank), level)
      }
    })
  )

  it.effect(
    "the word device restores the device's level; an unknown level fails and changes nothing",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(lab())
      const client = yield* connect
      yield* say(client, "?log-limit debug", "?log-limit loud", "?log-limit DEBUG", "?log-limit")
      const lines = yield* client.settle
      assert.match(lines[1] ?? "", /^!log-limit fail Unknown\\_log\\_level\\_loud:/)
      assert.match(lines[2] ?? "", /^!log-limit fail /)
      assert.strictEqual(lines[3], "!log-limit ok debug")
      yield* say(client, "?log-limit device", "?log-level error", "?log-limit", "?note debug", "?note error")
      assert.deepStrictEqual((yield* client.settle).slice(0, 3), [
        "!log-limit ok warn",
        "!log-level ok error",
        "!log-limit ok error"
      ])
      assert.deepStrictEqual(levels(yield* client.lines), ["error"])
    })
  )

  it.effect(
    "?log-default sets the level of future clients, until they set their own",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(lab())
      const before = yield* connect
      yield* say(before, "?log-default", "?log-default loud", "?log-default debug", "?log-default", "?log-limit")
      const lines = yield* before.settle
      assert.strictEqual(lines[0], "!log-default ok warn")
      assert.match(lines[1] ?? "", /^!log-default fail /)
      assert.deepStrictEqual(lines.slice(2), ["!log-default ok debug", "!log-default ok debug", "!log-limit ok warn"])
      const after = yield* connect
      yield* say(after, "?log-limit", "?note debug")
      assert.deepStrictEqual((yield* after.settle)[0], "!log-limit ok debug")
      assert.deepStrictEqual(levels(yield* after.lines), ["debug"])
      yield* say(after, "?log-limit error", "?note debug", "?log-default device", "?log-default")
      assert.strictEqual((yield* after.settle).at(-1), "!log-default ok warn")
      assert.deepStrictEqual(levels(yield* after.lines), ["debug"])
      const last = yield* connect
      yield* say(last, "?log-limit")
      assert.deepStrictEqual(yield* last.settle, ["!log-limit ok warn"])
    })
  )

  it.effect(
    "?log-local is another name of ?log-limit",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(lab())
      const client = yield* connect
      yield* say(client, "?log-local debug", "?log-limit", "?log-limit error", "?log-local[1]", "?log-local loud")
      const lines = yield* client.settle
      assert.deepStrictEqual(lines.slice(0, 4), [
        "!log-local ok debug",
        "!log-limit ok debug",
        "!log-limit ok error",
        "!log-local[1] ok error"
      ])
      assert.match(lines[4] ?? "", /^!log-local fail Unknown\\_log\\_level\\_loud/)
    })
  )

  it.effect(
    "?log-override sets the level of a client, of all connected ones, or of future ones",
    Effect.fnUntraced(function* () {
      const { connect, server } = yield* start(lab())
      const one = yield* connect
      const other = yield* connect
      yield* one.settle
      const [, address] = [...server.clients].map((client) => client.address)
      yield* say(one, "?log-override", "?log-override debug", "?log-limit", `?log-override fatal client ${address}`)
      assert.deepStrictEqual(yield* one.settle, [
        "!log-override ok warn",
        "!log-override ok debug",
        "!log-limit ok debug",
        "!log-override ok fatal"
      ])
      yield* say(other, "?log-limit")
      assert.deepStrictEqual(yield* other.settle, ["!log-limit ok fatal"])
      yield* say(one, "?log-override trace group", "?log-override error default", "?log-default")
      assert.deepStrictEqual(yield* one.settle, [
        "!log-override ok trace",
        "!log-override ok error",
        "!log-default ok error"
      ])
      yield* say(other, "?log-limit", "?note trace")
      assert.strictEqual((yield* other.settle)[0], "!log-limit ok trace")
      assert.deepStrictEqual(levels(yield* one.settle), ["trace"])
      const late = yield* connect
      yield* say(late, "?log-limit")
      assert.deepStrictEqual(yield* late.settle, ["!log-limit ok error"])
      yield* say(one, "?log-override device group", "?log-override device default", "?log-limit")
      assert.strictEqual((yield* one.settle).at(-1), "!log-limit ok warn")
    })
  )

  it.effect(
    "?log-override refuses invalid arguments, and then changes nothing",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(lab())
      const client = yield* connect
      yield* say(
        client,
        "?log-override loud",
        "?log-override debug everybody",
        "?log-override debug client 1.2.3.4:5",
        "?log-override debug group mine",
        "?log-override debug default mine",
        "?log-override debug client a b",
        "?log-limit",
        "?log-default"
      )
      const lines = yield* client.settle
      for (const [at, reason] of [
        /Unknown\\_log\\_level\\_loud/,
        /parameter\\_2\\_\(of\):\\_expected\\_one\\_of\\_client,/,
        /Unknown\\_client\\_1\.2\.3\.4:5/,
        /one\\_group/,
        /one\\_default/,
        /Too\\_many/
      ].entries()) {
        assert.match(lines[at] ?? "", /^!log-override fail /)
        assert.match(lines[at] ?? "", reason)
      }
      assert.deepStrictEqual(lines.slice(6), ["!log-limit ok warn", "!log-default ok warn"])
    })
  )

  it.effect(
    "?log-record sends a record to all clients at its level, and to the local log",
    Effect.fnUntraced(function* () {
      const kept = keptLog()
      const { connect } = yield* start(
        Server.layer(Lab, { clientLogLevels: true }).pipe(Layer.provide(LabLive), Layer.provide(kept.layer))
      )
      const client = yield* connect
      const quiet = yield* connect
      yield* client.settle
      yield* say(client, "?log-limit info")
      yield* say(quiet, "?log-limit error")
      yield* client.settle
      yield* quiet.settle
      yield* say(client, "?log-record by\\_the\\_way", "?log-record[2] error it\\_\xff\\_burns", "?log-record debug no")
      assert.deepStrictEqual((yield* client.settle).map(timeless), [
        "#log info TIME client by\\_the\\_way",
        "!log-record ok",
        "#log error TIME client it\\_\\\\xff\\_burns",
        "!log-record[2] ok",
        "!log-record ok"
      ])
      assert.deepStrictEqual(levels(yield* quiet.settle), ["error"])
      const noted = kept.records.filter(({ text }) => !text.startsWith("?"))
      assert.deepStrictEqual(noted.map(({ level, text }) => [level, text]).slice(0, 2), [
        ["Info", "by the way"],
        ["Error", "it \\xff burns"]
      ])
      yield* say(client, "?log-record", "?log-record all x", "?log-record loud x", "?log-record info x y")
      const lines = yield* client.settle
      for (const line of lines) assert.match(line, /^!log-record fail /)
      assert.strictEqual(lines.length, 4)
    })
  )

  it.effect(
    "end with their client: no record is made for a level without clients",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(lab())
      const usual = yield* connect
      const verbose = yield* connect
      yield* say(verbose, "?log-limit trace")
      yield* verbose.settle
      made = 0
      yield* say(usual, "?note trace")
      yield* usual.settle
      assert.isAbove(made, 0)
      yield* verbose.close
      yield* turns
      made = 0
      yield* say(usual, "?note trace", "?note error")
      yield* usual.settle
      assert.isAbove(made, 0)
      made = 0
      yield* say(usual, "?note trace")
      yield* usual.settle
      assert.strictEqual(made, 0)
    })
  )

  it.effect(
    "let clients set their own level, even if they may not set the device's",
    Effect.fnUntraced(function* () {
      const { connect } = yield* start(lab({ refuse: ["log-level"] }))
      const client = yield* connect
      yield* say(client, "?log-override debug group", "?log-override debug default", "?log-override debug")
      const overrides = yield* client.settle
      assert.match(overrides[0] ?? "", /^!log-override fail This\\_device/)
      assert.match(overrides[1] ?? "", /^!log-override fail This\\_device/)
      assert.strictEqual(overrides[2], "!log-override ok debug")
      yield* say(client, "?log-default debug", "?log-limit debug", "?log-default")
      const lines = yield* client.settle
      assert.match(lines[0] ?? "", /^!log-default fail This\\_device/)
      assert.deepStrictEqual(lines.slice(1), ["!log-limit ok debug", "!log-default ok warn"])
    })
  )
})
