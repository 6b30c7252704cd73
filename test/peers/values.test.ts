import { assert, describe, it } from "@effect/vitest"
import * as Equal from "effect/Equal"
import { Arg } from "katcp/Codec"
import { read, write } from "../Codec/arg/support.ts"
import { textOf, wire } from "../Codec/wire/support.ts"
import { initials, type Row, refused, tables } from "./values.ts"

const show = (value: unknown): string =>
  value === refused
    ? "refused"
    : typeof value === "string"
      ? JSON.stringify(value)
      : value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype
        ? `{${Object.values(value).map(show).join(" ")}}`
        : String(value)

const reading = (arg: Arg.Any, text: string): unknown => {
  const value = read(arg, wire(text))
  return value instanceof Arg.Invalid ? refused : value
}
const writing = (arg: Arg.Any, value: unknown): unknown => {
  const bytes = write(arg as Arg.Arg<unknown>, value)
  return bytes instanceof Arg.Invalid ? refused : textOf(bytes)
}

const same = (arg: Arg.Any, one: unknown, other: unknown): boolean =>
  one === other ||
  (one !== refused && other !== refused && (Equal.equals(one, other) || (arg as Arg.Arg<unknown>).equals(one, other)))

const hold = (arg: Arg.Any, { departure, value, way, wire: text }: Row): void => {
  if (way !== "write") {
    const wanted = departure !== undefined ? departure.ours : value
    const ours = reading(arg, text as string)
    assert.isTrue(same(arg, ours, wanted), `read as ${show(ours)}`)
  }
  if (way !== "read") {
    const wanted = departure !== undefined ? departure.ours : text
    assert.strictEqual(writing(arg, value), wanted)
  }
  if (departure !== undefined) assert.notStrictEqual(departure.ours, way === "read" ? value : text)
}

const arrow = { both: "<->", read: "->", write: "<-" } as const

for (const { arg, rows, title } of tables)
  describe(`${title}, as in the tables of other libraries`, () => {
    for (const row of rows) {
      const why = row.departure === undefined ? "" : `; ours ${show(row.departure.ours)}: ${row.departure.why}`
      it(`${show(row.wire)} ${arrow[row.way]} ${show(row.value)} (${row.peers})${why}`, () => hold(arg, row))
    }
  })

describe("values without a description", () => {
  for (const [arg, value, peers] of initials)
    it(`${arg.name} begins with ${show(value)} (${peers})`, () => {
      assert.isTrue((arg as Arg.Arg<unknown>).equals(arg.initial, value))
    })
})
