import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import type { Client } from "katcp"
import { exactly, matcherOf } from "../../../src/Client/sensors/filter.ts"

const matching = (filter: Client.SensorFilter, names: ReadonlyArray<string>) => names.filter(matcherOf(filter).matches)

/** A glob as it is defined: what is left of the pattern against what is left of the name. */
const byDefinition = (pattern: string, name: string): boolean => {
  const [first, ...rest] = pattern
  if (first === undefined) return name === ""
  const tail = rest.join("")
  if (first === "*") return byDefinition(tail, name) || (name !== "" && byDefinition(pattern, name.slice(1)))
  return name !== "" && (first === "?" || first === name[0]) && byDefinition(tail, name.slice(1))
}

const textOf = (letters: string, longest: number) =>
  Schema.Array(Schema.Literals([...letters])).check(Schema.isMaxLength(longest))

describe("a filter of sensors", () => {
  it("that is a name selects this sensor", () => {
    assert.deepStrictEqual(matching("a.b", ["a.b", "axb", "a.bc", "A.B", ""]), ["a.b"])
    assert.strictEqual(matcherOf("a.b").exact, "a.b")
    assert.strictEqual(exactly("a*?").exact, "a*?")
    assert.isTrue(exactly("a*?").matches("a*?"))
    assert.isFalse(exactly("a*?").matches("abc"))
  })

  it("that is a glob: * is any text, ? any one character, and nothing else is special", () => {
    const names = ["ant.az", "ant.az.rate", "ant.el", "bant.az", "antxaz", "a(b)[c]{d}^$|+\\", "line\nbreak"]
    assert.deepStrictEqual(matching("ant.*", names), ["ant.az", "ant.az.rate", "ant.el"])
    assert.deepStrictEqual(matching("*.az", names), ["ant.az", "bant.az"])
    assert.deepStrictEqual(matching("*.a?", names), ["ant.az", "bant.az"])
    assert.deepStrictEqual(matching("ant?az*", names), ["ant.az", "ant.az.rate", "antxaz"])
    assert.deepStrictEqual(matching("a(b)[c]{?}^$|+\\", names), ["a(b)[c]{d}^$|+\\"])
    assert.deepStrictEqual(matching("line?b*", names), ["line\nbreak"])
    assert.deepStrictEqual(matching("*", names), names)
    assert.deepStrictEqual(matching("***", names), names)
    assert.deepStrictEqual(matching("?", ["", "a", "*", "ab"]), ["a", "*"])
  })

  it.prop(
    "that is a glob matches by its definition",
    { pattern: textOf("ab.*?", 8), name: textOf("ab.", 10) },
    ({ name, pattern }) => {
      assert.strictEqual(
        matcherOf(pattern.join("")).matches(name.join("")),
        byDefinition(pattern.join(""), name.join(""))
      )
    },
    { arbitrary: { runs: 2000 } }
  )

  it("that is a glob takes no longer than its length times that of the name: with each way tried it would never end", () => {
    const { matches } = matcherOf(`${"*a".repeat(50)}*b`)
    assert.isFalse(matches("a".repeat(5000)))
  })

  it("that is a regular expression matches anywhere in a name, with its flags, and without state", () => {
    const names = ["ant.az", "ANT.el", "wind"]
    for (const filter of [/ant\./i, /ant\./gi, /ant\./iy, /ant\./dgiy])
      for (let turn = 0; turn < 3; turn++) assert.deepStrictEqual(matching(filter, names), ["ant.az", "ANT.el"])
    // where a sticky one begins is of no account
    assert.deepStrictEqual(matching(/in/y, names), ["wind"])
    assert.deepStrictEqual(matching(/^\p{Lu}/u, names), ["ANT.el"])
    const own = /ant/g
    own.lastIndex = 3
    matching(own, names)
    assert.strictEqual(own.lastIndex, 3)
  })

  it("that is a function is called for each name", () => {
    assert.deepStrictEqual(
      matching((name) => name.length === 4, ["wind", "ant"]),
      ["wind"]
    )
  })
})
