import * as Effect from "effect/Effect"
import type { Check } from "../Check.ts"
import type { Connection } from "../Connection.ts"
import { atEnd, type Device, done } from "../Device.ts"
import { isHumanReadable, isInUnit, isTimestamp, logLevels } from "../formats.ts"
import { failed, holds, ok, refused } from "../judge.ts"
import { Inapplicable } from "../Verdict.ts"

const write = { requests: ["write-log"] }
const severities = logLevels.slice(1, -1)

/** Connects a client that may change the log level, which is reset when the check ends. */
const changing = Effect.fnUntraced(function* (device: Device) {
  if (device.logLevel !== undefined) yield* atEnd(device, `?log-level ${device.logLevel}`)
  return yield* device.connect
})

/** Sets a level, for a check with another subject. */
const setLevel = Effect.fnUntraced(function* (client: Connection, level: string) {
  const { reply } = yield* client.ask(`?log-level ${level}`)
  if (!reply.isOk) return yield* new Inapplicable({ reason: `the device does not take the level ${level}: ${reply}` })
})

/** Returns the severities that the device can log at: those it knows as a level. */
const known = Effect.fnUntraced(function* (client: Connection) {
  const able: Array<string> = []
  for (const severity of severities) if ((yield* client.ask(`?log-level ${severity}`)).reply.isOk) able.push(severity)
  return able
})

/** Makes the device log at each of these levels, and returns the reported ones. */
const reported = Effect.fnUntraced(function* (client: Connection, able: ReadonlyArray<string>, text: string) {
  for (const severity of able) yield* done(client, `?write-log ${severity} ${text}-${severity}`)
  const logs = (yield* client.exchange("")).filter((line) => line.isInform("log") && line.args[3]?.includes(text))
  return { lines: logs, found: able.filter((severity) => logs.some(({ args }) => args[3]!.endsWith(severity))) }
})

/** Expects a level to report exactly those severities. */
const reports = (id: string, title: string, level: string, rows: string): Check => ({
  id,
  title,
  clause: "Rev 5.1 §6.1, §6.2",
  rows,
  needs: write,
  alone: true,
  run: Effect.fnUntraced(function* (device) {
    const client = yield* changing(device)
    const able = yield* known(client)
    yield* setLevel(client, level)
    const { found, lines } = yield* reported(client, able, id)
    const wanted = able.filter((severity) => logLevels.indexOf(severity as "all") >= logLevels.indexOf(level as "all"))
    yield* holds(found.join() === wanted.join(), `#log of ${wanted.join(", ") || "no level"}`, lines)
  })
})

const settable = (id: string, level: string): Check => ({
  id,
  title: `?log-level ${level} sets this level and returns it`,
  clause: "Rev 5.1 §6.2",
  rows: "P-150, P-152",
  alone: true,
  run: Effect.fnUntraced(function* (device) {
    const client = yield* changing(device)
    yield* ok(yield* client.ask(`?log-level ${level}`), level)
    yield* ok(yield* client.ask("?log-level"), level)
  })
})

export const checks: ReadonlyArray<Check> = [
  {
    id: "log-001",
    title: "?log-level returns the level",
    clause: "Rev 5.1 §6.2",
    rows: "P-152",
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      const { reply } = yield* client.ask("?log-level")
      yield* holds(
        reply.isOk && reply.args.length === 2 && logLevels.some((level) => level === reply.args[1]),
        `!log-level ok and one of ${logLevels.join(" ")}`,
        reply
      )
    })
  },
  settable("log-002", "off"),
  settable("log-003", "fatal"),
  settable("log-004", "error"),
  settable("log-005", "warn"),
  settable("log-006", "info"),
  settable("log-007", "debug"),
  settable("log-008", "trace"),
  settable("log-009", "all"),
  {
    id: "log-010",
    title: "An unknown level fails, with a text",
    clause: "Rev 5.1 §6.2",
    rows: "P-152",
    alone: true,
    run: Effect.fnUntraced(function* (device) {
      const client = yield* changing(device)
      yield* failed(yield* client.ask("?log-level no-such-level"))
    })
  },
  {
    id: "log-011",
    title: "A level that is refused is not set",
    clause: "Rev 5.1 §6.2",
    rows: "P-152",
    alone: true,
    run: Effect.fnUntraced(function* (device) {
      const client = yield* changing(device)
      for (const level of ["no-such-level", ...logLevels]) {
        yield* setLevel(client, "error")
        const { reply } = yield* client.ask(`?log-level ${level}`)
        if (!reply.isOk) yield* ok(yield* client.ask("?log-level"), "error")
      }
    })
  },
  {
    id: "log-012",
    title: "Levels are returned in lower case, even if they were sent in upper case",
    clause: "Rev 5.1 §2.1, §6.2",
    rows: "P-015, P-152",
    note: "A level in upper case may be refused or accepted",
    alone: true,
    run: Effect.fnUntraced(function* (device) {
      const client = yield* changing(device)
      const answer = yield* client.ask("?log-level INFO")
      if (answer.reply.isOk) yield* ok(answer, "info")
      else yield* refused(answer)
    })
  },
  {
    id: "log-013",
    title: "All clients share one level",
    clause: "Rev 5.1 §6",
    rows: "P-153",
    needs: { several: true },
    alone: true,
    run: Effect.fnUntraced(function* (device) {
      const client = yield* changing(device)
      const other = yield* device.connect
      for (const level of ["error", "info"]) {
        yield* setLevel(client, level)
        yield* ok(yield* other.ask("?log-level"), level)
      }
    })
  },
  {
    id: "log-014",
    title: "The level stays when clients disconnect and connect",
    clause: "Rev 5.1 §6",
    rows: "P-153",
    alone: true,
    run: Effect.fnUntraced(function* (device) {
      yield* changing(device)
      for (const level of ["error", "info"]) {
        yield* Effect.scoped(Effect.flatMap(device.connect, (client) => setLevel(client, level)))
        const again = yield* device.connect
        yield* ok(yield* again.ask("?log-level"), level)
      }
    })
  },
  reports("log-015", "Level off reports nothing", "off", "P-150, P-151"),
  reports("log-016", "Level fatal reports fatal", "fatal", "P-150"),
  reports("log-017", "Level error reports error and fatal", "error", "P-150"),
  reports("log-018", "Level warn reports warn, error and fatal", "warn", "P-150"),
  reports("log-019", "Level info reports info and all above", "info", "P-150"),
  reports("log-020", "Level debug reports debug and all above", "debug", "P-150"),
  reports("log-021", "Level trace reports trace and all above", "trace", "P-150"),
  reports("log-022", "Level all reports everything", "all", "P-150, P-151"),
  {
    id: "log-023",
    title: "#log has the level, the time, a logger and the text",
    clause: "Rev 5.1 §6.3",
    rows: "P-151, P-154, P-155, P-156, P-311",
    needs: write,
    alone: true,
    run: Effect.fnUntraced(function* (device) {
      const client = yield* changing(device)
      yield* setLevel(client, "warn")
      yield* client.ask("?write-log warn log-023\\_text")
      const line = yield* client.take("#log with log-023 text", (line) => line.raw.includes("log-023"))
      const [level, time = "", name = "", text = ""] = line.args
      yield* holds(line.args.length === 4 && level === "warn", "#log warn TIME NAME TEXT", line)
      yield* holds(
        isTimestamp(time) && isInUnit(time, device.protocol.major),
        "a time in the unit of the version",
        line
      )
      yield* holds(/^[^.\s]+(\.[^.\s]+)*$/.test(name), "a logger in dotted notation", line)
      yield* holds(text.includes("log-023 text") && isHumanReadable(text), "the text that was logged", line)
    })
  },
  {
    id: "log-024",
    title: "#log goes to all clients",
    clause: "Rev 5.1 §8",
    rows: "P-154, P-273",
    needs: { ...write, several: true },
    alone: true,
    run: Effect.fnUntraced(function* (device) {
      const client = yield* changing(device)
      const other = yield* device.connect
      yield* setLevel(client, "warn")
      yield* client.ask("?write-log error log-024")
      for (const each of [client, other])
        yield* each.take("#log with log-024", (line) => line.isInform("log") && line.raw.includes("log-024"))
    })
  }
]
