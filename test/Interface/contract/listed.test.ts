import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { Message } from "katcp"
import { Arg, Dialect } from "katcp/Codec"
import * as Interface from "katcp/Interface"

const { requestFromHelp, sensorFromList } = Interface

describe("requestFromHelp", () => {
  const usage = (name: string, help: string) => {
    const {
      doc,
      kind,
      name: told,
      usage
    } = requestFromHelp(name, help) as Extract<Interface.RequestDescription, { kind: "raw" }>
    assert.deepStrictEqual([kind, told], ["raw", name])
    return [doc, usage]
  }

  it("parses the help of this library's servers, in both forms", () => {
    assert.deepStrictEqual(usage("add", "Add. Usage: ?add x [y]"), ["Add.", "?add x [y]"])
    assert.deepStrictEqual(usage("add", "Add.\n\nTwo numbers.\nUsage: ?add x [y]"), [
      "Add.\n\nTwo numbers.",
      "?add x [y]"
    ])
    assert.deepStrictEqual(usage("stow", "Usage: ?stow twice. Usage: ?stow"), ["Usage: ?stow twice.", "?stow"])
    assert.deepStrictEqual(usage("add", " Usage: ?add"), ["", "?add"])
  })

  it("ignores the usage of another request, and one in the middle of a text", () => {
    const none = "?add [argument ...]"
    for (const help of [
      "Add. Usage: ?adder x",
      "Usage: ?add x",
      "Add.Usage: ?add x",
      "Add. Usage: ?add x\nand more",
      "Add. Usage: add x",
      ""
    ])
      assert.deepStrictEqual(usage("add", help), [help, none], help)
  })

  it("finds a usage in brackets, and keeps the text", () => {
    const found = (name: string, help: string, expected: string) =>
      assert.deepStrictEqual(usage(name, help), [help, expected])
    found("add", "Add two numbers (?add x y).", "?add x y")
    found("time", "Return the time (?time).", "?time")
    found(
      "set-sensor",
      "Set (?set-sensor name value [status [timestamp]]).",
      "?set-sensor name value [status [timestamp]]"
    )
    found("add", "Add (?adder x).", "?add [argument ...]")
    found("add", "Add (?add x", "?add [argument ...]")
    found("add", "Add (?add x\nand more).", "?add [argument ...]")
  })

  it("finds the parameters of the Python libraries' help texts (A-369)", () => {
    const help = `Query or set the current logging level.

        Parameters
        ----------
        level : {'all', 'trace'}, optional
            Name of the level: to set the device server to (the default
            is to leave the log level unchanged).
        other-one : str
            Another.

        Returns
        -------
        success : {'ok', 'fail'}
            Whether the request succeeded.
        level : str
            The level.

        Examples
        --------
        ::

            ?log-level
`
    assert.deepStrictEqual(usage("log-level", help), [help, "?log-level [level] other-one"])
    const flat = "Do.\n\nParams\n------\na : int\n    One.\n"
    assert.deepStrictEqual(usage("do", flat), [flat, "?do a"])
    const none = "Do.\n\nReturns\n-------\na : int\n"
    assert.deepStrictEqual(usage("do", none), [none, "?do [argument ...]"])
  })

  it("is fast for long texts", () => {
    for (const piece of [" Usage: ?a", "(?a ", "Parameters\n---\n", "-", " ", "a : optional\n", "\n"]) {
      const help = piece.repeat(200_000)
      const { doc } = requestFromHelp("a", help)
      assert.isAtMost(doc.length, help.length)
    }
  })
})

describe("sensorFromList", () => {
  const read = (values: ReadonlyArray<Message.ArgumentValue>, dialect = Dialect.v5) =>
    sensorFromList(Message.inform("sensor-list", values), dialect)

  it("reads every type, with its parameters (A-370)", () => {
    const table: ReadonlyArray<readonly [ReadonlyArray<string>, object]> = [
      [["integer", "0", "18446744073709551616"], { type: { kind: "integer" }, nominal: [0, "18446744073709551616"] }],
      [["float", "-1.5", "inf", "-2", "inf"], { type: { kind: "float" }, nominal: [-1.5, "inf"], warn: [-2, "inf"] }],
      [["boolean"], { type: { kind: "boolean" } }],
      [["lru"], { type: { kind: "lru" } }],
      [["timestamp"], { type: { kind: "timestamp" } }],
      [["address"], { type: { kind: "address" } }],
      [["string"], { type: { kind: "string" } }],
      [["discrete", "a b", ""], { type: { kind: "discrete", options: ["a b", ""] } }]
    ]
    for (const [type, expected] of table)
      assert.deepStrictEqual(read(["a.b", "A.", "m", ...type]), {
        sensor: { name: "a.b", doc: "A.", units: "m", ...expected } as never,
        notes: []
      })
  })

  it("refuses a sensor without a type; a name may have any bytes (P-081)", () => {
    assert.instanceOf(read(["a", "A.", ""]), Arg.Invalid)
    assert.instanceOf(read([]), Arg.Invalid)
    const found = read([Uint8Array.of(0xff), Uint8Array.of(0xfe), "", "discrete", Uint8Array.of(0x80)])
    assert.deepStrictEqual(found, {
      sensor: { name: "\udcff", doc: "\udcfe", units: "", type: { kind: "discrete", options: ["\udc80"] } },
      notes: []
    })
  })

  const words = Arbitrary.schema(
    Schema.Array(
      Schema.Union([
        Schema.Literals([
          "a",
          "",
          "integer",
          "float",
          "discrete",
          "lru",
          "address",
          "0",
          "1",
          "-1.5",
          "inf",
          "nan",
          "complex"
        ]),
        Schema.Uint8Array
      ])
    )
  )
  it.prop(
    "returns a valid description for any input, or a reason",
    { words, many: words },
    ({ many, words }) => {
      const informs = [
        words,
        ["a", "", "", ...words],
        ["b", "", "", "discrete", ...many],
        ["c", "", "", "integer", ...many]
      ]
      const sensors = informs.flatMap((values, at) => {
        const found = read(values)
        return found instanceof Arg.Invalid ? [] : [{ ...found.sensor, name: `s${at}` }]
      })
      const contract = { ...empty, sensors }
      assert.deepStrictEqual(Schema.decodeSync(Interface.ContractDescription)(contract), contract)
      assert.deepStrictEqual(Interface.describe(Interface.fromDescription(contract)), contract)
    },
    { arbitrary: { runs: 300, size: 12 } }
  )
  const empty = Interface.describe(Interface.make("dish"))
})
