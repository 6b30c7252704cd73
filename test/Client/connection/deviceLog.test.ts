/** Log records of a device (`#log`), in the loggers of the client's program (Rev 5.1 §6). */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import type * as LogLevel from "effect/LogLevel"
import * as References from "effect/References"
import { TestClock } from "effect/testing"
import type { Client } from "katcp"
import { ParsedMessage } from "../../../src/Codec/index.ts"
import { hello4 } from "../connect.ts"
import { connected } from "../dialling.ts"

interface Line {
  readonly level: string
  readonly text: string
  readonly annotations: Readonly<Record<string, unknown>>
}

/** Lines of a device, and their log records. */
const logs = Effect.fnUntraced(function* (
  says: string,
  options?: { readonly client?: Client.Options; readonly minimum?: LogLevel.LogLevel }
) {
  const lines: Array<Line> = []
  const logger = Logger.make<unknown, void>(({ fiber, logLevel, message }) => {
    lines.push({
      level: logLevel,
      text: (Array.isArray(message) ? message : [message]).join(" "),
      annotations: { ...fiber.getRef(References.CurrentLogAnnotations) }
    })
  })
  yield* Effect.gen(function* () {
    const { device } = yield* connected(options?.client)
    yield* device.send(says)
    yield* device.settle
  }).pipe(
    Effect.annotateLogs("program", "control"),
    Effect.provide(Logger.layer([logger])),
    Effect.provideService(References.MinimumLogLevel, options?.minimum ?? "All")
  )
  return lines
})

describe("the log of a device", () => {
  it.effect(
    "has its level, its text, and as annotations the names of device and logger, and its time (A-306, P-336)",
    Effect.fnUntraced(function* () {
      const lines = yield* logs(
        [
          ...["trace", "debug", "info", "warn", "error", "fatal"].map(
            (level) => `#log ${level} 1234.5 a.b it\\_happened\n`
          ),
          "#log info 7 root \\@\n"
        ].join(""),
        { client: { host: "dish:7147" } }
      )
      assert.deepStrictEqual(
        lines.map(({ level, text }) => `${level}: ${text}`),
        [...["Trace", "Debug", "Info", "Warn", "Error", "Fatal"].map((level) => `${level}: it happened`), "Info: "]
      )
      assert.deepStrictEqual(lines[0]?.annotations, {
        program: "control",
        host: "dish:7147",
        logger: "a.b",
        timestamp: "1234.5"
      })
    })
  )

  it.effect(
    "keeps a malformed record: an unknown level becomes a warning, and missing parts are left out",
    Effect.fnUntraced(function* () {
      const lines = yield* logs(
        "#log loud 1 root a\n#log off 1 root b\n#log all 1 root c\n#log INFO 1 root d\n#log info\n#log\n#log info 1 root e f\n"
      )
      assert.deepStrictEqual(
        lines.map(({ annotations, level, text }) => `${level} ${annotations.logger}: ${text}`),
        [
          "Warn root: a",
          "Warn root: b",
          "Warn root: c",
          "Warn root: d",
          "Info root: #log info",
          "Warn root: #log",
          "Info root: e"
        ]
      )
    })
  )

  it.effect(
    "is logged at levels with a logger, and no text is built for others (trap: logging costs more)",
    Effect.fnUntraced(function* () {
      const asked: Array<number> = []
      const { text } = ParsedMessage.prototype
      ParsedMessage.prototype.text = function (at) {
        if (this.name === "log") asked.push(at)
        return text.call(this, at)
      }
      try {
        const says = `${"#log info 1 root wide\n".repeat(100)}#log error 2 root narrow\n`
        const lines = yield* logs(says, { minimum: "Error" })
        assert.deepStrictEqual(
          lines.map((line) => line.text),
          ["narrow"]
        )
        assert.strictEqual(asked.filter((at) => at === 0).length, 101)
        assert.deepStrictEqual(
          asked.filter((at) => at !== 0).toSorted((one, other) => one - other),
          [1, 2, 3]
        )
      } finally {
        ParsedMessage.prototype.text = text
      }
    })
  )

  it.effect(
    "is left to the informs of the client if configured",
    Effect.fnUntraced(function* () {
      assert.deepStrictEqual(yield* logs("#log error 1 root a\n", { client: { deviceLog: false } }), [])
      const seen: Array<string> = []
      const onInform = { log: (message: ParsedMessage) => void seen.push(String(message)) }
      const lines = yield* logs("#log error 1 root a\n", { client: { onInform } })
      assert.deepStrictEqual([lines.length, seen], [1, ["#log error 1 root a"]])
    })
  )

  it.effect(
    "comes from every connection, even from before the negotiation",
    Effect.fnUntraced(function* () {
      const lines: Array<string> = []
      const logger = Logger.make<unknown, void>(({ message }) => void lines.push(String(message)))
      yield* Effect.gen(function* () {
        const { client, device, dialling } = yield* connected()
        dialling.says = `#log warn 1 root first\n${hello4}#log warn 2 root second\n`
        yield* device.send("#log warn 3 root zero\n")
        yield* device.settle
        yield* device.close
        yield* TestClock.adjust("1 second")
        yield* client.awaitConnected
        assert.strictEqual(client.protocol.major, 4)
      }).pipe(Effect.provide(Logger.layer([logger])))
      assert.deepStrictEqual(
        lines.filter((line) => !line.includes("again")),
        ["zero", "first", "second"]
      )
    })
  )
})
