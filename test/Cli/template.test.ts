/** Templates of --format. */
import { assert, describe, it } from "vitest"
import { type Fields, parseTemplate } from "../../src/Cli/show/Template.ts"

interface Row {
  readonly name: string
  readonly value: number
}
const fields: Fields<Row> = {
  name: ({ name }) => ({ text: name }),
  value: ({ value }) => ({ text: `${value}`, number: value })
}
const row: Row = { name: "rx.temp", value: 20.4567 }
const rendered = (template: string, of: Row = row): string => {
  const parsed = parseTemplate(template, fields)
  return parsed._tag === "Success" ? parsed.success(of) : `! ${parsed.failure.message}`
}

describe("a template", () => {
  it.each([
    ["{name} {value}", "rx.temp 20.4567"],
    ["no field", "no field"],
    ["", ""],
    ["{name:10}|", "rx.temp   |"],
    ["{name:<10}|", "rx.temp   |"],
    ["{name:>10}|", "   rx.temp|"],
    ["{name:^10}|", " rx.temp  |"],
    ["{name:3}|", "rx.temp|"],
    ["{value:>10.2}|", "     20.46|"],
    ["{value:.0}", "20"],
    ["{name:.4}|", "rx.…|"],
    ["{{{name}}}", "{rx.temp}"],
    ["{name}\\t{value}\\n", "rx.temp\t20.4567\n"],
    ["\\\\ \\{ \\}", "\\ { }"]
  ])("%j gives %j", (template, wanted) => assert.strictEqual(rendered(template), wanted))

  it.each([
    ["{valeu}", "--format: there is no field {valeu}; did you mean value? fields are name, value (at character 1)"],
    ["{x} {name}", "--format: there is no field {x}; fields are name, value (at character 1)"],
    ["{constructor}", "--format: there is no field {constructor}; fields are name, value (at character 1)"],
    ["a {name", "--format: { without }; write {{ for a brace (at character 3)"],
    ["a } b", "--format: } without {; write }} for a brace (at character 3)"],
    ["\\x", "--format: \\x is not an escape; write \\t, \\n or \\\\ (at character 1)"],
    ["a\\", "--format: \\ at the end; write \\\\ for a backslash (at character 2)"],
    ["{}", "--format: there is no field {}; fields are name, value (at character 1)"]
  ])("%j is refused: %s", (template, wanted) => assert.strictEqual(rendered(template), `! ${wanted}`))

  it("refuses a malformed or absurd width or precision", () => {
    for (const specification of ["x", "-1", "1.", ".x", "=10", "99999999", ".99999999", "10:10"])
      assert.match(rendered(`{name:${specification}}`), /^! --format: \{name:.*\} is not a field: write \{name\}, /)
  })

  it("escapes the text of a device, and keeps columns aligned with wide characters", () => {
    assert.strictEqual(rendered("{name}|", { name: "a\nb\u202ec\u001b[2J", value: 0 }), "a\\nb\\u{202e}c\\u{1b}[2J|")
    assert.strictEqual(rendered("{name:6}|", { name: "日本", value: 0 }), "日本  |")
    // a field that looks like a template is text
    assert.strictEqual(rendered("{name}", { name: "{value}", value: 0 }), "{value}")
  })

  it("leaves NaN and infinities as they are", () => {
    assert.strictEqual(rendered("{value:>10.3}|", { name: "", value: Number.NaN }), "       NaN|")
    assert.strictEqual(rendered("{value:.3}", { name: "", value: Number.NEGATIVE_INFINITY }), "-Infinity")
    assert.strictEqual(rendered("{value:.200}", { name: "", value: 0.5 }).length, 102)
  })
})
