/**
 * Lines and what they are, as the test folders of the two Python libraries tell it, in a table of our own. A line is
 * given without its line feed, one character a byte.
 */

/** The libraries whose tests say it. */
export type Peers = "aiokatcp 2.3.0" | "katcp 0.9.3" | "both"

/** A message: kind, name, id, arguments. */
export type Found = readonly [
  kind: "?" | "!" | "#",
  name: string,
  id: number | undefined,
  ...args: ReadonlyArray<string>
]

/** Differences of our answers from a peer's table, with the clause that we follow. */
export interface Departure<A> {
  readonly ours: A
  readonly why: string
}

export interface Line {
  readonly line: string
  readonly peers: Peers
  /** Undefined where the line is refused; `ignored` where nothing comes of it. */
  readonly found: Found | "ignored" | undefined
  readonly departure?: Departure<Line["found"]>
}

const aio = "aiokatcp 2.3.0"
const kp = "katcp 0.9.3"

const refused = (line: string, peers: Peers): Line => ({ line, peers, found: undefined })
const reads = (line: string, peers: Peers, ...found: Found): Line => ({ line, peers, found })

export const lines: ReadonlyArray<Line> = [
  reads("?foo", kp, "?", "foo", undefined),
  reads("#bar 123 baz 1.000e-05", kp, "#", "bar", undefined, "123", "baz", "1.000e-05"),
  reads("!baz a17 goo", kp, "!", "baz", undefined, "a17", "goo"),
  reads("!baz-bar", kp, "!", "baz-bar", undefined),
  reads("?bar[123]", kp, "?", "bar", 123),
  reads("!baz[1234] a b c", kp, "!", "baz", 1234, "a", "b", "c"),
  reads("?test[1] message", aio, "?", "test", 1, "message"),
  reads("?test[222] message \\0\\n\\r\\t\\e\\_binary", aio, "?", "test", 222, "message", "\0\n\r\t\x1b binary"),
  reads("?test message \\0\\n\\r\\t\\e\\_binary", "both", "?", "test", undefined, "message", "\0\n\r\t\x1b binary"),
  reads("?foo \\\\\\_\\0\\n\\r\\e\\t\\@", kp, "?", "foo", undefined, "\\ \0\n\r\x1b\t"),
  reads("!foo \\@", kp, "!", "foo", undefined, ""),
  reads("!foo \\@ \\@", kp, "!", "foo", undefined, "", ""),
  reads("!foo \\_  \\_  \\@", kp, "!", "foo", undefined, " ", " ", ""),
  reads("!foo \t\\@  ", kp, "!", "foo", undefined, ""),
  reads("!baz   \\@   ", kp, "!", "baz", undefined, ""),
  reads("!baz\t\\@\t\\@", kp, "!", "baz", undefined, "", ""),
  reads("!baz\t \t\\_\t\t\t \\_\t\\@   \t", kp, "!", "baz", undefined, " ", " ", ""),
  reads("!baz \fa\fb\f", kp, "!", "baz", undefined, "\fa\fb\f"),
  reads("?test message\fwith\vwhitespace", aio, "?", "test", undefined, "message\fwith\vwhitespace"),
  reads("?test message  ", aio, "?", "test", undefined, "message"),
  reads(
    "?hello caf\xc3\xa9 _bin\\_ary\xff\\0\\n\\r\\t\\\\\\e 123 234.5 1 0 \\@",
    "both",
    "?",
    "hello",
    undefined,
    "caf\xc3\xa9",
    "_bin ary\xff\0\n\r\t\\\x1b",
    "123",
    "234.5",
    "1",
    "0",
    ""
  ),
  reads("!fail[234] on\\_fire", "both", "!", "fail", 234, "on fire"),
  refused(" ?foo", "both"),
  refused(" !ok", aio),
  refused("? foo", "both"),
  refused("? message", aio),
  refused("?-foo", kp),
  refused("?1foo", kp),
  refused("?bad_name message", "both"),
  refused(">foo", kp),
  refused("%ok", aio),
  refused("!ok[0]", aio),
  refused("!ok[1000000000000]", aio),
  refused("!ok[10", "both"),
  refused("!ok[a]", "both"),
  refused("!ok \\q", "both"),
  refused("?foo \\z", kp),
  refused("!ok q\\ other", "both"),
  refused("!foo \\", kp),
  refused("!ok \x1b", "both"),
  refused("?foo \0", kp),
  {
    line: "",
    peers: "both",
    found: undefined,
    departure: { ours: "ignored", why: "lines without content are ignored (Rev 5.1 §2.1; P-022)" }
  },
  {
    line: "\t \t",
    peers: aio,
    found: undefined,
    departure: { ours: "ignored", why: "lines of blanks alone are ignored (Rev 5.1 §2.1; P-022)" }
  }
]

/** Names and ids with which no message can be made. */
export const unmade: ReadonlyArray<readonly [name: string, id: number | undefined, peers: Peers]> = [
  ["underscores_bad", 345, "both"],
  ["", 345, "both"],
  ["1numberfirst", 345, "both"],
  ["hello", 0, aio],
  ["hello", 0x1000000000, aio]
]

/** Texts of protocol versions, and their meanings: major, minor and flags. */
export interface Version {
  readonly text: string
  /** Undefined where the text is not a version. */
  readonly found: readonly [major: number, minor: number, flags: string] | undefined
  readonly written?: string
}

export const versions: ReadonlyArray<Version> = [
  { text: "foo", found: undefined },
  { text: "1.0", found: [1, 0, ""] },
  { text: "5.0-MI", found: [5, 0, "IM"], written: "5.0-IM" },
  { text: "5.1-MIU", found: [5, 1, "IMU"], written: "5.1-IMU" },
  { text: "5.1-MTI", found: [5, 1, "IMT"], written: "5.1-IMT" },
  { text: "5.1-MIB", found: [5, 1, "BIM"], written: "5.1-BIM" }
]
