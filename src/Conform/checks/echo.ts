import * as Effect from "effect/Effect"
import type { Check } from "../Check.ts"
import { holds } from "../judge.ts"
import { escaped, visible } from "../Line.ts"

/** Sends arguments through `?echo`, given in wire form and decoded. */
const echoed = (id: string, title: string, rows: string, wire: string, ...meant: ReadonlyArray<string>): Check => ({
  id,
  title,
  clause: "Rev 5.1 §2.1",
  rows,
  needs: { requests: ["echo"] },
  run: Effect.fnUntraced(function* (device) {
    const client = yield* device.connect
    const { reply } = yield* client.ask(`?echo ${wire}`)
    yield* holds(
      reply.isOk && reply.args.length === meant.length + 1 && meant.every((text, at) => reply.args[at + 1] === text),
      visible(`!echo ok ${meant.map(escaped).join(" ")}`),
      reply
    )
  })
})

const escape = (id: string, letter: string, what: string, meant: string): Check =>
  echoed(id, `\\${letter} is ${what}`, "P-026", `\\${letter} a\\${letter}b`, meant, `a${meant}b`)

const range = (from: number, to: number, except = ""): string =>
  Array.from({ length: to - from + 1 }, (_, at) => String.fromCharCode(from + at))
    .filter((character) => !except.includes(character))
    .join("")

/** The control characters without a special meaning in the grammar (Rev 5.1 §2.1). */
const controls = `${range(1, 31, "\t\n\r\x1b")}\x7f`
const printable = range(33, 126, "\\")
const high = range(128, 255)

export const checks: ReadonlyArray<Check> = [
  escape("echo-001", "\\", "a backslash", "\\"),
  escape("echo-002", "_", "a blank", " "),
  escape("echo-003", "0", "a NUL", "\0"),
  escape("echo-004", "n", "a line feed", "\n"),
  escape("echo-005", "r", "a carriage return", "\r"),
  escape("echo-006", "e", "an ESC", "\x1b"),
  escape("echo-007", "t", "a tab", "\t"),
  escape("echo-008", "@", "nothing", ""),
  echoed("echo-009", "Escapes are read one by one, from the left", "P-026", "\\\\_ \\\\\\_ \\\\n", "\\_", "\\ ", "\\n"),
  echoed("echo-010", "Several empty arguments are several arguments", "P-027", "\\@ \\@ a \\@", "", "", "a", ""),
  echoed("echo-011", "Every printable character except the backslash stands for itself", "P-025", printable, printable),
  echoed(
    "echo-012",
    "Other control characters stand for themselves, and do not separate arguments",
    "P-023, P-025",
    controls,
    controls
  ),
  echoed("echo-013", "Bytes above 127 stand for themselves, and come back unchanged", "P-025, P-081", high, high),
  echoed(
    "echo-014",
    "UTF-8 comes back unchanged",
    "P-025, P-081",
    "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
    "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"
  ),
  echoed(
    "echo-015",
    "An argument may begin with a character that begins a message, or with a bracket",
    "P-025",
    "?a !b #c [1] []",
    "?a",
    "!b",
    "#c",
    "[1]",
    "[]"
  ),
  echoed(
    "echo-016",
    "A thousand arguments arrive as a thousand arguments",
    "P-025",
    Array(1000).fill("a").join(" "),
    ...Array<string>(1000).fill("a")
  ),
  echoed("echo-017", "An argument of 64 KiB comes back", "P-017, P-031", "a\\_".repeat(32_768), "a ".repeat(32_768))
]
