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
  it("is as wide as it has to be", () => {
    expect(table(columns, rows)).toEqual([
      "sensor                value        age",
      "receiver.temperature  <a long text>  5 s"
    ])
  })

  it("cuts the columns that are to be cut first, then the others, and none beyond 8", () => {
    expect(table(columns, rows, 36)[1]).toBe("receiver.temperature  <a long t…>  5 s")
    expect(table(columns, rows, 30)[1]).toBe("receiver.tempe…  <a long …>  5 s")
    expect(table(columns, rows, 5)[1]).toBe("receive…  <a long …>  5 s")
  })
})
