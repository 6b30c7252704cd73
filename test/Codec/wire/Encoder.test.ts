import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { Message } from "katcp"
import { Encoder, encode } from "katcp/Codec"
import { argumentsOf, joined, one, parse, plain, textOf, wire } from "./support.ts"

const encoded = (message: Message.Message): string => textOf(encode(message))
const taken = (encoder: Encoder): string => textOf(joined(encoder.take()))

describe("encode", () => {
  it("writes kind, name, id, arguments and an LF (P-020, P-022, A-111)", () => {
    assert.strictEqual(encoded(Message.request("watchdog")), "?watchdog\n")
    assert.strictEqual(encoded(Message.reply("set-rate", ["ok", 4.1], { id: 123 })), "!set-rate[123] ok 4.1\n")
    assert.strictEqual(encoded(Message.inform("x", [true, 10n])), "#x 1 10\n")
  })

  it("writes ids of all lengths (P-050)", () => {
    const powers = Array.from({ length: 10 }, (_, exponent) => 10 ** exponent)
    for (const id of [...powers, ...powers.slice(1).map((power) => power - 1), 12345, 1999999999, 2147483647])
      assert.strictEqual(encoded(Message.request("a", [], { id })), `?a[${id}]\n`)
  })

  it("escapes only the bytes that must be escaped (P-025, P-026)", () => {
    const escapes: Record<string, string> = {
      "\\": "\\\\",
      " ": "\\_",
      "\0": "\\0",
      "\n": "\\n",
      "\r": "\\r",
      "\x1b": "\\e",
      "\t": "\\t"
    }
    for (let byte = 0; byte < 256; byte++) {
      const character = String.fromCharCode(byte)
      assert.strictEqual(
        encoded(Message.request("a", [wire(character), wire(`x${character}`)])),
        `?a ${escapes[character] ?? character} x${escapes[character] ?? character}\n`
      )
    }
    assert.strictEqual(
      encoded(Message.request("a", ["é ñ"])),
      `?a ${textOf(new TextEncoder().encode("é"))}\\_${textOf(new TextEncoder().encode("ñ"))}\n`
    )
  })

  it("writes \\@ for an empty argument only (P-027)", () => {
    assert.strictEqual(encoded(Message.request("a", ["", ""])), "?a \\@ \\@\n")
    assert.strictEqual(encoded(Message.request("a", ["@", "\\@"])), "?a @ \\\\@\n")
  })

  it("writes a parsed message in its canonical form (P-023, P-027)", () => {
    for (const [line, back] of [
      ["?a  b", "?a b\n"],
      ["?a b ", "?a b\n"],
      ["?a\tb", "?a b\n"],
      ["?a b\tc", "?a b c\n"],
      ["?a \t", "?a\n"],
      ["?a b\\@ c", "?a b c\n"],
      ["?a \\@b", "?a b\n"],
      ["?a \\@\\@", "?a \\@\n"],
      ["?a \\@ b\\_c \\@", "?a \\@ b\\_c \\@\n"],
      ["!a[3] x\\\\ y", "!a[3] x\\\\ y\n"]
    ] as const) {
      assert.strictEqual(encoded(one(line)), back)
      assert.strictEqual(encoded(one(line).own()), back)
      assert.strictEqual(encoded(one(`${line} ${"z".repeat(400)}`)), `${back.slice(0, -1)} ${"z".repeat(400)}\n`)
    }
  })

  it("escapes a byte anywhere in a short argument", () => {
    for (let size = 1; size <= 140; size++)
      for (let at = 0; at <= size; at++)
        for (const byte of at === size ? [0x78] : [0x20, 0x5c, 0x01, 0xff]) {
          const argument = new Uint8Array(size).fill(0x78)
          argument[at] = byte
          const text = textOf(argument).replaceAll("\\", "\\\\").replaceAll(" ", "\\_")
          assert.isTrue(
            encoded(Message.inform("x", [argument, argument])) === `#x ${text} ${text}\n`,
            `${byte} at ${at} of ${size}`
          )
        }
  })

  it("writes names of all lengths, again and again, in any order", () => {
    // many of the same length, beginning and end, so they have one place in the table of names
    const names = Array.from({ length: 40 }, (_, length) =>
      ["", "a", "b", "Z-9"].map((x) => `${x}${"k".repeat(length)}z`)
    )
      .flat()
      .concat(Array.from({ length: 300 }, (_, at) => `k${String.fromCharCode(97 + (at % 26))}${at}-of-many-names-x`))
    for (let round = 0; round < 3; round++)
      for (const name of round === 1 ? names.toReversed() : names)
        for (const id of [undefined, 10]) {
          const line = encoded(Message.reply(name, ["ok"], { id }))
          assert.strictEqual(line, `!${name}${id === undefined ? "" : "[10]"} ok\n`)
        }
  })

  it("writes arguments of all sizes, with and without escapes", () => {
    for (const size of [1, 3, 95, 96, 97, 127, 128, 129, 8191, 8192, 8193, 16384, 65535, 65536, 65537, 300_000]) {
      for (const every of [0, 1, 7, 64]) {
        const argument = new Uint8Array(size).fill(0x78)
        if (every > 0) for (let at = every - 1; at < size; at += every) argument[at] = 0x20
        const message = Message.inform("x", ["a", argument, "b"], { id: 5 })
        const line = encode(message)
        const text = `#x[5] a ${textOf(argument).replaceAll(" ", "\\_")} b\n`
        assert.isTrue(textOf(line) === text, `${size} bytes, one in ${every} a blank`)
        const [back] = parse([line])
        assert.isTrue(Message.isMessage(back) && textOf(encode(back)) === text)
      }
    }
  })
})

describe("Encoder", () => {
  it("writes messages piece by piece", () => {
    const encoder = new Encoder()
    encoder.begin("inform", "sensor-status", undefined)
    encoder.word("12.5")
    encoder.text("a b")
    encoder.text("")
    encoder.text("é\ud800")
    encoder.bytes(Uint8Array.of(0, 255))
    encoder.end()
    encoder.message(Message.request("watchdog"))
    encoder.lines(wire("!a ok\n#b\n"))
    const wanted = `#sensor-status 12.5 a\\_b \\@ ${textOf(new TextEncoder().encode("é\ufffd"))} \\0\xff\n?watchdog\n!a ok\n#b\n`
    assert.strictEqual(encoder.size, wanted.length)
    assert.strictEqual(taken(encoder), wanted)
    assert.strictEqual(encoder.size, 0)
    assert.deepStrictEqual(encoder.take(), [])
  })

  it.prop(
    "writes text and bytes in the same way",
    { text: Schema.String },
    ({ text }) => {
      for (const argument of [text, text.repeat(300), `${"x".repeat(8190)}${text}`]) {
        const [asText, asBytes] = [new Encoder(), new Encoder()]
        asText.text(argument)
        asBytes.bytes(new TextEncoder().encode(argument))
        assert.deepStrictEqual(joined(asText.take()), joined(asBytes.take()))
      }
    },
    { arbitrary: { size: 60, runs: 100 } }
  )

  it("escapes long text everywhere, even across page boundaries", () => {
    const encoder = new Encoder()
    // the vectors take text of up to 31,727 bytes
    for (const length of [127, 128, 129, 131, 1000, 8193, 31_725, 31_726, 31_727, 31_728, 32_769])
      for (const special of ["", " ", "\\", "\0\n", "\x01", "é", "\ud800", "🦀"])
        for (const at of [0, 1, 3, length >> 1, length - 1, length]) {
          const text = `${"a".repeat(at)}${special}${"b".repeat(length - at)}`
          encoder.text(text)
          const other = new Encoder()
          other.bytes(new TextEncoder().encode(text))
          assert.isTrue(
            Buffer.compare(joined(encoder.take()), joined(other.take())) === 0,
            `${length} ${special} ${at}`
          )
        }
  })

  it("writes separate output in one piece, and other output continues after it", () => {
    const [one, other] = [new Encoder(), new Encoder()]
    for (const [size, length] of [
      [64, 10],
      [64, 5000],
      [5100, 5000]
    ] as const) {
      other.word("before")
      one.apart(size)
      one.begin("inform", "x", undefined)
      one.text("y".repeat(length))
      one.end()
      const own = one.takeOwn()
      other.word("after")
      assert.strictEqual(textOf(own), `#x ${"y".repeat(length)}\n`)
      assert.isAtMost(own.buffer.byteLength, Math.max(size, own.length))
      assert.strictEqual(taken(other), " before after")
      assert.strictEqual(one.size, 0)
    }
    one.word("small")
    one.copy(new TextEncoder().encode("\n!a ok\n"))
    assert.strictEqual(textOf(one.takeOwn()), " small\n!a ok\n")
  })

  it("keeps the bytes of several interleaved encoders apart", () => {
    const encoders = Array.from({ length: 5 }, () => new Encoder())
    const wanted = encoders.map(() => "")
    for (let round = 0; round < 3000; round++)
      encoders.forEach((encoder, index) => {
        if (round % (index + 2) !== 0) return
        // in the middle of a message too
        encoder.begin("inform", `n${index}`, round + 1)
        encoders[(index + 1) % 5]!.lines(wire(`?from-${index}\n`))
        wanted[(index + 1) % 5] += `?from-${index}\n`
      })
    for (const encoder of encoders) assert.isAbove(encoder.size, 0)
    encoders.forEach((encoder, index) => {
      const { size } = encoder
      const text = taken(encoder)
      assert.strictEqual(text.length, size)
      assert.strictEqual(text.replace(/#n\d\[\d+\]/g, ""), wanted[index])
      assert.strictEqual(
        text.match(/#n\d/g)?.every((name) => name === `#n${index}`),
        true
      )
    })
  })

  it("never writes again to bytes that were taken", () => {
    const encoder = new Encoder()
    const pieces: Array<Uint8Array> = []
    const copies: Array<string> = []
    for (let round = 0; round < 5000; round++) {
      encoder.message(Message.request("round", [round, "x".repeat(round % 50)]))
      for (const piece of encoder.take()) {
        pieces.push(piece)
        copies.push(textOf(piece))
      }
    }
    assert.deepStrictEqual(pieces.map(textOf), copies)
  })

  it("passes on long encoded lines without a copy", () => {
    const encoder = new Encoder()
    const long = wire(`#x ${"y".repeat(20_000)}\n`)
    encoder.message(Message.request("a"))
    encoder.lines(long)
    encoder.message(Message.request("b"))
    const parts = encoder.take()
    assert.strictEqual(parts[1], long)
    assert.strictEqual(textOf(joined(parts)), `?a\n${textOf(long)}?b\n`)
  })

  it("keeps only the bytes that wait for a slow peer, not the pages that others filled (P-018)", () => {
    const [slow, busy] = [new Encoder(), new Encoder()]
    const filler = wire(`#filler ${"x".repeat(900)}\n`)
    const long = wire(`#long ${"y".repeat(3000)}\n`)
    for (let time = 0; time < 2; time++) {
      let wanted = ""
      for (let round = 0; round < 2000; round++) {
        slow.message(Message.inform("sensor-status", [round]))
        wanted += `#sensor-status ${round}\n`
        if (round % 100 === 0) {
          slow.lines(long)
          wanted += textOf(long)
        }
        for (let other = 0; other < 80; other++) busy.lines(filler)
        busy.take()
      }
      assert.strictEqual(slow.size, wanted.length)
      const parts = slow.take()
      const memory = new Set(parts.map((part) => part.buffer))
      const held = [...memory].reduce((size, buffer) => size + buffer.byteLength, 0)
      // each of the 2000 messages was written to a page of its own
      assert.isBelow(held, wanted.length + 32 * 65536)
      assert.isTrue(textOf(joined(parts)) === wanted)
    }
  })
})

describe("round trip of parsed messages", () => {
  it("keeps kind, name, id and arguments, even with others in the chunk", () => {
    const line = `?a[1] b\\_c\n!d ok \\@\n#e ${"x".repeat(200)} \\t\n`
    const encoder = new Encoder()
    for (const message of parse([wire(line)])) encoder.message(Message.isMessage(message) ? message : assert.fail())
    assert.strictEqual(taken(encoder), line)
    assert.deepStrictEqual(argumentsOf(line.split("\n")[2]!), ["x".repeat(200), "\t"])
    assert.deepStrictEqual(plain(one("?a[1] b\\_c")).arguments, ["b c"])
  })
})

describe("lines that many encoders share", () => {
  const lines = Array.from({ length: 20 }, (_, n) => wire(`#sensor-status ${n}.0 1 s nominal ${n}\n`))
  const all = lines.map(textOf).join("")

  it("become one piece that all encoders share", () => {
    const [one, other, third] = [new Encoder(), new Encoder(), new Encoder()]
    for (const line of lines) for (const encoder of [one, other, third]) encoder.lines(line)
    third.lines(lines[0]!)
    const [first, second, longer] = [one.take(), other.take(), third.take()]
    assert.deepStrictEqual([first.length, second.length, longer.length], [1, 1, 1])
    assert.strictEqual(first[0], second[0])
    assert.deepStrictEqual([textOf(first[0]!), textOf(longer[0]!)], [all, all + textOf(lines[0]!)])
    assert.deepStrictEqual([one.size, one.take()], [0, []])
  })

  it("stay in order with the encoder's own output", () => {
    const encoder = new Encoder()
    encoder.lines(lines[0]!)
    encoder.message(Message.request("a"))
    for (const line of lines) encoder.lines(line)
    encoder.message(Message.request("b"))
    const text = `${textOf(lines[0]!)}?a\n${all}?b\n`
    assert.strictEqual(encoder.size, text.length)
    assert.strictEqual(textOf(joined(encoder.take())), text)
  })

  it("wait in order for a peer that does not read, however many they are", () => {
    const encoder = new Encoder()
    for (let round = 0; round < 100; round++) for (const line of lines) encoder.lines(line)
    assert.strictEqual(encoder.size, 100 * all.length)
    assert.strictEqual(textOf(joined(encoder.take())), all.repeat(100))
  })
})
