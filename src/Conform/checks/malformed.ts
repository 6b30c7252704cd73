import * as Effect from "effect/Effect"
import type { Check } from "../Check.ts"
import type { Device } from "../Device.ts"
import { isHumanReadable, isInUnit, isTimestamp } from "../formats.ts"
import { deviates, each, holds, isComplaint, ok } from "../judge.ts"
import { type Line, visible } from "../Line.ts"
import { Inapplicable } from "../Verdict.ts"

/** Levels at which a device may omit its complaints. */
const silent = ["off", "fatal"]

/** Sends malformed lines, and returns the lines received. */
const sent = Effect.fnUntraced(function* (device: Device, text: string, replies = 0) {
  if (device.logLevel !== undefined && silent.includes(device.logLevel))
    return yield* new Inapplicable({ reason: `the log level is ${device.logLevel}, which may hide complaints` })
  const client = yield* device.connect
  return yield* client.exchange(text, replies)
})

/** Expects a malformed line to be answered with `#log error` and not carried out. Some replies are accepted instead. */
export const complainedOf = Effect.fnUntraced(function* (
  device: Device,
  line: string,
  mayReply: (reply: Line) => boolean = () => false
) {
  const lines = yield* sent(device, `${line}\n`)
  const expected = `#log error, for ${visible(line)}`
  const replies = lines.filter((line) => line.kind === "reply")
  yield* each(replies, mayReply, expected)
  yield* holds(lines.some(isComplaint) || replies.length > 0, expected, lines)
})

const bad = (id: string, title: string, line: string, rows: string): Check => ({
  id,
  title: `${title} is answered with #log error, and the connection continues`,
  clause: "Rev 5.1 §2, §2.1",
  rows: `P-010, ${rows}`,
  run: (device) => complainedOf(device, line)
})

export const checks: ReadonlyArray<Check> = [
  bad("bad-001", "A blank before the kind", " ?watchdog", "P-020"),
  bad("bad-002", "A line without a kind", "watchdog", "P-020"),
  bad("bad-003", "A kind alone", "?", "P-021"),
  bad("bad-004", "A blank after the kind", "? watchdog", "P-020"),
  bad("bad-005", "A name that begins with a digit", "?1watchdog", "P-021"),
  bad("bad-006", "A name that begins with a dash", "?-watchdog", "P-021"),
  bad("bad-007", "An underscore in a name", "?watch_dog", "P-021"),
  bad("bad-008", "A dot in a name", "?watch.dog", "P-021"),
  bad("bad-009", "An escape in a name", "?watch\\@dog", "P-021"),
  bad("bad-010", "A name with a byte that is not ASCII", "?watchd\xf6g", "P-021"),
  bad("bad-011", "An unknown escape", "?help \\z", "P-029"),
  bad("bad-012", "An escape in upper case", "?help \\N", "P-029"),
  bad("bad-013", "A backslash at the end of a line", "?help watchdog\\", "P-029"),
  bad("bad-014", "A backslash before a blank", "?help \\ watchdog", "P-029"),
  bad("bad-015", "A raw NUL in an argument", "?help watch\0dog", "P-030"),
  bad("bad-016", "A raw ESC in an argument", "?help watch\x1bdog", "P-030"),
  bad("bad-017", "A line with two kinds", "??watchdog", "P-020"),
  {
    id: "bad-018",
    title: "#log error has a level, a time, a logger and a text for people",
    clause: "Rev 5.1 §2, §6.3",
    rows: "P-010, P-014, P-154, P-155",
    run: Effect.fnUntraced(function* (device) {
      const lines = yield* sent(device, "?1watchdog\n")
      const line = lines.find(isComplaint)
      if (line === undefined) return yield* deviates("#log error", lines)
      const [, time = "", name = "", text = ""] = line.args
      yield* holds(line.args.length === 4, "#log error TIME NAME TEXT", line)
      yield* holds(
        isTimestamp(time) && isInUnit(time, device.protocol.major),
        "a time in the unit of the version",
        line
      )
      yield* holds(name !== "" && text !== "" && isHumanReadable(text), "a logger and a text of printable ASCII", line)
    })
  },
  {
    id: "bad-019",
    title: "A good line after a bad one in the same write is carried out",
    clause: "Rev 5.1 §2.1",
    rows: "P-032",
    run: Effect.fnUntraced(function* (device) {
      const lines = yield* sent(device, "?1watchdog\n?help watchdog\n?watch\\zdog \\\n?help watchdog\n", 2)
      const replies = lines.filter((line) => line.kind === "reply")
      yield* holds(
        replies.length === 2 && replies.every((line) => line.name === "help" && line.isOk),
        "!help ok 1, twice",
        replies
      )
    })
  },
  {
    id: "bad-020",
    title: "Each malformed line is answered with #log error",
    clause: "Rev 5.1 §2",
    rows: "P-010, P-032",
    run: Effect.fnUntraced(function* (device) {
      const lines = (yield* sent(device, "?1\n?2\n?3\n")).filter(isComplaint)
      yield* holds(lines.length >= 3, "#log error, three times", lines)
    })
  },
  {
    id: "bad-021",
    title: "No byte makes the device close a connection",
    clause: "Rev 5.1 §2",
    rows: "P-010, P-016",
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      const every = Array.from({ length: 256 }, (_, byte) => `${String.fromCharCode(byte)}\n`).join("")
      const lines = yield* client.exchange(every)
      yield* each(lines, (line) => line.kind !== "reply", "no reply to single bytes")
    })
  },
  {
    id: "bad-022",
    title: "Lines of another protocol are not carried out, and other clients are served",
    clause: "Rev 5.1 §2",
    rows: "P-010, P-016",
    note: "A device may close such a connection",
    run: Effect.fnUntraced(function* (device) {
      const foreigners = [
        "GET / HTTP/1.1\r\nHost: device\r\n\r\n",
        "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\n",
        "SSH-2.0-client\r\n",
        '{"request": "watchdog"}\n'
      ]
      for (const foreign of foreigners) {
        const client = yield* device.connect
        const lines = yield* client
          .exchange(foreign)
          .pipe(Effect.catch((deviation) => (client.over ? Effect.succeed(client.inbox) : Effect.fail(deviation))))
        yield* each(lines, (line) => line.kind !== "reply", "no reply to another protocol")
        const other = yield* device.connect
        yield* ok(yield* other.ask("?watchdog"))
      }
    })
  }
]
