import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as TestClock from "effect/testing/TestClock"
import { Interface } from "katcp"
import { DeviceLog, type LogRecord, logLevels, parseLogLevel, printable, reports, toEffect } from "katcp/Interface"

const severities = ["fatal", "error", "warn", "info", "debug", "trace"] as const
const record = (severity: LogRecord["severity"], message = "x"): LogRecord => ({
  severity,
  timestamp: 0,
  name: "root",
  message
})

describe("levels", () => {
  it("report themselves and all higher levels (P-150, P-151)", () => {
    const reported = logLevels.map((level) => severities.filter((severity) => reports(level, severity)).length)
    assert.deepStrictEqual(reported, [0, 1, 2, 3, 4, 5, 6, 6])
  })

  it("are read by their exact words (P-015, P-152, A-304)", () => {
    for (const level of logLevels) assert.strictEqual(parseLogLevel(level), level)
    for (const text of ["", "WARN", "warning", " warn", "none"]) assert.isUndefined(parseLogLevel(text))
  })

  it("have names in Effect", () => {
    assert.deepStrictEqual(severities.map(toEffect), ["Fatal", "Error", "Warn", "Info", "Debug", "Trace"])
  })
})

describe("DeviceLog", () => {
  it("notifies observers of records at its level, until they unsubscribe (A-301)", () => {
    const log = DeviceLog.make()
    const heard: Array<string> = []
    assert.isFalse(log.reaches("fatal"))
    const off = log.observe(({ message, severity }) => heard.push(`${severity} ${message}`))
    assert.deepStrictEqual(severities.map(log.reaches), [true, true, true, false, false, false])
    log.publish(record("warn", "one"))
    log.publish(record("info", "two"))
    log.level = "info"
    log.publish(record("info", "three"))
    log.level = "off"
    log.publish(record("fatal", "four"))
    assert.deepStrictEqual(heard, ["warn one", "info three"])
    log.level = "all"
    off()
    assert.isFalse(log.reaches("fatal"))
    log.publish(record("fatal", "five"))
    assert.strictEqual(heard.length, 2)
  })

  it("notifies an observer twice if it observes twice", () => {
    const log = DeviceLog.make("all")
    let heard = 0
    const observer = () => {
      heard++
    }
    const off = log.observe(observer)
    log.observe(observer)
    log.publish(record("info"))
    off()
    log.publish(record("info"))
    assert.strictEqual(heard, 3)
  })

  it.effect(
    "captures the log of an effect, with time, name and level; local loggers keep their level (P-156, P-157, Q-19)",
    Effect.fnUntraced(function* () {
      const log = DeviceLog.make("all")
      const sent: Array<LogRecord> = []
      const local: Array<string> = []
      log.observe((record) => sent.push(record))
      const logger = Logger.make<unknown, void>(({ logLevel }) => {
        local.push(logLevel)
      })
      yield* TestClock.setTime(1500)
      yield* Effect.gen(function* () {
        yield* Effect.logTrace("deep")
        yield* Effect.annotateLogs(Effect.logError("bad"), "logger", "drive.az")
        yield* Effect.annotateLogs(Effect.logInfo("unnamed"), "logger", 7)
      }).pipe(
        DeviceLog.capture(log),
        Effect.provideService(References.MinimumLogLevel, "Warn"),
        Effect.provideService(Logger.CurrentLoggers, new Set([logger]))
      )
      assert.deepStrictEqual(sent, [
        { severity: "trace", timestamp: 1.5, name: "root", message: "deep" },
        { severity: "error", timestamp: 1.5, name: "drive.az", message: "bad" },
        { severity: "info", timestamp: 1.5, name: "root", message: "unnamed" }
      ])
      assert.deepStrictEqual(local, ["Error"])
    })
  )

  it.effect(
    "is available to the handlers of a device",
    Effect.fnUntraced(function* () {
      const device = Interface.make("x")
      let level: string | undefined
      const layer = device.toLayer(
        Effect.map(DeviceLog, (log) => {
          level = log.level
          return {}
        })
      )
      yield* Effect.provide(Effect.void, layer)
      assert.strictEqual(level, "warn")
    })
  )
})

describe("printable (P-014)", () => {
  it("keeps text, tabs and line ends", () => {
    const text = "All of it: !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~\t\n\r"
    assert.strictEqual(printable(text, "ascii"), text)
    assert.strictEqual(printable(text, "unicode"), text)
  })

  it("shows control characters by their number", () => {
    for (const charset of ["ascii", "unicode"] as const)
      assert.strictEqual(printable("\0\x07\x1b[0m\x7f\x9b", charset), "\\x00\\x07\\x1b[0m\\x7f\\x9b")
  })

  it("keeps letters of all languages, or escapes them, too", () => {
    assert.strictEqual(printable("20 °C ☃ 😀", "unicode"), "20 °C ☃ 😀")
    assert.strictEqual(printable("20 °C ☃ 😀", "ascii"), "20 \\xb0C \\u{2603} \\u{1f600}")
    assert.strictEqual(printable("half \ud83d", "unicode"), "half \\u{d83d}")
    assert.strictEqual(printable("bad \ufffd", "ascii"), "bad \\u{fffd}")
  })
})
