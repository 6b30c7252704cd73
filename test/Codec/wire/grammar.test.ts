import { assert, describe, it } from "@effect/vitest"
import { Message } from "katcp"
import { Arg, Dialect } from "katcp/Codec"
import { argumentsOf, one, parse, plain, textOf, wire } from "./support.ts"

describe("messages", () => {
  it("kind, name, id, arguments, end of line (P-001, P-002, P-020, P-050)", () => {
    for (const [line, kind] of [
      ["?set-rate[123] 4.1", "request"],
      ["!set-rate[123] 4.1", "reply"],
      ["#set-rate[123] 4.1", "inform"]
    ] as const) {
      const message = one(line)
      assert.isTrue(Message.isMessage(message))
      assert.deepStrictEqual(plain(message), { kind, name: "set-rate", id: 123, arguments: ["4.1"] })
    }
    assert.deepStrictEqual(plain(one("?watchdog")), { kind: "request", name: "watchdog", id: undefined, arguments: [] })
  })

  it("names: a letter, then letters, digits and -; upper case is another name (P-015, P-021)", () => {
    for (const name of ["a", "Z", "a-1", "WATCHDOG", "x--", "sensor-sampling", "n".repeat(3000)])
      assert.strictEqual(one(`?${name} x`).name, name)
    // names with the same hash do not take each other's place
    const many = Array.from({ length: 5000 }, (_, index) => `a${index}`)
    const found = parse([
      wire(many.map((name) => `?${name}\n`).join("")),
      wire(many.map((name) => `?${name}\n`).join(""))
    ])
    assert.deepStrictEqual(
      found.map((message) => Message.isMessage(message) && message.name),
      [...many, ...many]
    )
  })

  it("ids from 1 to 2147483647; the same id twice is two messages (P-050, P-054)", () => {
    for (const id of [1, 9, 10, 123456789, 2147483647]) assert.strictEqual(one(`?a[${id}]`).id, id)
    const twice = parse([wire("?sleep[5] 1\n?sleep[5] 1\n")])
    assert.deepStrictEqual(
      twice.map((message) => Message.isMessage(message) && message.id),
      [5, 5]
    )
    // not directly behind the name it is an argument
    assert.deepStrictEqual(plain(one("?a [1]")), { kind: "request", name: "a", id: undefined, arguments: ["[1]"] })
  })

  it("blanks and tabs, any number of them, stand between arguments and before the end (P-023)", () => {
    assert.deepStrictEqual(argumentsOf("?echo \t a \t\t b \t"), ["a", "b"])
    assert.deepStrictEqual(argumentsOf("?echo\ta\tb"), ["a", "b"])
    for (const line of ["?echo ", "?echo \t", "?echo[1]\t "]) assert.deepStrictEqual(argumentsOf(line), [])
    // other white space is content
    assert.deepStrictEqual(argumentsOf("?echo a\fb \v \xa0"), ["a\fb", "\v", "\xa0"])
  })

  it("lines as versions before 4 wrote them: one blank between arguments, times in whole milliseconds (P-316)", () => {
    const message = one("#sensor-status 1234567890500 1 pump.on nominal 1")
    assert.deepStrictEqual(plain(message), {
      kind: "inform",
      name: "sensor-status",
      id: undefined,
      arguments: ["1234567890500", "1", "pump.on", "nominal", "1"]
    })
    const time = message.bytes(0)!
    assert.strictEqual(Arg.Timestamp.decode(time, 0, time.length, Dialect.v4), 1234567890.5)
  })

  it("LF and CR each end a line, CRLF is a line and an empty one (P-022)", () => {
    for (const end of ["\n", "\r", "\r\n", "\n\r", "\n\n", "\r\r\n"]) {
      const found = parse([wire(`?a 1${end}?b${end}`)])
      assert.deepStrictEqual(
        found.map((message) => Message.isMessage(message) && message.toString()),
        ["?a 1", "?b"]
      )
    }
  })

  it("lines of blanks and tabs are ignored (P-024)", () => {
    assert.deepStrictEqual(parse([wire("\n\r\n  \t\n \r\t\r\n")]), [])
    assert.strictEqual(parse([wire("  \t\n?a\n \n")]).length, 1)
  })

  it("all plain bytes survive (P-016, P-025)", () => {
    for (let byte = 0; byte < 256; byte++) {
      const character = String.fromCharCode(byte)
      const [found] = parse([wire(`?a x${character}y ${character}\n`)])
      if ("\0\x1b".includes(character)) assert.isFalse(Message.isMessage(found))
      else if (character === "\\") assert.isFalse(Message.isMessage(found))
      else if ("\n\r".includes(character)) assert.deepStrictEqual(argumentsOf("?a x"), ["x"])
      else if (" \t".includes(character)) assert.deepStrictEqual(argumentsOf(`?a x${character}y`), ["x", "y"])
      else if (!Message.isMessage(found)) assert.fail(`byte ${byte}: ${found}`)
      else assert.deepStrictEqual(found.arguments.map(textOf), [`x${character}y`, character])
    }
  })

  it("names of all lengths, even those whose hashes are equal", () => {
    // Aa and BB have one hash, so have all names that are made of them in the same places
    const names = Array.from({ length: 24 }, (_, length) => "x".repeat(length)).flatMap((rest) =>
      ["Aa", "BB", `${rest}Aa`, `${rest}BB`, `Aa${rest}`, `BB${rest}`, `x${rest}`]
        .concat(["AaAa", "AaBB", "BBAa", "BBBB"].map((pair) => pair.slice(0, 2) + rest + pair.slice(2)))
        // these two have one place in the table of names and differ in the last letter only
        .concat("flfz", "flfE")
        .flatMap((name) => [name, name])
    )
    // a message of a short chunk, of a long one, and the last one of it
    for (const name of names) assert.strictEqual(one(`?${name}`).name, name)
    const found = parse([wire(names.map((name) => `?${name}\n`).join(""))])
    assert.deepStrictEqual(
      found.map((message) => (Message.isMessage(message) ? message.name : message)),
      names
    )
    for (const end of [" y\n", "[1]\n", "\n"])
      for (const name of names) {
        const [, last] = parse([wire(`#x ${"y".repeat(300)}\n!${name}${end}`)])
        assert.strictEqual(Message.isMessage(last) ? last.name : last, name)
      }
  })

  it("escapes (P-026)", () => {
    for (const [letter, stands] of [
      ["\\", "\\"],
      ["_", " "],
      ["0", "\0"],
      ["n", "\n"],
      ["r", "\r"],
      ["e", "\x1b"],
      ["t", "\t"],
      ["@", ""]
    ] as const) {
      assert.deepStrictEqual(argumentsOf(`?a \\${letter}`), [stands])
      assert.deepStrictEqual(argumentsOf(`?a b\\${letter}c \\${letter}\\${letter}`), [`b${stands}c`, stands + stands])
    }
    assert.deepStrictEqual(argumentsOf("?a \\\\n \\\\\\n"), ["\\n", "\\\n"])
  })

  it("\\@ stands for no character, wherever it is (P-027, P-028)", () => {
    assert.deepStrictEqual(argumentsOf("?a \\@"), [""])
    assert.deepStrictEqual(argumentsOf("?a \\@ \\@ x"), ["", "", "x"])
    assert.deepStrictEqual(argumentsOf("?a a\\@b \\@\\@ \\@x x\\@"), ["ab", "", "x", "x"])
    for (const copies of [10, 40, 50, 500])
      assert.deepStrictEqual(argumentsOf(`?a ${"abcd\\@\\_e".repeat(copies)}\\@`), ["abcd e".repeat(copies)])
  })

  it("escapes in any argument of many, even after the thirty-first", () => {
    for (const at of [0, 1, 30, 31, 32, 60]) {
      const words = Array.from({ length: 64 }, (_, index) => `w${index}`)
      words[at] = "a\\_b"
      const wanted = words.map((word) => (word === "a\\_b" ? "a b" : word))
      const message = one(`?x ${words.join(" ")}`)
      assert.deepStrictEqual(message.arguments.map(textOf), wanted)
      assert.deepStrictEqual(
        wanted.map((_, index) => message.text(index)),
        wanted
      )
    }
  })

  it("text is UTF-8, with U+DC80 to U+DCFF for other bytes; strictText then returns undefined (P-016, A-109)", () => {
    const message = one(
      `?x abc ${textOf(new TextEncoder().encode("é\u{1f52d}"))} a\xffb \\_\xc3\xa9 ${"long".repeat(10)}`
    )
    assert.deepStrictEqual(
      [0, 1, 2, 3, 4, 5].map((index) => message.text(index)),
      ["abc", "é\u{1f52d}", "a\udcffb", " é", "long".repeat(10), undefined]
    )
    assert.deepStrictEqual(
      [0, 1, 2, 3, 4, 5].map((index) => message.strictText(index)),
      ["abc", "é\u{1f52d}", undefined, " é", "long".repeat(10), undefined]
    )
    for (const index of [-1, 5, Number.NaN]) assert.isUndefined(message.bytes(index))
    assert.strictEqual(one("?x abc").strictText(1), undefined)
    // in chunks of all sizes, read byte by byte or four at once
    for (const size of [0, 1, 3, 5, 11, 12, 13, 300, 70_000, 200_000])
      for (const tail of ["é", "e"]) {
        const text = "x".repeat(size) + tail
        const bytes = new TextEncoder().encode(`#x a ${text} b\n`)
        const [found] = parse([bytes])
        assert.strictEqual(Message.isMessage(found) && found.text(1), text)
      }
    // the last bytes of a chunk are fewer than four
    for (let size = 0; size < 10; size++) {
      const text = `${"x".repeat(300)}é${"x".repeat(size)}`
      const [found] = parse([new TextEncoder().encode(`#x ${text}\n`)])
      assert.strictEqual(Message.isMessage(found) && found.text(0), text)
    }
  })
})

/** Lines, the byte at fault counted from 1, and the reason. Positions are those of katcp-codec 0.2.2. */
const faults: ReadonlyArray<readonly [string, number, string]> = [
  ["junk", 1, "Expected ?, ! or # at the beginning"],
  ["a?b", 1, "Expected ?, ! or # at the beginning"],
  ["\0", 1, "Expected ?, ! or # at the beginning"],
  ["\x1b", 1, "Expected ?, ! or # at the beginning"],
  ["\xff", 1, "Expected ?, ! or # at the beginning"],
  ["\\_", 1, "Expected ?, ! or # at the beginning"],
  [" ?watchdog", 2, "Expected ?, ! or # at the beginning"],
  ["\t\t x", 4, "Expected ?, ! or # at the beginning"],
  ["?", 2, "Expected a letter as the beginning of a name"],
  ["!", 2, "Expected a letter as the beginning of a name"],
  ["#", 2, "Expected a letter as the beginning of a name"],
  ["?1a", 2, "Expected a letter as the beginning of a name"],
  ["?-a", 2, "Expected a letter as the beginning of a name"],
  ["? a", 2, "Expected a letter as the beginning of a name"],
  ["?[1]", 2, "Expected a letter as the beginning of a name"],
  ["?\xe9", 2, "Expected a letter as the beginning of a name"],
  ["?a_b", 3, "Unexpected character in the name"],
  ["?a.b", 3, "Unexpected character in the name"],
  ["?a?b", 3, "Unexpected character in the name"],
  ["?a\\@", 3, "Unexpected character in the name"],
  ["?a\xff", 3, "Unexpected character in the name"],
  ["?x\0", 3, "Unexpected character in the name"],
  ["?a]", 3, "Unexpected character in the name"],
  ["?a[0]", 4, "Expected a message id from 1 to 2147483647"],
  ["?a[007]", 4, "Expected a message id from 1 to 2147483647"],
  ["?a[]", 4, "Expected a message id from 1 to 2147483647"],
  ["?a[", 4, "Expected a message id from 1 to 2147483647"],
  ["?a[a]", 4, "Expected a message id from 1 to 2147483647"],
  ["?a[-1]", 4, "Expected a message id from 1 to 2147483647"],
  ["?a[ 1]", 4, "Expected a message id from 1 to 2147483647"],
  ["?a[2147483648]", 4, "Expected a message id from 1 to 2147483647"],
  ["?a[99999999999]", 4, "Expected a message id from 1 to 2147483647"],
  [`?a[${"9".repeat(400)}]`, 4, "Expected a message id from 1 to 2147483647"],
  ["?a[1", 5, "Expected ] after the message id"],
  ["?a[1 x", 5, "Expected ] after the message id"],
  ["?a[1a]", 5, "Expected ] after the message id"],
  ["?a[1.5]", 5, "Expected ] after the message id"],
  ["?a[1\0", 5, "Expected ] after the message id"],
  ["?a[1]x", 6, "Expected a blank after the id"],
  ["?a[1][2]", 6, "Expected a blank after the id"],
  ["?a[1]\\", 6, "Expected a blank after the id"],
  ["?x \\z", 5, "Unknown escape"],
  ["?x \\N", 5, "Unknown escape"],
  ["?x \\", 5, "Unknown escape"],
  ["?x \\ y", 5, "Unknown escape"],
  ["?x \\\0", 5, "Unknown escape"],
  ["?x \\\xff", 5, "Unknown escape"],
  ["?a x\\z", 6, "Unknown escape"],
  ["?a b\\", 6, "Unknown escape"],
  ["?a \\@\\@\\", 9, "Unknown escape"],
  ["?a \\@ \\@ \\a", 11, "Unknown escape"],
  ["?x \0", 4, "Unescaped special character"],
  ["?x \x1b", 4, "Unescaped special character"],
  ["?x a\0b", 5, "Unescaped special character"],
  ["?x \\@\x1b", 6, "Unescaped special character"],
  [`?x ${"y".repeat(500)}\0`, 504, "Unescaped special character"],
  [`?x ${"y\\_".repeat(500)}\\x`, 1505, "Unknown escape"]
]

describe("syntax errors", () => {
  it("name the position of the faulty byte, from 1, and the expected text (P-010, P-021, P-029, P-030, P-050, A-121, B-111)", () => {
    for (const [line, position, reason] of faults) {
      for (const before of ["", "?a\n", `#x ${"y".repeat(300)}\n`, "\r\n  \n"]) {
        const found = parse([wire(`${before}${line}\n?next 1\n`)])
        const error = found.at(-2)
        assert.deepStrictEqual(error && plain(error), { reason, position, raw: line })
        assert.strictEqual(found.at(-1)?.toString(), "?next 1", "reading goes on behind the line (P-032)")
      }
    }
  })

  it("are the same wherever the line is cut in two (P-031, P-032)", () => {
    for (const [line, position, reason] of faults.filter(([line]) => line.length < 30)) {
      for (const end of ["\n", "\r", "\r\n"]) {
        const whole = wire(`?first 1${end}${line}${end}?next 2${end}`)
        for (let at = 0; at <= whole.length; at++) {
          const [first, error, next, ...others] = parse([whole.slice(0, at), whole.slice(at)])
          assert.strictEqual(first?.toString(), "?first 1")
          assert.deepStrictEqual(error && plain(error), { reason, position, raw: line })
          assert.strictEqual(next?.toString(), "?next 2")
          assert.deepStrictEqual(others, [])
        }
      }
    }
  })
})
