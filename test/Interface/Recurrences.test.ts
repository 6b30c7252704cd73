import { assert, describe, it } from "@effect/vitest"
import { Interface } from "katcp"

const lines = (of: Interface.Recurrences, kind: string, times: number, now: (index: number) => number = () => 0) => {
  const written: Array<string> = []
  for (let index = 0; index < times; index++) {
    const suffix = of.note(kind, now(index))
    if (suffix !== undefined) written.push(`${index + 1}${suffix}`)
  }
  return written
}

describe("Recurrences (P-414)", () => {
  it("logs the first five of a kind, then each time their number has doubled", () => {
    assert.deepStrictEqual(lines(new Interface.Recurrences(), "a", 50), [
      "1",
      "2",
      "3",
      "4",
      "5 (more of this kind are counted, not logged one by one)",
      "10 (number 10; 4 were not logged)",
      "20 (number 20; 9 were not logged)",
      "40 (number 40; 19 were not logged)"
    ])
  })

  it("logs 16 lines for 20,000 in a row", () => {
    assert.lengthOf(lines(new Interface.Recurrences(), "a", 20_000), 16)
  })

  it("logs a rare kind again after an hour", () => {
    const written = lines(new Interface.Recurrences(), "a", 12, (index) => index * 1_800_000)
    assert.deepStrictEqual(
      written.map((line) => Number.parseInt(line, 10)),
      [1, 2, 3, 4, 5, 7, 9, 11]
    )
  })

  it("distinguishes kinds up to a limit; above it all others are one kind", () => {
    const recurrences = new Interface.Recurrences({ maxKinds: 2 })
    assert.lengthOf(lines(recurrences, "a", 5), 5)
    assert.lengthOf(lines(recurrences, "b", 5), 5)
    let written = 0
    for (let index = 0; index < 1000; index++) if (recurrences.note(`other ${index}`, 0) !== undefined) written++
    assert.strictEqual(written, 5 + 7)
    assert.lengthOf(lines(recurrences, "a", 5), 1)
  })
})
