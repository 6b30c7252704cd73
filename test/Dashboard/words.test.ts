import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { type Address, allSensors, href, parse, usualColumns } from "../../src/Dashboard/state/address.ts"
import {
  type Argument,
  argumentsOf,
  type Field,
  formOf,
  lineOfRequest,
  wordsOf
} from "../../src/Dashboard/state/fields.ts"
import { ageText, lengthWords, textOf, timeText, valueText } from "../../src/Dashboard/state/format.ts"
import { fieldsOfUsage } from "../../src/Dashboard/state/helpFields.ts"
import { isAtLeast } from "../../src/Dashboard/state/Lines.ts"
import type { Row } from "../../src/Dashboard/state/Sensors.ts"
import { filtered, sorted } from "../../src/Dashboard/state/select.ts"
import { noReading } from "../../src/Dashboard/state/status.ts"

const row = (name: string, rest: Partial<Row> = {}): Row => ({
  key: `m000/${name}`,
  device: "m000",
  name,
  order: name,
  searched: `m000/${name}\n${rest.description ?? ""}`.toLowerCase(),
  type: "float",
  units: "",
  description: "",
  parameters: [],
  code: 1,
  value: 0,
  time: 0,
  connection: 1,
  live: true,
  exists: true,
  followers: undefined,
  ...rest
})

describe("the addresses of views", () => {
  const addresses: ReadonlyArray<Address> = [
    { view: "devices" },
    { view: "device", device: "m000", request: undefined },
    { view: "device", device: "m000", request: "track" },
    allSensors,
    {
      view: "sensors",
      text: "rx &temp",
      codes: [3, 4],
      device: "m000",
      by: "updated",
      descending: true,
      columns: ["name", "value"]
    },
    { view: "sensor", sensors: ["m000/rx.temp", "m001/a?b&c#d"], range: { last: 3600 } },
    { view: "sensor", sensors: ["m000/a/b%c"], range: { from: 1.5, to: 2.25 } },
    { view: "log", level: "warn", device: "m000" },
    { view: "audit" }
  ]
  for (const address of addresses)
    it(`${href(address)} is read as it was written`, () =>
      assert.deepStrictEqual<unknown>(parse(href(address).slice(1)), address))

  it.prop(
    "any device, sensor and search survive",
    { device: Schema.NonEmptyString, name: Schema.NonEmptyString },
    ({ device, name }) => {
      if (!device.isWellFormed() || !name.isWellFormed() || device.includes("/")) return
      const sensor: Address = { view: "sensor", sensors: [`${device}/${name}`], range: { last: 60 } }
      assert.deepStrictEqual<unknown>(parse(href(sensor).slice(1)), sensor)
      const sensors: Address = { ...allSensors, text: name, device }
      assert.deepStrictEqual<unknown>(parse(href(sensors).slice(1)), sensors)
    }
  )

  it("handles malformed addresses as far as possible", () => {
    assert.deepStrictEqual<unknown>(parse("/sensors?sort=x&status=nice,error&columns=,"), {
      ...allSensors,
      codes: [3],
      columns: usualColumns
    })
    assert.deepStrictEqual<unknown>(parse("/sensor/m000/a?from=5&to=1&last=-3h"), {
      view: "sensor",
      sensors: ["m000/a"],
      range: { last: 600 }
    })
    assert.strictEqual(parse("/sensor/m000").view, "nowhere")
    assert.strictEqual(parse("/x/%").view, "nowhere")
  })
})

describe("text for people", () => {
  it("escapes confusing characters", () => {
    assert.strictEqual(textOf("a\u202eb\u0000\u200bc", 100), "a\\u{202e}b\\u{0}\\u{200b}c")
    assert.strictEqual(textOf("two\nlines", 100), "two\nlines")
    // characters without a shape: a tag, a filler, a soft hyphen
    assert.strictEqual(textOf("m\u{e0041}0\u3164\u00ad0", 100), "m\\u{e0041}0\\u{3164}\\u{ad}0")
    assert.strictEqual(textOf("\u{1f600} é 天線 עברית", 100), "\u{1f600} é 天線 עברית")
    assert.strictEqual(textOf({ base64: btoa("a\xff\x1b") }, 100), "a\\xff\\u{1b}")
    assert.strictEqual(textOf({ base64: "not base64!" }, 100), "not base64!")
    assert.strictEqual(textOf("x".repeat(1_000_000), 10), `${"x".repeat(10)}…`)
  })

  it("rounds numbers to the precision of an instrument, unless all digits are requested", () => {
    const style = { type: "float", zone: "utc" } as const
    assert.deepStrictEqual(
      [0.1 + 0.2, 1e-9, 1234567.891, 12, 1e20, -0.00012345678].map((value) => valueText(value, style)),
      ["0.3", "1.0000e-9", "1234568", "12", "1.0000e+20", "-0.0001234568"]
    )
    assert.strictEqual(valueText(0.1 + 0.2, { ...style, exact: true }), "0.30000000000000004")
    assert.strictEqual(valueText("NaN", style), "NaN")
    assert.strictEqual(valueText(false, { type: "boolean", zone: "utc" }), "false")
    assert.strictEqual(valueText(0.5, { type: "timestamp", zone: "utc" }), "1970-01-01 00:00:00.500")
    assert.strictEqual(valueText(null, style), "")
  })

  it("formats ages and times", () => {
    assert.deepStrictEqual([0, 1.9, 2, 59.4, 61, 3599, 3600, 3660, 90_000, 86_400 * 40].map(ageText), [
      "now",
      "now",
      "2 s",
      "59 s",
      "1 min 1 s",
      "59 min",
      "1 h",
      "1 h 1 min",
      "1 d 1 h",
      "40 d"
    ])
    assert.strictEqual(lengthWords(0.4), "0 s")
    assert.strictEqual(timeText(1e300, "utc"), "no time")
    assert.strictEqual(timeText(0, "utc", "clock"), "00:00:00")
  })

  it("selects log records by level", () => {
    assert.deepStrictEqual(
      ["fatal", "warn", "info", "strange"].map((level) => isAtLeast(level, "warn")),
      [true, true, false, true]
    )
  })
})

describe("the rows of a table", () => {
  const rows = [
    row("a", { value: 3, code: 1, time: 5 }),
    row("b", { value: "text", code: 3, time: 9, description: "Temperature of the Receiver" }),
    row("c", { value: null, code: noReading, time: Number.NaN }),
    row("d", { value: 1, code: 2, time: 7, device: "m001" })
  ]
  const names = (found: ReadonlyArray<Row>) => found.map(({ name }) => name).join("")

  it("are filtered by words of names and descriptions, status and device", () => {
    const all = { text: "", codes: [], device: "" }
    assert.strictEqual(names(filtered(rows, { ...all, text: "RECEIVER temp" })), "b")
    assert.strictEqual(names(filtered(rows, { ...all, codes: [2, 3] })), "bd")
    assert.strictEqual(names(filtered(rows, { ...all, device: "m001" })), "d")
    assert.strictEqual(filtered(rows, all), rows)
  })

  it("are sorted by severity, age or value; those without a value come last", () => {
    assert.strictEqual(names(sorted(rows, { by: "status", descending: false })), "bdac")
    assert.strictEqual(names(sorted(rows, { by: "updated", descending: false })), "bdac")
    assert.strictEqual(names(sorted(rows, { by: "updated", descending: true })), "adbc")
    assert.strictEqual(names(sorted(rows, { by: "value", descending: false })), "dabc")
    assert.strictEqual(names(sorted(rows, { by: "value", descending: true })), "badc")
    assert.strictEqual(names(sorted(rows, { by: "name", descending: true })), "dcba")
  })
})

describe("the fields of a request", () => {
  it("come from a section of a Python library's help, with types", () => {
    const help = [
      "Track a position.",
      "",
      "Parameters",
      "----------",
      "az : float",
      "    Azimuth, in degrees.",
      "count : int",
      "mode : {'fast', 'slow'}, optional",
      "on : bool, optional",
      "",
      "Returns",
      "-------",
      "success : {'ok', 'fail'}"
    ].join("\n")
    const { doc, fields } = formOf({ name: "track", help })
    assert.strictEqual(doc, "Track a position.")
    assert.deepStrictEqual(
      fields.map(({ hint, input, name, presence }) => [name, input._tag, presence, hint]),
      [
        ["az", "number", "required", "float: Azimuth, in degrees."],
        ["count", "number", "required", "int"],
        ["mode", "choice", "optional", "{'fast', 'slow'}"],
        ["on", "boolean", "optional", "bool"]
      ]
    )
    assert.deepStrictEqual(argumentsOf(fields, ["12.5", "3", "slow", "1"]), { args: ["12.5", "3", "slow", "1"] })
    assert.deepStrictEqual(argumentsOf(fields, ["", "1.5", "", ""]), {
      faults: new Map([
        [0, "az is missing"],
        [1, "1.5 is not a whole number"]
      ])
    })
  })

  it("come from the other forms of help texts", () => {
    const names = (name: string, help: string) => formOf({ name, help }).fields.map((field) => field.name)
    assert.deepStrictEqual(formOf({ name: "add", help: "Add two numbers. Usage: ?add x y" }).doc, "Add two numbers.")
    assert.deepStrictEqual(names("add", "Add two numbers.\nUsage: ?add x y"), ["x", "y"])
    assert.deepStrictEqual(names("add", "add numbers (?add x y)"), ["x", "y"])
    assert.deepStrictEqual(names("halt", "Halt. (?halt)"), [])
    assert.deepStrictEqual(names("add", "Add. (?addition x y)"), ["arguments"])
    assert.deepStrictEqual(names("add", ""), ["arguments"])
  })

  it("come from a usage", () => {
    const shape = (usage: string) => fieldsOfUsage(usage).map(({ name, presence }: Field) => `${name}:${presence}`)
    assert.deepStrictEqual(shape("?track az el [name]"), ["az:required", "el:required", "name:optional"])
    assert.deepStrictEqual(shape("?stow"), [])
    assert.deepStrictEqual(shape("?echo [value ...]"), ["value:rest"])
    const [mode] = fieldsOfUsage("?mode on|off")
    assert.deepStrictEqual(mode!.input, { _tag: "choice", options: ["on", "off"] })
    assert.deepStrictEqual(argumentsOf(fieldsOfUsage("?x a [b] [c]"), ["1", "", "3"]), {
      faults: new Map([[1, "b is missing: a later argument is given"]])
    })
  })

  it("come from the contract, with types and limits, whatever the help text says", () => {
    const described: ReadonlyArray<Argument> = [
      { name: "count", type: "integer", presence: "required", minimum: "0", maximum: "18446744073709551615" },
      { name: "el", type: "float", presence: "optional", minimum: "15", default: "90" },
      { name: "on", type: "boolean", presence: "optional", default: "1" },
      { name: "mode", type: "discrete", presence: "optional", options: ["stow", "track"] },
      { name: "at", type: "timestamp", presence: "optional" },
      { name: "from", type: "address", presence: "optional" },
      { name: "more", type: "float", presence: "rest" }
    ]
    const { doc, fields } = formOf({ name: "x", help: "Does it. Usage: ?x a b", arguments: described })
    assert.strictEqual(doc, "Does it.")
    assert.deepStrictEqual(
      fields.map(({ hint }) => hint),
      [
        "whole number, from 0 to 18446744073709551615",
        "number, at least 15, default 90",
        "default true",
        "",
        "2026-11-29 16:04:05 in UTC, or seconds since 1970",
        "host:port",
        "number"
      ]
    )
    const values = ["18446744073709551615", "20", "true", "stow", "2026-11-29 16:04:05", "[::1]:7147", "1 nan"]
    const args = ["18446744073709551615", "20", "1", "stow", "1795968245", "[::1]:7147", "1", "nan"]
    assert.deepStrictEqual(argumentsOf(fields, values), { args })
    // times of version 4 are milliseconds
    assert.deepInclude(
      (argumentsOf(fields, values, 4) as { readonly args: ReadonlyArray<string> }).args,
      "1795968245000"
    )
    const faults = (texts: ReadonlyArray<string>) => [
      ...(argumentsOf(fields, texts) as { readonly faults: ReadonlyMap<number, string> }).faults.values()
    ]
    assert.deepStrictEqual(faults(["18446744073709551616", "14.9", "yes", "park", "today", "a b", "1 x"]), [
      "18446744073709551616 is above 18446744073709551615",
      "14.9 is below 15",
      "yes is neither true nor false",
      "park is not one of stow, track",
      "today is not a time: 2026-11-29 16:04:05, or seconds since 1970",
      "a b is not an address: host:port",
      "x is not a number"
    ])
    assert.deepStrictEqual(faults(["1.5", "0x10"]), ["1.5 is not a whole number", "0x10 is not a number"])
  })

  it("are written as KATCP has them", () => {
    assert.strictEqual(lineOfRequest("x", ["a\nb\t\u001b"]), "?x a\\nb\\t\\e")
    assert.strictEqual(lineOfRequest("x", ["a b", "", "c\\d"]), "?x a\\_b \\@ c\\\\d")
    assert.deepStrictEqual(wordsOf('a "b \\" c"  d'), ["a", 'b " c', "d"])
  })
})
