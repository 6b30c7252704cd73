import { assert, describe, it } from "@effect/vitest"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import { Message } from "katcp"
import { Arg, ArgumentList, Dialect, Encoder, ParsedMessage, Parser } from "katcp/Codec"
import { bytesOf, dialects } from "./support.ts"

const { v4, v5 } = Dialect
type Argument = string | Uint8Array

/** The message as it is built, as it is parsed, and parsed again with all that follows in the same chunk. */
const messages = (values: ReadonlyArray<Argument>): ReadonlyArray<Message.Message> => {
  const built = Message.request("test", values)
  const encoder = new Encoder()
  encoder.message(built)
  encoder.message(Message.inform("other", ["x y", 5]))
  const line = encoder.take().flatMap((part) => [...part])
  const parsed = new Parser().push(Uint8Array.from(line))[0]
  return parsed instanceof ParsedMessage ? [built, parsed] : assert.fail("not parsed")
}

/** Reads the list from the arguments, in any form; the Schema must give the same. */
const decode = <F extends ArgumentList.Fields>(
  list: ArgumentList.ArgumentList<F>,
  values: ReadonlyArray<Argument>,
  dialect = v5
): ArgumentList.Decoded<F> | string => {
  const slow = Schema.decodeExit(list.schema(dialect))(values.map(bytesOf))
  const [first, ...others] = messages(values).map((message) => list.decode(message, 0, dialect))
  for (const other of others) assert.deepStrictEqual(other, first)
  if (first === undefined || first instanceof Arg.Invalid) {
    assert.isTrue(Exit.isFailure(slow))
    return first === undefined ? "" : first.message
  }
  if (Exit.isFailure(slow)) return assert.fail(`the Schema refuses ${values}`)
  assert.deepStrictEqual(slow.value, first)
  return first
}

/** Writes the list; the Schema must give the same for complete records. */
const encode = <F extends ArgumentList.Fields>(
  list: ArgumentList.ArgumentList<F>,
  record: ArgumentList.Input<F>,
  dialect = v5
): ReadonlyArray<Argument> | string => {
  const values = list.encode(record, dialect)
  return values instanceof Arg.Invalid ? values.message : values
}

const track = ArgumentList.make({ x: Arg.Float, y: Arg.Float, name: Arg.optional(Arg.Text) })
const rings = ArgumentList.make({
  id: Arg.Int,
  wait: Arg.withDefault(Arg.Float, 1.5),
  kinds: Arg.rest(Arg.Discrete("outer", "inner"))
})

describe("ArgumentList", () => {
  it("reads arguments by name in the order of the record (A-177, A-199, A-210)", () => {
    assert.deepStrictEqual(decode(track, ["1.5", "-2"]), { x: 1.5, y: -2 })
    assert.deepStrictEqual(decode(track, ["1.5", "-2", "M 31"]), { x: 1.5, y: -2, name: "M 31" })
    assert.deepStrictEqual(decode(track, ["1", "2", ""]), { x: 1, y: 2, name: "" })
    assert.deepStrictEqual(decode(ArgumentList.make({}), []), {})
  })

  it("an optional argument is absent, one with a default has it, the rest is empty (A-177, A-178)", () => {
    const record = decode(track, ["1", "2"])
    assert.isFalse(typeof record === "object" && "name" in record)
    assert.deepStrictEqual(decode(rings, ["7"]), { id: 7, wait: 1.5, kinds: [] })
    assert.deepStrictEqual(decode(rings, ["7", "2"]), { id: 7, wait: 2, kinds: [] })
    assert.deepStrictEqual(decode(rings, ["7", "2", "inner", "outer", "inner"]), {
      id: 7,
      wait: 2,
      kinds: ["inner", "outer", "inner"]
    })
  })

  it("begins at a given index, such as after the ok of a reply (A-202)", () => {
    const list = ArgumentList.make({ count: Arg.Int })
    for (const message of messages(["ok", "5"])) {
      assert.deepStrictEqual(list.decode(message, 1, v5), { count: 5 })
      const none = list.decode(message, 2, v5)
      assert.strictEqual(none instanceof Arg.Invalid && none.message, "Error in parameter 1 (count): it is missing")
      assert.isTrue(list.decode(message, 9, v5) instanceof Arg.Invalid)
    }
  })

  it("errors name position and parameter (A-196, Q-01)", () => {
    assert.strictEqual(decode(track, ["1", "b"]), 'Error in parameter 2 (y): expected a float, got "b"')
    assert.strictEqual(decode(track, ["1"]), "Error in parameter 2 (y): it is missing")
    assert.strictEqual(decode(track, []), "Error in parameter 1 (x): it is missing")
    assert.strictEqual(
      decode(rings, ["7", "2", "inner", "x"]),
      'Error in parameter 4 (kinds): expected one of outer, inner, got "x"'
    )
    assert.deepStrictEqual(decode(track, ["1", "2", Uint8Array.of(0xff)]), { x: 1, y: 2, name: "\udcff" })
    assert.strictEqual(
      decode(ArgumentList.make({ name: Arg.StrictText }), [Uint8Array.of(0xff)]),
      "Error in parameter 1 (name): expected UTF-8 text"
    )
  })

  it("too many arguments are refused (P-109, A-199, Q-01)", () => {
    assert.strictEqual(decode(track, ["1", "2", "3", "4"]), "Too many parameters given.")
    assert.strictEqual(decode(ArgumentList.make({}), ["x"]), "Too many parameters given.")
  })

  it("reads arguments with escapes, and bytes of any value (P-070, P-081)", () => {
    const list = ArgumentList.make({ text: Arg.Text, number: Arg.Int, all: Arg.rest(Arg.Bytes) })
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
    assert.deepStrictEqual(decode(list, ["a b\\\n\0 é", "5", bytes, "", "\t"]), {
      text: "a b\\\n\0 é",
      number: 5,
      all: [bytes, new Uint8Array(0), Uint8Array.of(9)]
    })
    const many = Array.from({ length: 100 }, (_, index) => (index % 3 === 0 ? " " : `${index}`))
    const texts = ArgumentList.make({ texts: Arg.rest(Arg.Text) })
    assert.deepStrictEqual(decode(texts, many), { texts: many })
    const blobs = ArgumentList.make({ texts: Arg.rest(Arg.Bytes) })
    assert.deepStrictEqual(decode(blobs, many), { texts: many.map(bytesOf) })
  })

  it("the dialect reaches each argument (A-205, A-211)", () => {
    const list = ArgumentList.make({ at: Arg.TimestampOrNow })
    assert.deepStrictEqual(decode(list, ["1500"], v4), { at: 1.5 })
    assert.deepStrictEqual(decode(list, ["1500"], v5), { at: 1500 })
    assert.deepStrictEqual(encode(list, { at: 1.5 }, v4), ["1500"])
    assert.strictEqual(
      encode(list, { at: "now" }, v4),
      'Error in parameter 1 (at): version 4 of the protocol has no "now"'
    )
  })

  it("writes a record in order, defaults included (A-180, A-204, A-210)", () => {
    assert.deepStrictEqual(encode(track, { y: 2, x: 1 }), ["1.0", "2.0"])
    assert.deepStrictEqual(encode(track, { x: 1, y: 2, name: undefined }), ["1.0", "2.0"])
    assert.deepStrictEqual(encode(track, { x: 1, y: 2, name: "a b" }), ["1.0", "2.0", "a b"])
    assert.deepStrictEqual(encode(rings, { id: 1, kinds: [] }), ["1", "1.5"])
    assert.deepStrictEqual(encode(rings, { id: 1, wait: 3, kinds: ["outer", "inner"] }), ["1", "3.0", "outer", "inner"])
    const bytes = ArgumentList.make({ bytes: Arg.Bytes })
    assert.deepStrictEqual(encode(bytes, { bytes: Uint8Array.of(1) }), [Uint8Array.of(1)])
  })

  it("errors of writing name position and parameter (A-180, A-196)", () => {
    const fault = (record: unknown): string => Reflect.apply(rings.encode, rings, [record, v5]).message
    assert.strictEqual(fault({}), "Error in parameter 1 (id): it is missing")
    assert.strictEqual(fault({ id: 1 }), "Error in parameter 3 (kinds): expected a list, got undefined")
    assert.strictEqual(fault({ id: 0.5, kinds: [] }), "Error in parameter 1 (id): expected an integer, got 0.5")
    assert.strictEqual(
      fault({ id: 1, kinds: ["outer", "x"] }),
      'Error in parameter 4 (kinds): expected one of outer, inner, got "x"'
    )
  })

  it("no argument can follow an omitted one", () => {
    const list = ArgumentList.make({
      a: Arg.optional(Arg.Int),
      b: Arg.withDefault(Arg.Int, 5),
      c: Arg.optional(Arg.Int),
      d: Arg.rest(Arg.Int)
    })
    assert.deepStrictEqual(encode(list, { d: [] }), [])
    assert.deepStrictEqual(encode(list, { b: 5, d: [] }), [])
    assert.deepStrictEqual(encode(list, { a: 1, d: [] }), ["1", "5"])
    assert.deepStrictEqual(encode(list, { a: 1, c: 2, d: [3] }), ["1", "5", "2", "3"])
    assert.strictEqual(encode(list, { b: 6, d: [] }), "Error in parameter 2 (b): it cannot be given without a")
    assert.strictEqual(encode(list, { a: 1, d: [9] }), "Error in parameter 4 (d): it cannot be given without c")
    const schema = Schema.encodeUnknownExit(list.schema(v5))
    for (const [record, good] of [
      [{ b: 5, d: [] }, true],
      [{ a: 1, b: 6, d: [] }, true],
      [{ b: 6, d: [] }, false],
      [{ a: 1, b: 5, d: [9] }, false]
    ] as const)
      assert.strictEqual(Exit.isSuccess(schema(record)), good)
  })

  it("refuses lists that are ambiguous on the wire (A-177)", () => {
    const make = (fields: ArgumentList.Fields) => () => ArgumentList.make(fields)
    assert.throws(make({ a: Arg.optional(Arg.Int), b: Arg.Int }), TypeError, "b is required")
    assert.throws(make({ a: Arg.withDefault(Arg.Int, 1), b: Arg.Int }), TypeError, "b is required")
    for (const last of [Arg.Int, Arg.optional(Arg.Int), Arg.withDefault(Arg.Int, 1), Arg.rest(Arg.Int)])
      assert.throws(make({ a: Arg.rest(Arg.Int), b: last }), TypeError, "b cannot follow the rest (a)")
    for (const key of ["0", "1", "42", "", "__proto__"])
      assert.throws(make({ [key]: Arg.Int }), TypeError, "cannot be a key")
    for (const key of ["a0", "-1", "1.5", "01", "constructor", "a b"]) {
      const list = ArgumentList.make({ [key]: Arg.Int })
      assert.deepStrictEqual(decode(list, ["5"]), { [key]: 5 })
    }
  })

  it("usage is a synopsis (P-104)", () => {
    assert.strictEqual(track.usage, "x y [name]")
    assert.strictEqual(rings.usage, "id [wait] [kinds ...]")
    assert.strictEqual(ArgumentList.make({}).usage, "")
    assert.deepStrictEqual([track.minimum, track.maximum], [2, 3])
    assert.deepStrictEqual([rings.minimum, rings.maximum], [1, Number.POSITIVE_INFINITY])
  })

  const Records = Schema.Array(
    Schema.Struct({
      a: Schema.Int,
      b: Schema.String,
      c: Schema.Uint8Array,
      d: Schema.Boolean,
      rest: Schema.Array(Schema.Number),
      left: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 }))
    })
  )
  it.prop(
    "decode(encode(x)) = x through the wire, by both paths (A-210)",
    { records: Records },
    ({ records }) => {
      const list = ArgumentList.make({
        a: Arg.Int,
        b: Arg.Text,
        c: Arg.optional(Arg.Bytes),
        d: Arg.withDefault(Arg.Boolean, true),
        rest: Arg.rest(Arg.Float)
      })
      for (const dialect of dialects)
        for (const { a, b, c, d, left, rest } of records) {
          const record = {
            // there is no integer −0
            a: a + 0,
            b: b.toWellFormed(),
            d: left > 0 || d,
            rest: left > 0 ? [] : rest.map((value) => value + 0),
            ...(left > 1 ? {} : { c })
          }
          const values = list.encode(record, dialect)
          if (values instanceof Arg.Invalid) return assert.fail(values.message)
          assert.deepStrictEqual(decode(list, values, dialect), record)
          assert.deepStrictEqual(Schema.encodeSync(list.schema(dialect))(record), values.map(bytesOf))
        }
    },
    { arbitrary: { runs: 40, size: 40 } }
  )
})
