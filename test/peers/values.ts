/**
 * Values and their forms on the wire, from the test folders of the two Python libraries, in tables of our own.
 * `write`: the value is written as these bytes; `read`: these bytes are read as the value; `both`: either way. A value
 * that is `refused` is not a value of the type.
 */
import { Address, Arg } from "katcp/Codec"
import type { Departure, Peers } from "./messages.ts"

export const refused = Symbol("refused")

export interface Row {
  readonly way: "both" | "read" | "write"
  /** One character a byte; refused where the value cannot be written. */
  readonly wire: string | typeof refused
  readonly value: unknown
  readonly peers: Peers
  readonly departure?: Departure<unknown>
}

export interface Table {
  readonly title: string
  readonly arg: Arg.Any
  readonly rows: ReadonlyArray<Row>
}

const aio = "aiokatcp 2.3.0"
const kp = "katcp 0.9.3"

const both = (wire: string, value: unknown, peers: Peers = kp): Row => ({ way: "both", wire, value, peers })
const read = (wire: string, value: unknown, peers: Peers = kp): Row => ({ way: "read", wire, value, peers })
const bad = (wire: string, peers: Peers = kp): Row => ({ way: "read", wire, value: refused, peers })
const unfit = (value: unknown, peers: Peers = kp): Row => ({ way: "write", wire: refused, value, peers })
/** The peer's answer, and ours. */
const but = (row: Row, ours: unknown, why: string): Row => ({ ...row, departure: { ours, why } })

const exactText = "katcp-python pads to six places; the shortest text of the same time is as good (Rev 5.1 §3; P-077)"
const word = Arg.Discrete("VAL1", "VAL2")
const anyCase = Arg.DiscreteAnyCase("val1", "VAL2")
const packed = Arg.Struct({ number: "i32be", letter: "bytes:1", float: "f32be" })

export const tables: ReadonlyArray<Table> = [
  {
    title: "integer",
    arg: Arg.Int,
    rows: [
      both("5", 5),
      both("-5", -5),
      both("123", 123, aio),
      bad("a"),
      bad("123.0", aio),
      unfit("a"),
      unfit(undefined)
    ]
  },
  {
    title: "integer from 5 to 6",
    arg: Arg.between(Arg.Int, { minimum: 5, maximum: 6 }),
    rows: [both("5", 5), both("6", 6), bad("4"), bad("7"), unfit(4), unfit(7)]
  },
  {
    title: "integer to 2 to the 64th",
    arg: Arg.between(Arg.BigInt, { minimum: -(2n ** 64n), maximum: 2n ** 64n }),
    rows: [
      both("18446744073709551616", 2n ** 64n),
      both("-18446744073709551616", -(2n ** 64n)),
      unfit(2n ** 64n + 1n),
      unfit(-(2n ** 64n) - 1n),
      bad("18446744073709551617")
    ]
  },
  {
    title: "float",
    arg: Arg.Float,
    rows: [
      both("5.0", 5),
      both("-5.0", -5),
      both("5.5", 5.5),
      both("-5.5", -5.5),
      both("-123.5", -123.5, aio),
      both("1e+20", 1e20, aio),
      both("1.25", 1.25, aio),
      both("1.8446744073709552e+19", 2 ** 64),
      both("2.355e+17", 2.355e17),
      read("5", 5),
      read("-5", -5),
      bad("a"),
      bad("", aio),
      bad("5/4", aio),
      unfit("a"),
      unfit(undefined)
    ]
  },
  {
    title: "float from 5 to 6",
    arg: Arg.between(Arg.Float, { minimum: 5, maximum: 6 }),
    rows: [both("5.0", 5), both("6.0", 6), read("5", 5), bad("4.5"), bad("6.5"), unfit(4.5), unfit(6.5)]
  },
  {
    title: "boolean",
    arg: Arg.Boolean,
    rows: [
      both("1", true, "both"),
      both("0", false, "both"),
      bad("a"),
      bad("2", aio),
      unfit(undefined),
      ...[
        [1, "1"],
        [0, "0"],
        ["a", "1"]
      ].map(([value, wire]) =>
        but(
          { way: "write", wire: wire as string, value, peers: kp },
          refused,
          "a boolean is typed: nothing else is taken for one"
        )
      )
    ]
  },
  {
    title: "discrete",
    arg: word,
    rows: [
      both("VAL1", "VAL1"),
      both("VAL2", "VAL2"),
      bad("a"),
      bad("val1"),
      unfit("a"),
      unfit("val1"),
      unfit(undefined)
    ]
  },
  {
    title: "discrete, words as another library makes them of names",
    arg: Arg.Discrete("batman", "joker", "two-face"),
    rows: [both("two-face", "two-face", aio), bad("two_face", aio), bad("TWO-FACE", aio), bad("bad-value", aio)]
  },
  {
    title: "discrete in any case",
    arg: anyCase,
    rows: [both("VAL1", "VAL1"), both("vAl2", "vAl2"), both("val1", "val1"), bad("a"), unfit("a")]
  },
  {
    title: "several discrete values",
    arg: Arg.DiscreteMulti(["VAL1", "VAL2"]),
    rows: [
      both("VAL1", ["VAL1"]),
      both("VAL2", ["VAL2"]),
      both("VAL1,VAL2", ["VAL1", "VAL2"]),
      read("all", ["VAL1", "VAL2"]),
      bad("VAL1,aaa"),
      bad("VAL1,val2"),
      bad("a"),
      unfit("a"),
      unfit("VAL1"),
      unfit(["aaa"]),
      unfit(["val1"]),
      unfit(["VAL1", "val2"]),
      unfit(["VAL1", "aaa"]),
      unfit(undefined)
    ]
  },
  {
    title: "lru",
    arg: Arg.Lru,
    rows: [both("nominal", "nominal"), both("error", "error"), bad("a"), bad("fish"), unfit("a"), unfit(undefined)]
  },
  {
    title: "address",
    arg: Arg.Address,
    rows: [
      both("127.0.0.1", Address.make("127.0.0.1"), "both"),
      both("127.0.0.1:80", Address.make("127.0.0.1", 80)),
      both("127.0.0.1:7148", Address.make("127.0.0.1", 7148), aio),
      both("[::1]", Address.make("::1"), "both"),
      both("[::1]:80", Address.make("::1", 80)),
      both("[::1]:7148", Address.make("::1", 7148), aio),
      read("[0:0:0:0:0:0:0:1]", Address.make("::1")),
      read("[::FFFF:204.152.189.116]", Address.make("::ffff:204.152.189.116")),
      but(
        { way: "write", wire: "[0:0:0:0:0:0:0:1]", value: Address.make("0:0:0:0:0:0:0:1"), peers: kp },
        "[::1]",
        "an address is a value, not its text: it is written in its shortest form (P-080)"
      ),
      bad("", aio),
      bad("[127.0.0.1]", aio),
      bad("::1", aio),
      bad("127.0.0.1:foo"),
      unfit("127.0.0.1")
    ]
  },
  {
    title: "timestamp",
    arg: Arg.Timestamp,
    rows: [
      both("123.5", 123.5, aio),
      read("1235475381.696", 1235475381.696),
      but(
        { way: "write", wire: "1235475381.696690", value: 1235475381.69669, peers: kp },
        "1235475381.69669",
        exactText
      ),
      both("1235475793.032488", 1235475793.032488),
      bad("a"),
      unfit("a"),
      unfit(undefined)
    ]
  },
  {
    title: "strict timestamp",
    arg: Arg.StrictTimestamp,
    rows: [
      both("1235475381.69669", 1235475381.69669),
      both("1235475793.03249", 1235475793.03249),
      read("1235475381.696", 1235475381.696),
      bad("-0.1"),
      bad("-1.0"),
      bad("a"),
      unfit(-0.1),
      unfit(-1),
      unfit("a"),
      unfit(undefined)
    ]
  },
  {
    title: "timestamp or now",
    arg: Arg.TimestampOrNow,
    rows: [
      both("now", "now", "both"),
      both("123.5", 123.5, aio),
      bad("later", aio),
      bad("a"),
      unfit("a"),
      unfit(undefined)
    ]
  },
  {
    title: "text",
    arg: Arg.Text,
    rows: [
      both("adsasdasd", "adsasdasd"),
      both("caf\xc3\xa9", "caf\u00e9", aio),
      both("skr\xc3\xa4m", "skr\u00e4m"),
      read("[1, 2.0, 'three', False]", "[1, 2.0, 'three', False]"),
      but(
        bad("caf\xc3e", aio),
        "caf\udcc3e",
        "strings have no encoding (Rev 5.1 §3; P-081): Arg.StrictText refuses it"
      ),
      unfit(undefined)
    ]
  },
  { title: "strict text", arg: Arg.StrictText, rows: [both("caf\xc3\xa9", "caf\u00e9", aio), bad("caf\xc3e", aio)] },
  {
    title: "packed record",
    arg: packed,
    rows: [
      both("\0\0\0\x05s@ \0\0", { number: 5, letter: Uint8Array.of(0x73), float: 2.5 }),
      both("\0\0\0\x01f@Y\x99\x9a", { number: 1, letter: Uint8Array.of(0x66), float: Math.fround(3.4) }),
      bad("asdfgasdfas"),
      unfit({ number: "s", letter: 5, float: 2.5 }),
      unfit({ number: 5, letter: Uint8Array.of(0x73) }),
      unfit(undefined)
    ]
  },
  {
    title: "text of a pattern",
    arg: Arg.Pattern(/\d\d:\d\d:\d\d/),
    rows: [both("12:34:56", "12:34:56"), bad("sdfasdfsadf"), unfit("sdfasdfsadf"), unfit(undefined)]
  }
]

/** Initial values of sensors with only a type. */
export const initials: ReadonlyArray<readonly [arg: Arg.Any, value: unknown, peers: Peers]> = [
  [Arg.Int, 0, aio],
  [Arg.Float, 0, aio],
  [Arg.Text, "", aio],
  [Arg.Bytes, new Uint8Array(), aio],
  [Arg.Address, Address.make("0.0.0.0"), aio],
  [Arg.Timestamp, 0, aio],
  [Arg.Discrete("batman", "joker"), "batman", aio],
  [Arg.between(Arg.Int, { minimum: 2, maximum: 20 }), 2, kp],
  [Arg.between(Arg.Int, { minimum: -20, maximum: 20 }), 0, kp],
  [Arg.between(Arg.Float, { minimum: 2, maximum: 20 }), 2, kp]
]
