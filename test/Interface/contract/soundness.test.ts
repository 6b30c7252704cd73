/** Compatible contracts are compatible: devices of one read everything that clients of the other send, and back. */
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Equal from "effect/Equal"
import { Message } from "katcp"
import { Arg, type ArgumentList, Dialect } from "katcp/Codec"
import * as Interface from "katcp/Interface"
import { among, between, fieldLists, oneOf, ownTypes } from "./support.ts"

type Type = Arg.TypeDescription
type List = ReadonlyArray<Interface.FieldDescription>
const { all, array, Constant, map } = Arbitrary

/** Types that are near to another one: with more or fewer values, or of another kind. */
const near = (type: Type, other: Type): ReadonlyArray<Type> => {
  const options = "options" in type ? type.options : ["nominal", "error", "0", "1"]
  const numeric = ["integer", "safe-integer", "big-integer", "float", "timestamp", "strict-timestamp"] as const
  return [
    other,
    { kind: "string" },
    { kind: "bytes" },
    { kind: "discrete", options: [...options, "more"] },
    { kind: "discrete", options: options.slice(0, 1) },
    { kind: "discrete-any-case", options: [...new Set([...options, "more"].map((option) => option.toUpperCase()))] },
    ...(type.kind === "discrete-list"
      ? [
          { ...type, options: [...options, "oomore"] },
          { ...type, all: "" }
        ]
      : []),
    ...(other.kind === "union" || type.kind === "union" ? [] : [{ kind: "union", members: [type, other] } as const]),
    ...(type.kind === "union" ? type.members : []),
    ...numeric.map((kind) => ({ kind })),
    ...numeric.map((kind) => ({ ...type, kind, minimum: 0 }) as Type).filter(() => "minimum" in type),
    { kind: "timestamp-or-now" },
    { kind: "struct", fields: [{ name: "x", packed: "u8" }] }
  ]
}

/** Arguments of many types. */
const candidates = [
  ..."0 1 -1 7 100 1000 -1000 9007199254740991 9007199254740992 99999999999999999999999 -5".split(" "),
  ..."0.0 0.125 -0.5 1e22 1e-07 inf -inf nan now 1234567890.5 nominal error NOMINAL more MORE".split(" "),
  ..."127.0.0.1 [::1]:80 3+4j j a b abc all * oa o oomore".split(" "),
  "",
  "\0",
  "\0\0\0",
  "o, o",
  "x y"
]

/** The output of a type for everything that it reads among the candidates. */
const writes = (type: Type): ReadonlyArray<string | Uint8Array> => {
  const known = written.get(type)
  if (known !== undefined) return known
  const arg = Arg.fromDescription(type)
  const options = "options" in type ? type.options : []
  const texts = [...candidates, ...options, ...options.map((option) => option.toUpperCase()), options.join(",")]
  const all = texts.flatMap((text) => {
    const value: unknown = Arg.fromWireValue(arg, text)
    if (value instanceof Arg.Invalid) return []
    const argument: string | Uint8Array | Arg.Invalid = arg.encode(value, Dialect.v5)
    return argument instanceof Arg.Invalid ? [] : [argument]
  })
  written.set(type, all)
  return all
}
const written = new WeakMap<Type, ReadonlyArray<string | Uint8Array>>()

/** The arguments of messages of a list: the n-th of each type, as many as `count` says beyond what must be there. */
const message = (list: List, nth: number, count: number): Message.Message | undefined => {
  const single = list.filter(({ presence }) => presence !== "rest")
  const required = single.filter(({ presence }) => presence === undefined).length
  const rest = list.find(({ presence }) => presence === "rest")
  const some = single.slice(0, required + count)
  const more = some.length === single.length && rest !== undefined ? Array(count).fill(rest) : []
  const values = [...some, ...more].map(({ type }) => {
    const written = writes(type)
    return written[nth % Math.max(1, written.length)]
  })
  return values.every((value) => value !== undefined) ? Message.request("point", values) : undefined
}

const contract = (args: List, reply: List): Interface.ContractDescription => ({
  format: "katcp-contract-1",
  id: "a",
  version: "a",
  build: "a",
  requests: [{ kind: "typed", name: "point", doc: "", args, reply, informs: [] }],
  sensors: []
})

const listOf = (list: List): ArgumentList.ArgumentList<ArgumentList.Fields> | undefined => {
  try {
    const request = Interface.fromDescription(contract(list, [])).requests.get("point")
    return request?._tag === "Request" ? request.args : undefined
  } catch {
    // an edit that makes no sense
    return undefined
  }
}

type Edit = (list: List, at: number, other: Type) => List

const edits: ReadonlyArray<Edit> = [
  (list) => list,
  (list, at, other) =>
    list.map((field, index) => {
      const choices = near(field.type, other)
      return index === at % list.length ? { name: field.name, type: choices[at % choices.length]! } : field
    }),
  (list, at, other) =>
    list.map((field) => ({ ...field, type: near(field.type, other)[at % near(field.type, other).length]! })),
  (list) => list.slice(0, -1),
  (list, _, type) => [...list, { name: "new", type }],
  (list, _, type) => [...list, { name: "new", type, presence: "optional" }],
  (list, _, type) => [...list, { name: "new", type, presence: "rest" }],
  (list) => list.map((field, at) => (at === list.length - 1 ? { name: field.name, type: field.type } : field)),
  (list) =>
    list.map(({ name, type }, at) => (at === list.length - 1 ? { name, type, presence: "optional" } : { name, type })),
  (list) =>
    list.map(({ name, type }, at) => (at === list.length - 1 ? { name, type, presence: "rest" } : { name, type })),
  (list) => list.map((field) => ({ ...field, name: `${field.name}x` }))
]

const bare = (list: List): List =>
  list.map(({ name, presence, type }) => ({ name, type, ...(presence === undefined ? {} : { presence }) }))

const pairs = map(
  all({
    list: fieldLists,
    types: array(ownTypes, { minLength: 2, maxLength: 2 }),
    edits: array(oneOf(...edits.map(Constant)), { minLength: 1, maxLength: 2 }),
    at: between(0, 1000),
    back: among(true, false)
  }),
  ({ at, back, edits, list, types }) => {
    const before = bare(list)
    const after = edits.reduce((edited, edit, index) => edit(edited, at + index, types[index]!), before)
    return back ? { before: after, after: before } : { before, after }
  }
)

const breaks = (before: Interface.ContractDescription, after: Interface.ContractDescription) =>
  Interface.compare(before, after).some(Interface.isBreaking)

/** Fails where the reader does not read all that the sender writes. */
const reads = (sender: List, reader: List): void => {
  const [sent, read] = [listOf(sender)!, listOf(reader)!]
  const largest = Math.max(0, ...sender.map(({ type }) => writes(type).length))
  for (let nth = 0; nth < largest; nth++)
    for (const count of [0, 1, 3]) {
      const written = message(sender, nth, count)
      if (written === undefined || sent.decode(written, 0, Dialect.v5) instanceof Arg.Invalid) continue
      const decoded = read.decode(written, 0, Dialect.v5)
      if (decoded instanceof Arg.Invalid) assert.fail(`${written}: ${decoded.message}`)
    }
}

describe("a change that compare calls compatible", () => {
  const judged = { args: 0, reply: 0 }
  it.prop(
    "is compatible: the messages of one side are read by the other",
    { pair: pairs },
    ({ pair: { after, before } }) => {
      if (listOf(before) === undefined || listOf(after) === undefined || Equal.equals(before, after)) return
      if (!breaks(contract(before, []), contract(after, []))) {
        judged.args++
        reads(before, after)
      }
      if (!breaks(contract([], before), contract([], after))) {
        judged.reply++
        reads(after, before)
      }
    },
    { arbitrary: { runs: 500, size: 20 }, timeout: 600_000 }
  )

  it("occurs often enough in the test", () => {
    assert.isAbove(judged.args, 40)
    assert.isAbove(judged.reply, 40)
  })
})
