import * as Effect from "effect/Effect"
import type { Check } from "../Check.ts"
import { each, holds, isComplaint, ok, refused } from "../judge.ts"

/** Sends `?help watchdog` in some form, and expects it to be understood. */
const understood = (id: string, title: string, text: string, rows: string, note?: string): Check => ({
  id,
  title,
  clause: "Rev 5.1 §2.1",
  rows,
  ...(note === undefined ? {} : { note }),
  run: Effect.fnUntraced(function* (device) {
    const client = yield* device.connect
    yield* client.send(text)
    const answer = yield* client.answer("?help")
    yield* ok(answer, "1")
    yield* each(answer.informs, ({ args }) => args[0] === "watchdog", "#help watchdog ...")
  })
})

/** Sends lines that must be ignored. */
const ignored = (id: string, title: string, text: string): Check => ({
  id,
  title,
  clause: "Rev 5.1 §2.1",
  rows: "P-022, P-024",
  run: Effect.fnUntraced(function* (device) {
    const client = yield* device.connect
    const lines = yield* client.exchange(text)
    yield* holds(!lines.some((line) => line.kind === "reply" || isComplaint(line)), "nothing", lines)
  })
})

/** Sends requests and counts the replies. */
const replies = (id: string, title: string, text: string, count: number, rows: string): Check => ({
  id,
  title,
  clause: "Rev 5.1 §2.1",
  rows,
  run: Effect.fnUntraced(function* (device) {
    const client = yield* device.connect
    const lines = (yield* client.exchange(text, count)).filter((line) => line.kind === "reply" || isComplaint(line))
    yield* holds(
      lines.length === count && lines.every((line) => line.name === "watchdog" && line.isOk),
      `!watchdog ok, ${count === 1 ? "once" : `${count} times`}`,
      lines
    )
  })
})

/** Sends a line that is longer than one read. */
const long = (id: string, bytes: number, harm?: string): Check => ({
  id,
  title: `A line of ${bytes} bytes is answered or rejected, and the connection continues`,
  clause: "Rev 5.1 §2",
  rows: "P-017",
  note: "No length is given; a device may have a limit",
  ...(harm === undefined ? {} : { harm }),
  run: Effect.fnUntraced(function* (device) {
    const client = yield* device.connect
    const lines = yield* client.exchange(`?help ${"a".repeat(bytes - 6)}\n`, 1)
    yield* holds(
      lines.some((line) => (line.kind === "reply" && line.name === "help" && !line.isOk) || isComplaint(line)),
      "!help with a failure code, or #log error",
      lines
    )
  })
})

export const checks: ReadonlyArray<Check> = [
  replies("wire-001", "A line feed ends a line", "?watchdog\n", 1, "P-022"),
  replies("wire-002", "A carriage return ends a line", "?watchdog\r", 1, "P-022"),
  replies("wire-003", "A carriage return and a line feed end one line", "?watchdog\r\n", 1, "P-022"),
  replies(
    "wire-004",
    "Lines that end in all three ways may follow each other in one write",
    "?watchdog\r?watchdog\n?watchdog\r\n?watchdog\n",
    4,
    "P-022, P-031"
  ),
  ignored("wire-005", "Empty lines are ignored", "\n\r\n\r\r\n\n"),
  ignored("wire-006", "A line of blanks alone is ignored", "    \n"),
  ignored("wire-007", "A line of tabs and blanks alone is ignored", "\t \t\n"),
  understood("wire-008", "Several blanks may separate arguments", "?help    watchdog\n", "P-023"),
  understood("wire-009", "A tab may separate arguments", "?help\twatchdog\n", "P-023"),
  understood("wire-010", "Tabs and blanks together may separate arguments", "?help \t\t watchdog\n", "P-023"),
  understood("wire-011", "A line may end in blanks", "?help watchdog   \n", "P-023"),
  understood("wire-012", "A line may end in tabs", "?help watchdog\t\t\n", "P-023"),
  understood(
    "wire-013",
    "A thousand blanks separate two arguments as one blank does",
    `?help${" ".repeat(1000)}watchdog\n`,
    "P-023"
  ),
  understood("wire-014", "\\@ inside an argument stands for no character", "?help watch\\@dog\n", "P-026, P-028"),
  understood("wire-015", "\\@ may be repeated", "?help \\@\\@watchdog\\@\n", "P-028"),
  {
    id: "wire-016",
    title: "\\@ alone is an empty argument",
    clause: "Rev 5.1 §2.1",
    rows: "P-026, P-027",
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      // without an argument it would succeed
      yield* refused(yield* client.ask("?help \\@"))
    })
  },
  {
    id: "wire-017",
    title: "A request that arrives byte by byte is answered",
    clause: "Rev 5.1 §2.1",
    rows: "P-031",
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      for (const byte of "?help watch\\@dog\r\n") {
        yield* client.send(byte)
        yield* Effect.sleep("1 millis")
      }
      yield* ok(yield* client.answer("?help"), "1")
    })
  },
  {
    id: "wire-018",
    title: "A hundred requests in one write get a hundred replies",
    clause: "Rev 5.1 §2",
    rows: "P-003, P-031",
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      const lines = (yield* client.exchange("?watchdog\n".repeat(100), 100)).filter((line) => line.kind === "reply")
      yield* holds(
        lines.length === 100 && lines.every((line) => line.name === "watchdog" && line.isOk),
        "!watchdog ok, 100 times",
        lines
      )
    })
  },
  {
    id: "wire-019",
    title: "Different requests in one write get a reply each",
    clause: "Rev 5.1 §2",
    rows: "P-003, Q-24",
    note: "In any order",
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      yield* client.send("?sensor-list\n?watchdog\n?help watchdog\n?log-level\n?sensor-value\n")
      for (const name of ["sensor-list", "watchdog", "help", "log-level", "sensor-value"])
        yield* client.take(`!${name} ok`, (line) => line.name === name && line.isOk)
      const lines = (yield* client.exchange("")).filter((line) => line.kind === "reply")
      yield* holds(lines.length === 0, "one reply for each request", lines)
    })
  },
  long("wire-020", 65_536),
  long("wire-021", 1_048_576, "a line so long may exhaust the memory of a small device"),
  {
    id: "wire-022",
    title: "A line that the end of the connection cuts off is not carried out",
    clause: "Rev 5.1 §2.1",
    rows: "P-031",
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      yield* ok(yield* client.ask("?watchdog"))
      yield* client.send("?watchdog")
      yield* client.finish
      yield* client.ended("the end of the connection, when the client has ended its direction")
      yield* each(client.inbox, (line) => line.kind !== "reply", "no reply to a line without an end")
    })
  },
  {
    id: "wire-023",
    title: "Arguments that are not UTF-8 do no harm",
    clause: "Rev 5.1 §2.1, §3",
    rows: "P-016, P-025, P-081",
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      yield* refused(yield* client.ask("?help \xff\xfe\x80"))
    })
  },
  {
    id: "wire-024",
    title: "Everything that the device sends follows the grammar",
    clause: "Rev 5.1 §2.1",
    rows: "P-020, P-021, P-025, P-033",
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.open
      const lines = yield* client.exchange(
        "?help\n?sensor-list\n?sensor-value\n?log-level\n?no-such-request\n?help no-such-request\n?sensor-value \\@\n",
        7
      )
      yield* each(lines, ({ fault }) => fault === undefined, "lines of the grammar")
    })
  },
  {
    id: "wire-025",
    title: "The words that the device sends are in lower case: return codes, types, statuses, levels",
    clause: "Rev 5.1 §2.1",
    rows: "P-015",
    run: Effect.fnUntraced(function* (device) {
      const client = yield* device.connect
      const lines = yield* client.exchange(
        "?help watchdog\n?sensor-list\n?sensor-value\n?log-level\n?no-such-request\n",
        5
      )
      const small = (word: string | undefined) => word === undefined || word === word.toLowerCase()
      yield* each(
        lines,
        ({ args, kind, name }) =>
          small(name) &&
          (kind !== "reply" || (small(args[0]) && (name !== "log-level" || small(args[1])))) &&
          (name !== "sensor-list" || small(args[3])) &&
          (name !== "sensor-value" || small(args[3])),
        "names and words in small letters"
      )
    })
  }
]
