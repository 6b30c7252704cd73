import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import { KatcpSyntaxError, Message } from "katcp"
import { defaultMaxLine, ParsedMessage, Parser } from "katcp/Codec"
import { parse, plain, textOf, wire } from "./support.ts"

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void

const lines: ReadonlyArray<string> = [
  "?watchdog",
  "?a[1]",
  "!a[2147483647] ok",
  "#version-connect katcp-protocol 5.1-BIMT",
  "?echo \t a\\_b \t\\@ \\\\\\n\\r\\t\\e\\0 \xff\xfe ",
  `#long ${"x".repeat(40)} ${"y\\_".repeat(20)} z`
]

describe("chunks", () => {
  it("any line may be cut anywhere, with any end (P-022, P-031)", () => {
    for (const end of ["\n", "\r", "\r\n"]) {
      for (const line of lines) {
        const bytes = wire(`?before${end}${line}${end}#behind 2${end}`)
        const wanted = parse([bytes]).map(plain)
        assert.strictEqual(wanted.length, 3)
        for (let at = 0; at <= bytes.length; at++)
          assert.deepStrictEqual(parse([bytes.slice(0, at), bytes.slice(at)]).map(plain), wanted)
      }
    }
  })

  it("one byte at a time (P-031)", () => {
    const bytes = wire(lines.map((line) => `${line}\r\n`).join(""))
    assert.deepStrictEqual(
      parse(Array.from(bytes, (byte) => Uint8Array.of(byte))).map(plain),
      parse([bytes]).map(plain)
    )
  })

  it("CR and LF of one end in two chunks end one line (P-022)", () => {
    const found = parse([wire("?a\r"), wire("\n?b\r"), wire("\n"), wire("\r"), wire("\n?c\n")])
    assert.deepStrictEqual(found.map(String), ["?a", "?b", "?c"])
  })

  it("empty chunks change nothing", () => {
    const nothing = new Uint8Array(0)
    assert.deepStrictEqual(parse([nothing, wire("?a"), nothing, wire(" b\n"), nothing]).map(String), ["?a b"])
  })

  it("input that is fed before the rest was read stays in order", () => {
    const parser = new Parser()
    parser.feed(wire("?a\n?b\n?c"))
    assert.strictEqual(String(parser.next()), "?a")
    parser.feed(wire("c\n?d\n"))
    parser.feed(wire("?e"))
    assert.strictEqual(String(parser.next()), "?b")
    assert.strictEqual(String(parser.next()), "?cc")
    parser.feed(wire("\n"))
    assert.deepStrictEqual([parser.next(), parser.next(), parser.next()].map(String), ["?d", "?e", "undefined"])
    assert.strictEqual(parser.pending, 0)
    assert.deepStrictEqual(parser.push(wire("?f\n")).map(String), ["?f"])
    for (const text of ["?g\n?h", "h\n", "?i\n"]) parser.feed(wire(text))
    assert.strictEqual(String(parser.next()), "?g")
    assert.deepStrictEqual(parser.push(wire("?j\n")).map(String), ["?hh", "?i", "?j"])
  })

  it("pending counts the bytes of the unfinished line (P-031)", () => {
    const parser = new Parser()
    assert.strictEqual(parser.pending, 0)
    parser.push(wire("?a\n?bcd"))
    assert.strictEqual(parser.pending, 4)
    parser.push(wire("ef"))
    assert.strictEqual(parser.pending, 6)
    parser.push(wire("\n"))
    assert.strictEqual(parser.pending, 0)
  })

  it("parsers are independent", () => {
    const [one, other] = [new Parser(), new Parser()]
    one.feed(wire("?a \xff\n?b x"))
    other.feed(wire("#c\\_\n#d y\n"))
    assert.strictEqual(String(one.next()), '?a "\\xff"')
    assert.instanceOf(other.next(), KatcpSyntaxError)
    assert.isUndefined(one.next())
    assert.strictEqual(String(other.next()), "#d y")
    assert.deepStrictEqual(one.push(wire("\n")).map(String), ["?b x"])
  })
})

describe("the limit of a line", () => {
  const tooLong = (maxLine: number, raw: string) => ({
    reason: `Line of more than ${maxLine} bytes`,
    position: maxLine + 1,
    raw
  })

  it("is 16 MiB by default (P-017, B-120)", () => {
    assert.strictEqual(defaultMaxLine, 16 * 1024 * 1024)
    const parser = new Parser()
    const line = new Uint8Array(defaultMaxLine + 1).fill(0x78)
    line.set(wire("?x "))
    const [whole] = parser.push(Uint8Array.from([...wire("?a\n")]))
    assert.strictEqual(String(whole), "?a")
    assert.deepStrictEqual(parser.push(line.subarray(0, defaultMaxLine)), [])
    assert.strictEqual(parser.pending, defaultMaxLine)
    const [longest] = parser.push(wire("\n"))
    assert.strictEqual(longest instanceof ParsedMessage && longest.bytes(0)?.length, defaultMaxLine - 3)
    const [error] = parser.push(line)
    assert.strictEqual(error instanceof KatcpSyntaxError && error.position, defaultMaxLine + 1)
  })

  it("a line of exactly the limit is read, one more byte gives one error, wherever it is cut (P-017, P-032, B-120)", () => {
    for (const end of ["\n", "\r", "\r\n"]) {
      const bytes = wire(`?b 1234567${end}?c 12345678${end}?d${end}`)
      for (let one = 0; one <= bytes.length; one++) {
        for (const two of [one, one + 1, one + 5, one + 12, bytes.length]) {
          const found = parse([bytes.slice(0, one), bytes.slice(one, two), bytes.slice(two)], { maxLine: 10 })
          assert.strictEqual(found.length, 3)
          const [longest, error, last] = found
          assert.strictEqual(String(longest), "?b 1234567")
          assert.strictEqual(String(last), "?d")
          if (!(error instanceof KatcpSyntaxError)) return assert.fail(String(error))
          // the line up to where its length was known
          assert.isTrue("?c 12345678".startsWith(textOf(error.raw)) && error.raw.length > 0)
          assert.deepStrictEqual(plain(error), tooLong(10, textOf(error.raw)))
        }
      }
    }
  })

  it("takes precedence over other faults of the line (P-017)", () => {
    for (const line of ["junk567890x", "?a[0]567890", "?a \\z67890x", "           ", "?a 456789\0x"])
      for (const chunks of [[`${line}\n?a\n`], [line, "\n?a\n"], [line.slice(0, 4), `${line.slice(4)}\n?a\n`]]) {
        const [error, next, ...others] = parse(chunks.map(wire), { maxLine: 10 })
        assert.strictEqual(error instanceof KatcpSyntaxError && error.position, 11)
        assert.strictEqual(String(next), "?a")
        assert.deepStrictEqual(others, [])
      }
  })

  it("a report of an over-long line has its first 1024 bytes (P-017)", () => {
    const line = `?x ${"y".repeat(5000)}`
    for (const chunks of [[`${line}\n`], [line, "\n"], [line.slice(0, 700), `${line.slice(700)}\n`]]) {
      const [error] = parse(chunks.map(wire), { maxLine: 2000 })
      assert.deepStrictEqual(error && plain(error), tooLong(2000, line.slice(0, 1024)))
    }
  })

  it("20 MB without a line end give one error and no more memory than the limit; then reading continues (P-017, P-032)", () => {
    const parser = new Parser({ maxLine: 1_000_000 })
    const chunk = new Uint8Array(65536).fill(0x78)
    chunk[0] = 0x3f
    let errors = 0
    for (let sent = 0; sent < 20_000_000; sent += chunk.length) {
      for (const found of parser.push(chunk)) {
        assert.strictEqual(found instanceof KatcpSyntaxError && found.position, 1_000_001)
        errors++
      }
      assert.isAtMost(parser.pending, 1_000_000)
    }
    assert.strictEqual(errors, 1)
    assert.strictEqual(parser.pending, 0)
    assert.deepStrictEqual(parser.push(wire("x\n?watchdog\n")).map(String), ["?watchdog"])
  })

  it("a long line in small pieces is joined (P-031)", () => {
    const argument = Array.from({ length: 300_000 }, (_, index) => (index % 50 === 0 ? "\\_" : "x")).join("")
    const bytes = wire(`?x ${argument}\n?y\n`)
    for (const size of [1, 3, 4095, 4096, 65536]) {
      const parser = new Parser()
      const found = []
      for (let at = 0; at < bytes.length; at += size) found.push(...parser.push(bytes.slice(at, at + size)))
      assert.strictEqual(found.length, 2)
      const [message] = found
      assert.strictEqual(message instanceof ParsedMessage && message.text(0), argument.replaceAll("\\_", " "))
    }
  })
})

describe("memory", () => {
  it("an idle parser and a message without arguments hold no chunk", async () => {
    const parser = new Parser()
    const kept: Array<unknown> = []
    const feed = (text: string): WeakRef<ArrayBufferLike> => {
      const chunk = new Uint8Array(10_000).fill(0x0a)
      chunk.set(wire(text), 10_000 - text.length)
      kept.push(parser.push(chunk).at(-1))
      return new WeakRef(chunk.buffer)
    }
    // a WeakRef holds its target to the end of the turn
    const gone = async (chunk: WeakRef<ArrayBufferLike>): Promise<boolean> => {
      await new Promise((resolve) => setImmediate(resolve))
      collect()
      return chunk.deref() === undefined
    }
    assert.isTrue(await gone(feed("?a b\n?watchdog[1]\n")))
    assert.isTrue(await gone(feed("?a b\n?watchdog[2]\n?unfinished ")))
    assert.isFalse(await gone(feed("?x y\n")), "what has arguments holds it")
    assert.deepStrictEqual(kept.map(String), ["?watchdog[1]", "?watchdog[2]", "?x y"])
    const [watchdog] = kept
    assert.isTrue(watchdog instanceof ParsedMessage && watchdog.own() === watchdog)
  })

  it("own returns a copy of the message", () => {
    const chunk = wire(`?other 1\n#a[7] \t b\\_c \xc3\xa9  ${"w ".repeat(40)}\\@x \n?next\n`)
    const [, message] = parse([chunk])
    if (!(message instanceof ParsedMessage)) return assert.fail()
    const own = message.own()
    assert.deepStrictEqual(plain(own), plain(message))
    assert.strictEqual(own.text(1), "é")
    assert.isAtMost(own.bytes(1)!.buffer.byteLength, chunk.length)
    assert.notStrictEqual(own.bytes(1)!.buffer, message.bytes(1)!.buffer)
    // a Buffer's slice would be a view
    const [buffered] = parse([Buffer.from(chunk.subarray(9))])
    if (!(buffered instanceof ParsedMessage)) return assert.fail()
    const kept = buffered.own()
    assert.notStrictEqual(kept.bytes(1)!.buffer, buffered.bytes(1)!.buffer)
    assert.deepStrictEqual(plain(kept), plain(message))
  })

  it("the line in an error is a copy", () => {
    const chunk = Buffer.from(`${"?a b\n".repeat(1000)}junk\n`)
    const error = parse([chunk]).at(-1)
    assert.isTrue(error instanceof KatcpSyntaxError && error.raw.buffer.byteLength === 4)
  })

  it("arguments are plain Uint8Arrays even if the chunk is a Buffer", () => {
    const [message] = parse([Buffer.from(`#a b c\\_d ${"x".repeat(500)}\n`)])
    if (!Message.isMessage(message)) return assert.fail()
    for (const argument of message.arguments) assert.strictEqual(argument.constructor, Uint8Array)
  })
})
