import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { KatcpSyntaxError, Message } from "katcp"
import { encode, Parser, unescapeArgument } from "katcp/Codec"
import { assemble, moduleFile } from "../../../scripts/assemble.ts"
import { chunkSizes, cut, parse, textOf, wire } from "./support.ts"

const codec = (name: string) => fileURLToPath(new URL(`../../../src/Codec/${name}`, import.meta.url))
const program = fileURLToPath(new URL("../programs/withoutVectors.ts", import.meta.url))

const values: Readonly<Record<string, string>> = {
  "\\\\": "\\",
  "\\_": " ",
  "\\0": "\0",
  "\\n": "\n",
  "\\r": "\r",
  "\\e": "\x1b",
  "\\t": "\t",
  "\\@": ""
}
const escapes = Object.keys(values)
/** Bytes of text, one byte a character; faster than `wire`. */
const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"))
/** An argument without its escapes, by the letter of the specification. */
const plain = (argument: string): string => argument.replace(/\\./gs, (escape) => values[escape]!)
/** The arguments of a line behind its name. */
const argumentsOf = (line: string): ReadonlyArray<string> =>
  line
    .split(/[ \t]+/)
    .filter((word) => word !== "")
    .slice(1)
    .map(plain)

/** Reads the line in every way that the library has, and compares with the reference. */
const check = (line: string, chunks: ReadonlyArray<Uint8Array> = [latin1(`${line}\n`)]): void => {
  const wanted = argumentsOf(line)
  const parser = new Parser()
  const found = chunks.flatMap((chunk) => parser.push(chunk))
  const [message] = found
  if (found.length !== 1 || !Message.isMessage(message)) return assert.fail(`${line.slice(0, 60)}: ${found.join()}`)
  const bytes = wanted.map(latin1)
  assert.strictEqual(message.length, wanted.length)
  wanted.forEach((_, index) => {
    if (!Buffer.from(bytes[index]!).equals(message.bytes(index)!))
      assert.fail(`${index} of ${line.length}: ${line.slice(0, 60)}`)
    if (message.text(index) !== Message.decodeText(bytes[index]!)) assert.fail(`text ${index}: ${line.slice(0, 60)}`)
  })
  const written = encode(Message.make(message.kind, message.name, bytes))
  // both when the wire form is copied and when it is not
  assert.isTrue(Buffer.from(encode(message)).equals(written))
  assert.isTrue(Buffer.from(encode(message.own())).equals(written))
}

/** The error of a line, with its end in the same chunk. */
const errorOf = (line: string): KatcpSyntaxError => {
  const found = new Parser().push(wire(`${line}\n!next\n`))
  assert.strictEqual(String(found[1]), "!next")
  if (!(found[0] instanceof KatcpSyntaxError)) return assert.fail(`no error in ${line.slice(0, 60)}`)
  return found[0]
}

/** Numbers that are the same in each run. */
const numbers = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return (state >>> 8) % below
  }
}
// the sizes at which another part reads: the loop, the first block, blocks, the room for text, text in pieces
const sizes = [62, 63, 64, 65, 127, 128, 129, 255, 256, 257, 271, 272, 273, 511, 512, 1279, 1280, 1281, 4096, 17000]
const blocks = [1024, 3072, 7168, 15360, 31744, 48128]

describe("the module", () => {
  it("is assembled from vectors.wat: run `node scripts/assemble.ts` after an edit", () => {
    const bytes = assemble(readFileSync(codec("vectors.wat"), "utf8"))
    assert.isTrue(WebAssemblyOf().validate(bytes))
    assert.strictEqual(readFileSync(codec("vectorsModule.ts"), "utf8"), moduleFile(bytes))
  })

  it("refuses text that it cannot assemble", () => {
    for (const source of [
      "(module (table 1))",
      "(module (func (i32.const)))",
      "(module (func (f32.nearest)))",
      "(module (func (local.get $x)))",
      "(module (func (br $x)))",
      "(module (func (v128.const i8x16 1)))",
      "(module",
      "(module))",
      "(component)"
    ])
      assert.throws(() => assemble(source))
  })

  it("is not needed: without WebAssembly everything reads the same", () => {
    const [fast, slow] = [[], ["--no-wasm"]].map((words) =>
      JSON.parse(execFileSync(process.execPath, [program, ...words], { encoding: "utf8" }))
    )
    assert.isTrue(fast.isFast)
    assert.isFalse(slow.isFast)
    assert.strictEqual(slow.digest, fast.digest)
    assert.isAbove(fast.messages, 100)
  })
})

const WebAssemblyOf = () =>
  (globalThis as unknown as { readonly WebAssembly: { validate(bytes: Uint8Array): boolean } }).WebAssembly

describe("a long argument", () => {
  it("of any size, with any escape at the beginning and the end (P-016, P-025)", () => {
    for (const size of sizes)
      for (const escape of escapes) {
        check(`?x ${escape}${"a".repeat(size)}`)
        check(`?x ${"a".repeat(size)}${escape}`)
        check(`?x 1 ${"a".repeat(size)}${escape}${"b".repeat(size)} 2`)
      }
  })

  it("with an escape at every offset (P-016, P-025)", () => {
    for (let at = 0; at < 700; at++) {
      const argument = "abcdefghijklmnopqrstuvw".repeat(40).slice(0, 700)
      const escape = escapes[at % escapes.length]!
      check(`?x ${argument.slice(0, at)}${escape}${argument.slice(at)} z`)
      check(`?x ${argument.slice(0, at)}${escape}${escape}\\\\${argument.slice(at)}`)
    }
  })

  it("with escapes across the borders of blocks (P-016, P-025)", () => {
    for (const border of blocks)
      for (let at = border + 250; at < border + 266; at++)
        for (const escape of ["\\_", "\\@", "\\\\", "\\\\\\\\\\n"])
          check(`?x ${"a".repeat(at)}${escape}${"b".repeat(2000)} z`)
  })

  it("of escapes only (P-016, P-025)", () => {
    for (const escape of escapes) for (const count of [31, 32, 33, 500, 20_000]) check(`?x ${escape.repeat(count)}`)
    for (const count of [500, 20_001]) check(`?x ${"\\_\\@\\\\a".repeat(count)}\\n`)
  })

  it("of several megabytes (P-017)", () => {
    const argument = `${"x".repeat(1_000_003)}\\_${"y".repeat(1_200_000)}\\\\\\n`
    check(`?x ${argument}`)
    check(`?x \xc3\xa9${argument.slice(600_000)} ${argument.replace(/\\./g, "z")}`)
  })

  it("with bytes that are not ASCII at every offset (A-111)", () => {
    for (let at = 0; at < 600; at += 1) {
      check(`?x ${"a".repeat(at)}\xc3\xa9${"b".repeat(600 - at)}`)
      check(`?x ${"a".repeat(at)}\xff\\_${"b".repeat(600 - at)}`)
    }
  })

  it("with control characters that need no escape (P-025)", () => {
    for (let byte = 1; byte < 0x20; byte++)
      if (![0x09, 0x0a, 0x0d, 0x1b].includes(byte))
        check(`?x ${"a".repeat(400)}${String.fromCharCode(byte).repeat(40)}\\n${"b".repeat(40)}`)
  })

  it("ends at the same byte for each end of line and blank (P-022)", () => {
    for (let size = 250; size < 300; size++)
      for (const end of ["\n", "\r", "\r\n", " \n", "\t\r", " z\n", "\tz\n"]) {
        const found = parse([wire(`?x ${"\\n".repeat(20)}${"a".repeat(size)}${end}!next\n`)])
        assert.strictEqual(String(found[1]), "!next")
        assert.strictEqual(Message.isMessage(found[0]) && found[0].bytes(0)!.length, size + 20)
      }
  })

  it("cut anywhere, in the middle of an escape too (P-031)", () => {
    const line = `?x ${"abc\\_d\\\\e\\@f".repeat(60)} z`
    const bytes = wire(`${line}\n`)
    for (let at = 0; at <= bytes.length; at++) check(line, [bytes.slice(0, at), bytes.slice(at)])
    const long = `?x ${"abc\\_d\\\\e\\@f".repeat(12_000)} z`
    const longBytes = wire(`${long}\n`)
    for (let at = 65_530; at < 65_545; at++)
      check(long, [longBytes.slice(0, at), longBytes.slice(at, 2 * at), longBytes.slice(2 * at)])
  })
})

describe("faults in a long argument", () => {
  it("are found at every offset, with their position (P-032)", () => {
    for (let at = 0; at < 700; at++) {
      const before = `?x ${"ab\\\\cdefgh".repeat(70).slice(0, at)}`
      // an escape that was cut off becomes another one
      const start = (/\\+$/.exec(before)?.[0].length ?? 0) % 2 === 1 ? before.slice(0, -1) : before
      const unknown = errorOf(`${start}\\x${"c".repeat(400)}`)
      assert.deepStrictEqual([unknown.reason, unknown.position], ["Unknown escape", start.length + 2])
      for (const byte of ["\0", "\x1b"]) {
        const raw = errorOf(`${start}${byte}${"c".repeat(400)}`)
        assert.deepStrictEqual([raw.reason, raw.position], ["Unescaped special character", start.length + 1])
      }
      const last = errorOf(`${start}\\`)
      assert.deepStrictEqual([last.reason, last.position], ["Unknown escape", start.length + 2])
    }
  })

  it("are found at the borders of blocks (P-032)", () => {
    for (const border of blocks)
      for (let at = border + 250; at < border + 266; at++) {
        const start = `?x ${"a".repeat(at)}`
        assert.strictEqual(errorOf(`${start}\\x${"b".repeat(2000)}`).position, start.length + 2)
        assert.strictEqual(errorOf(`${start}\\\\\0${"b".repeat(2000)}`).position, start.length + 3)
      }
  })

  it("are found by every letter (P-032)", () => {
    for (let letter = 0; letter < 256; letter++) {
      const escape = `\\${String.fromCharCode(letter)}`
      const line = `?x ${"a".repeat(400)}${escape}${"b".repeat(400)}`
      if (values[escape] !== undefined) check(line)
      // the end of the line, which cannot be escaped, is in another test
      else if (letter !== 0x0a && letter !== 0x0d) assert.strictEqual(errorOf(line).reason, "Unknown escape")
    }
  })
})

describe("many arguments", () => {
  it("of all kinds and blanks, around each number at which another part reads (P-016, P-021)", () => {
    const next = numbers(7)
    const words = [
      "1",
      "-12.5",
      "\\@",
      "a\\_b",
      "\\\\",
      "\\\\\\\\",
      "x\\@y",
      "\xff\xfe",
      "\x01",
      "a\\@",
      "\\@a",
      "0".repeat(20)
    ]
    const blanks = [" ", " ", " ", " ", " ", " ", " ", " ", "  ", "\t", " \t "]
    for (const count of [29, 30, 31, 32, 33, 63, 64, 65, 300, 2000, 9000])
      for (let time = 0; time < 6; time++) {
        // in every second line all blanks are single ones
        let line = "?x"
        for (let index = 0; index < count; index++)
          line += (time % 2 === 0 ? " " : blanks[next(blanks.length)]!) + words[next(words.length)]!
        check(line)
        check(`${line} `)
        check(line.replace(/x\\@y|a\\@|\\@a|\xff\xfe/g, "u"))
      }
  })

  it("with blanks at every offset of a block (P-021)", () => {
    for (let size = 1; size < 40; size++) check(`?x${` ${"a".repeat(size)}`.repeat(400)}`)
    for (let size = 1; size < 40; size++) check(`?x${` ${"a".repeat(size)}\\n`.repeat(400)}`)
  })

  it("and a long one among them (P-016)", () => {
    for (const count of [0, 20, 30, 31, 40, 100])
      check(`?x${" 12".repeat(count)} ${"ab\\_c".repeat(900)}${" 34".repeat(100)} ${"d".repeat(5000)} z`)
  })

  it("give errors with the position, wherever the fault is (P-032)", () => {
    for (let at = 0; at < 400; at++) {
      const start = `?x${" 12\\_3".repeat(at)}`
      const unknown = errorOf(`${start} 4\\x5${" 67".repeat(100)}`)
      assert.deepStrictEqual([unknown.reason, unknown.position], ["Unknown escape", start.length + 4])
      const raw = errorOf(`${start} 4\x1b${" 67".repeat(100)}`)
      assert.deepStrictEqual([raw.reason, raw.position], ["Unescaped special character", start.length + 3])
    }
  })

  it("are counted up to the limit (P-017)", () => {
    for (const maxArguments of [30, 31, 32, 33, 100, 500])
      for (const word of ["1", "12345", "a\\_b"])
        for (const more of [-1, 0, 1, 2, 300]) {
          const [found] = new Parser({ maxArguments }).push(wire(`?x${` ${word}`.repeat(maxArguments + more)}\n`))
          if (more <= 0) assert.strictEqual(Message.isMessage(found) && found.length, maxArguments + more)
          else {
            assert.strictEqual(found instanceof KatcpSyntaxError && found.reason, `More than ${maxArguments} arguments`)
            assert.strictEqual(
              found instanceof KatcpSyntaxError && found.position,
              4 + maxArguments * (word.length + 1)
            )
          }
        }
  })

  it("count towards the longest line (P-017)", () => {
    const line = `?x${" 12345".repeat(200)}`
    assert.isTrue(Message.isMessage(new Parser({ maxLine: line.length }).push(wire(`${line}\n`))[0]))
    const [error] = new Parser({ maxLine: line.length - 1 }).push(wire(`${line}\n!next\n`))
    assert.strictEqual(error instanceof KatcpSyntaxError && error.reason, `Line of more than ${line.length - 1} bytes`)
  })
})

const parts = [...escapes, "a", "bcdefghijklmnopq", "\xe9", "\x01", " ", "  ", "\t", " 1 2 3", "x".repeat(90)]
describe("any long line", () => {
  it.prop(
    "gives the arguments of the reference, in any chunks (P-016, P-021, P-031)",
    {
      indices: Arbitrary.array(Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1e6 }))), {
        minLength: 1,
        maxLength: 200
      }),
      copies: Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 12 }))),
      sizes: chunkSizes
    },
    ({ copies, indices, sizes }) => {
      const line = `?x ${indices
        .map((index) => parts[index % parts.length])
        .join("")
        .repeat(copies)}`
      check(line)
      const pieces = cut(
        wire(`${line}\n`),
        sizes.map((size) => size * 97)
      )
      check(line, pieces)
    },
    { arbitrary: { size: 200, runs: 300 } }
  )
})

describe("unescapeArgument", () => {
  it("takes long arguments", () => {
    for (const size of sizes) {
      const argument = `${"ab\\\\c\\_".repeat(size)}\\@`
      assert.strictEqual(textOf(Effect.runSync(unescapeArgument(wire(argument)))), plain(argument))
    }
  })
})
