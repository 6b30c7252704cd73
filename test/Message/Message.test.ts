import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Equal from "effect/Equal"
import * as Hash from "effect/Hash"
import * as Schema from "effect/Schema"
import { Message } from "katcp"
import { Parser } from "katcp/Codec"

const encoder = new TextEncoder()
const bytes = (...values: ReadonlyArray<number>): Uint8Array => Uint8Array.from(values)
const texts = (message: Message.Message): ReadonlyArray<string | undefined> =>
  Array.from({ length: message.length }, (_, index) => message.text(index))

const parsed = (line: string): Message.Message => {
  const [found] = new Parser().push(encoder.encode(`${line}\n`))
  return Message.isMessage(found) ? found : assert.fail(String(found))
}

describe("constructors", () => {
  it("make, request, reply and inform give kind, name, arguments and id (P-002, A-101, A-102, A-103, A-104, A-109)", () => {
    for (const [message, kind] of [
      [Message.request("set-rate", ["4.1"], { id: 123 }), "request"],
      [Message.reply("set-rate", ["4.1"], { id: 123 }), "reply"],
      [Message.inform("set-rate", ["4.1"], { id: 123 }), "inform"],
      [Message.make("inform", "set-rate", ["4.1"], { id: 123 }), "inform"]
    ] as const) {
      assert.strictEqual(message.kind, kind)
      assert.strictEqual(message.name, "set-rate")
      assert.strictEqual(message.id, 123)
      assert.strictEqual(message.length, 1)
      assert.deepStrictEqual(message.arguments, [encoder.encode("4.1")])
      assert.deepStrictEqual(message.bytes(0), encoder.encode("4.1"))
      assert.strictEqual(message.text(0), "4.1")
    }
  })

  it("arguments and id may be left out, and are then undefined (A-101, A-109)", () => {
    const message = Message.request("watchdog")
    assert.strictEqual(message.id, undefined)
    assert.strictEqual(message.length, 0)
    assert.deepStrictEqual(message.arguments, [])
    for (const index of [0, 1, -1]) {
      assert.isUndefined(message.bytes(index))
      assert.isUndefined(message.text(index))
    }
    assert.strictEqual(Message.request("watchdog", [], { id: undefined }).id, undefined)
  })

  it("a name is a letter, then letters, digits and - (P-021, P-033, A-117)", () => {
    for (const name of ["a", "Z", "a-1", "set-rate", "a--", "WATCHDOG", "x".repeat(1000)]) {
      assert.isTrue(Message.isName(name))
      assert.strictEqual(Message.request(name).name, name)
    }
    for (const name of ["", "-a", "1a", "a_b", "a.b", "a b", "a\n", "\na", "é", "aé", "?a", "a[1]"]) {
      assert.isFalse(Message.isName(name))
      assert.throws(() => Message.request(name), TypeError, "is not a message name")
      assert.throws(() => Message.reply(name), TypeError)
      assert.throws(() => Message.inform(name), TypeError)
      assert.throws(() => Message.make("request", name), TypeError)
    }
  })

  it("an id is whole, from 1 to 2147483647 (P-033, P-050, A-117, B-108)", () => {
    assert.strictEqual(Message.maxId, 2 ** 31 - 1)
    for (const id of [1, 7, 2147483647]) {
      assert.isTrue(Message.isId(id))
      assert.strictEqual(Message.request("a", [], { id }).id, id)
    }
    for (const id of [0, -1, 1.5, 2147483648, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.isFalse(Message.isId(id))
      assert.throws(() => Message.request("a", [], { id }), RangeError, "is not a message id")
    }
  })

  it("a kind is one of three (P-002, P-033, A-117)", () => {
    for (const kind of ["", "Request", "toString"])
      assert.throws(() => Message.make(kind as Message.Kind, "a"), TypeError, "is not a kind")
  })

  it("an answer has the name and the id of its request (P-051, P-052, P-053, A-105, A-106)", () => {
    for (const id of [5, undefined]) {
      const request = Message.request("help", ["x"], { id })
      const inform = Message.informFor(request, ["x", "Does x."])
      const reply = Message.replyTo(request, ["ok", 1])
      assert.deepStrictEqual([inform.kind, inform.name, inform.id], ["inform", "help", id])
      assert.deepStrictEqual([reply.kind, reply.name, reply.id], ["reply", "help", id])
      assert.deepStrictEqual(texts(inform), ["x", "Does x."])
      assert.deepStrictEqual(texts(reply), ["ok", "1"])
    }
    assert.strictEqual(Message.replyTo(parsed("?WATCHDOG[9]"), ["invalid"]).toString(), "!WATCHDOG[9] invalid")
  })
})

describe("arguments", () => {
  it("plain values become bytes (A-107, B-110)", () => {
    const message = Message.inform("x", ["é ", 1.5, 10, 10n ** 20n, true, false, bytes(0, 255), ""])
    assert.deepStrictEqual(message.arguments, [
      bytes(0xc3, 0xa9, 0x20),
      encoder.encode("1.5"),
      encoder.encode("10"),
      encoder.encode("100000000000000000000"),
      encoder.encode("1"),
      encoder.encode("0"),
      bytes(0, 255),
      bytes()
    ])
  })

  it("text is UTF-8, with U+DC80 to U+DCFF for bytes that are not (A-109, B-110)", () => {
    const message = Message.inform("x", ["añ\u{1f52d}", bytes(0x61, 0xff, 0x62), bytes(0xef, 0xbb, 0xbf, 0x61)])
    assert.deepStrictEqual(texts(message), ["añ\u{1f52d}", "a\udcffb", "\ufeffa"])
    assert.deepStrictEqual(texts(parsed("#x añ\u{1f52d} \ufeffa")), ["añ\u{1f52d}", "\ufeffa"])
  })
})

describe("guards", () => {
  it("tell messages and their kinds (A-110)", () => {
    const all = [Message.request("a"), Message.reply("a"), Message.inform("a")]
    const kinds = (test: (message: Message.Message) => boolean) => all.map(test)
    assert.deepStrictEqual(kinds(Message.isMessage), [true, true, true])
    assert.deepStrictEqual(kinds(Message.isRequest), [true, false, false])
    assert.deepStrictEqual(kinds(Message.isReply), [false, true, false])
    assert.deepStrictEqual(kinds(Message.isInform), [false, false, true])
    assert.isTrue(Message.isMessage(parsed("?a")))
    for (const other of [undefined, null, "?a", {}, { kind: "request", name: "a" }])
      assert.isFalse(Message.isMessage(other))
  })

  it("isOk: a reply whose code is ok; any other word or none is a failure (P-005, P-008, A-116)", () => {
    assert.isTrue(Message.isOk(Message.reply("x", ["ok"])))
    assert.isTrue(Message.isOk(Message.reply("x", ["ok", 2])))
    for (const code of ["fail", "invalid", "busy", "OK", "okay", ""])
      assert.isFalse(Message.isOk(Message.reply("x", [code])))
    assert.isFalse(Message.isOk(Message.reply("x")))
    assert.isFalse(Message.isOk(Message.inform("x", ["ok"])))
    assert.isFalse(Message.isOk(Message.request("x", ["ok"])))
  })
})

describe("equality", () => {
  const base = () => Message.request("a", ["x", 1], { id: 3 })

  it("same kind, name, id and bytes: equal, with the same hash (A-114)", () => {
    for (const same of [base(), parsed("?a[3] x 1"), Message.request("a", [bytes(0x78), "1"], { id: 3 })]) {
      assert.isTrue(Equal.equals(base(), same))
      assert.isTrue(Equal.equals(same, base()))
      assert.strictEqual(Hash.hash(same), Hash.hash(base()))
    }
    assert.isTrue(Equal.equals(parsed("?a a\\_b\\@"), Message.request("a", ["a b"])))
  })

  it("any difference: not equal (A-114)", () => {
    for (const other of [
      Message.reply("a", ["x", 1], { id: 3 }),
      Message.request("b", ["x", 1], { id: 3 }),
      Message.request("a", ["x", 1], { id: 4 }),
      Message.request("a", ["x", 1]),
      Message.request("a", ["x"], { id: 3 }),
      Message.request("a", ["x", 1, ""], { id: 3 }),
      Message.request("a", ["x", 2], { id: 3 }),
      Message.request("a", ["x1"], { id: 3 }),
      Message.request("a", ["x", "11"], { id: 3 }),
      parsed("?a[3] x 2")
    ]) {
      assert.isFalse(Equal.equals(base(), other))
      assert.isFalse(Equal.equals(other, base()))
      assert.notStrictEqual(Hash.hash(other), Hash.hash(base()))
    }
    assert.isFalse(Equal.equals(base(), "?a[3] x 1"))
  })
})

describe("readable form", () => {
  it("kind, name, id and arguments; quoted where they have blanks or controls (A-112)", () => {
    assert.strictEqual(Message.request("watchdog").toString(), "?watchdog")
    assert.strictEqual(String(Message.reply("set-rate", ["ok", 4.1], { id: 7 })), "!set-rate[7] ok 4.1")
    assert.strictEqual(`${Message.inform("x", ["", "a b", "\n", '"', "é", "\\"])}`, '#x "" "a b" "\\n" "\\"" é "\\\\"')
  })

  it("nothing in it moves a terminal's cursor or changes the writing direction (A-112)", () => {
    const text = Message.inform("x", ["\u0085", "\u009b2J", "a\u202eb", "\x1b[2J", "\x7f"]).toString()
    assert.strictEqual(text, '#x "\\u{85}" "\\u{9b}2J" "a\\u{202e}b" "\\u001b[2J" "\\u{7f}"')
  })

  it("arguments over 1000 characters are shortened and marked (A-113)", () => {
    const cut = `${"x".repeat(1000)}...`
    assert.strictEqual(Message.request("a", ["x".repeat(1001)]).toString(), `?a ${cut}`)
    assert.strictEqual(Message.request("a", ["x".repeat(1000)]).toString(), `?a ${"x".repeat(1000)}`)
    assert.deepStrictEqual(Message.request("a", ["x".repeat(5000), "b"], { id: 1 }).toJSON(), {
      _id: "katcp/Message",
      kind: "request",
      name: "a",
      id: 1,
      arguments: [cut, "b"]
    })
    // the cut is not in the middle of a character that the reader sees
    assert.strictEqual(Message.request("a", ["é".repeat(1001)]).toString(), `?a ${"é".repeat(1000)}...`)
  })

  it("a JSON form without an id has none (A-113)", () => {
    assert.strictEqual(
      JSON.stringify(Message.inform("a", ["b"])),
      '{"_id":"katcp/Message","kind":"inform","name":"a","arguments":["b"]}'
    )
  })

  it.prop(
    "never throws, whatever the bytes are (A-112, A-113)",
    { argument: Schema.Uint8Array },
    ({ argument }) => {
      for (const message of [Message.request("a", [argument]), Message.inform("a", [argument, argument], { id: 1 })]) {
        assert.isTrue(message.toString().length > 0)
        assert.isTrue(inspect(message).startsWith(message.toString().slice(0, 3)))
        assert.isTrue(JSON.stringify(message).includes("katcp/Message"))
        assert.isFalse(/[\p{C}]/u.test(message.toString().replaceAll("\ufffd", "")))
      }
    },
    { arbitrary: { size: 40, runs: 200 } }
  )
})
