import { describe, expect, it } from "vitest"
import { type Column, table } from "../../src/Cli/show/table.ts"

const columns: ReadonlyArray<Column> = [
  { title: "sensor", shrinks: "last" },
  { title: "value", shrinks: "first" },
  { title: "age", right: true }
]
const rows = [
  [{ text: "receiver.temperature" }, { text: "a long text", show: (text: string) => `<${text}>` }, { text: "5 s" }]
]

describe("table", () => {
  it("is only as wide as needed", () => {
    expect(table(columns, rows)).toEqual([
      "sensor                value        age",
      "receiver.temperature  <a long text>  5 s"
    ])
  })

  it("cuts the columns of low priority first, then the others, but none below 8", () => {
    expect(table(columns, rows, 36)[1]).toBe("receiver.temperature  <a long t…>  5 s")
    expect(table(columns, rows, 30)[1]).toBe("receiver.tempe…  <a long …>  5 s")
    expect(table(columns, rows, 5)[1]).toBe("receive…  <a long …>  5 s")
  })

  it("is not padded to a value of a megabyte, which is printed in full", () => {
    const many = Array.from({ length: 10_000 }, (_, at) => [{ text: `s${at}` }, { text: "1" }, { text: "5 s" }])
    const lines = table(columns, [...many, [{ text: "big" }, { text: "x".repeat(1_000_000) }, { text: "5 s" }]])
    expect(lines[1]).toBe("s0      1      5 s")
    expect(lines.at(-1)).toBe(`big     ${"x".repeat(1_000_000)}  5 s`)
  })
})
