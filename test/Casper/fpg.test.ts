import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Fpg } from "katcp/Casper"
import * as CasperNode from "katcp/Casper/node"

const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0))
const parsed = (text: string | Uint8Array) =>
  Result.getOrThrow(Fpg.parse(typeof text === "string" ? bytes(text) : text))
const failure = (text: string, options?: { readonly maxHeader: number }) =>
  Result.getOrThrow(Result.flip(Fpg.parse(bytes(text), options)))

describe("Fpg.parse", () => {
  it("reads registers, metadata and the bitstream of a file that uses tabs", () => {
    const design = parsed(
      "#!/bin/kcpfpg\n?uploadbin\n?register\tacc_len\t0x100\t0x4\n?register\tsnap_bram\t4096\t0x4000\n" +
        "?meta\tsys0/xeng\tcasper:xeng\tacc_len\t12\t34\n?quit\n\x1f\x8b\x08binary\n?register\tno\t0\t4\n"
    )
    assert.deepStrictEqual(
      [...design.registers.values()].map(({ address, length, name }) => [name, address, length]),
      [
        ["acc_len", 256, 4],
        ["snap_bram", 4096, 16384]
      ]
    )
    assert.deepStrictEqual(design.meta, [
      { device: "sys0/xeng", tag: "casper:xeng", key: "acc_len", values: ["12", "34"] }
    ])
    assert.strictEqual(design.compression, "gzip")
    assert.deepStrictEqual([...design.bitstream], [...bytes("\x1f\x8b\x08binary\n?register\tno\t0\t4\n")])
  })

  it("returns the bitstream as a view of the file, not as a copy", () => {
    const file = bytes("?quit\nBITS")
    const { bitstream } = parsed(file)
    assert.strictEqual(bitstream.buffer, file.buffer)
    assert.deepStrictEqual([...bitstream], [...bytes("BITS")])
  })

  it("reads the files of old tool chains, which have blanks between the fields", () => {
    const design = parsed("?register acc_len 0x100   0x4 \n?meta a/b xps:sw_reg  bitwidths 32\n?quit\n")
    assert.strictEqual(design.registers.get("acc_len")?.length, 4)
    assert.deepStrictEqual(design.meta, [{ device: "a/b", tag: "xps:sw_reg", key: "bitwidths", values: ["32"] }])
  })

  it("keeps blanks within fields that stand between tabs", () => {
    const design = parsed("?meta\tdev\ttag\tdesc\ta long text\tnext\n?quit\n")
    assert.deepStrictEqual(design.meta[0]?.values, ["a long text", "next"])
  })

  it("keeps an empty field between others", () => {
    assert.deepStrictEqual(parsed("?meta\td\tt\tk\ta\t\tb\n?quit\n").meta[0]?.values, ["a", "", "b"])
  })

  it("undoes the escapes of KATCP, and leaves other backslashes", () => {
    const design = parsed("?register\tacc\\_len\t0\t4\n?meta\td\tt\tk\ta\\tb\\\\c\\@\\x\n?quit\n")
    assert.deepStrictEqual([...design.registers.keys()], ["acc len"])
    assert.deepStrictEqual(design.meta[0]?.values, ["a\tb\\c\\x"])
  })

  it("reads a file without its first line, and one with the line ends of Windows", () => {
    assert.strictEqual(parsed("?uploadbin\r\n?register\ta\t0x0\t0x4\r\n?quit\r\nX").registers.get("a")?.length, 4)
  })

  it("reads bit offsets of places and sizes", () => {
    assert.deepStrictEqual(parsed("?register\ta\t0x10:4\t0:12\n?quit\n").registers.get("a"), {
      name: "a",
      address: 16,
      bit: 4,
      length: 0,
      bits: 12
    })
  })

  it("keeps unknown requests", () => {
    assert.deepStrictEqual(parsed("?finalise\n?quit\n").others, ["?finalise"])
  })

  it("keeps text that a tool chain left between the requests", () => {
    const design = parsed('?register\ta\t0\t4\nTraceback (most recent call last):\n  File "x.py", line 1\n?quit\nX')
    assert.deepStrictEqual(design.others, ["Traceback (most recent call last):", '  File "x.py", line 1'])
    assert.deepStrictEqual([design.registers.size, design.bitstream.length], [1, 1])
  })

  it("keeps bytes of metadata that are not UTF-8", () => {
    const file = bytes("?meta\td\tt\tk\tcaf\xe9\n?quit\n")
    assert.isTrue([...Fpg.encode({ ...parsed(file) })].includes(0xe9))
  })

  it("recognises a .bof file and returns it whole", () => {
    const design = parsed("\x19BOF rest")
    assert.deepStrictEqual([design.format, design.bitstream.length], ["bof", 9])
    assert.strictEqual(Fpg.encode(design), design.bitstream)
  })

  it("accepts a register that is listed twice at the same place", () => {
    assert.strictEqual(parsed("?register\ta\t0\t4\n?register\ta\t0\t4\n?quit\n").registers.size, 1)
  })

  for (const [what, file, reason, line] of [
    ["an empty file", "", "Empty", 0],
    ["a file that is compressed as a whole", "\x1f\x8b\x08", "Compressed", 0],
    ["another file", "\x7fELF", "NoHeader", 0],
    ["a header without end", "#!/bin/kcpfpg\n?register\ta\t0\t4\n", "Unfinished", 0],
    ["a line that is not text", "#!\nbin\x01ary\n?quit\n", "Line", 2],
    ["a register without length", "?register\ta\t0x0\n?quit\n", "Line", 1],
    ["an address that is not a number", "?register\ta\t0xg\t4\n?quit\n", "Line", 1],
    ["a length that is negative", "?register\ta\t0\t-4\n?quit\n", "Line", 1],
    ["metadata without key", "?meta\ta\tb\n?quit\n", "Line", 1],
    ["two registers of one name", "?register\ta\t0\t4\n?register\ta\t8\t4\n?quit\n", "Duplicate", 2]
  ] as const)
    it(`fails for ${what}`, () => {
      const error = failure(file)
      assert.deepStrictEqual([error._tag, error.reason, error.line], ["FpgError", reason, line])
    })

  it("fails if the header is longer than the limit, without reading further", () => {
    assert.strictEqual(failure(`?meta\ta\tb\tc\t${"x".repeat(100)}\n?quit\n`, { maxHeader: 50 }).reason, "TooLong")
  })
})

describe("Fpg.encode", () => {
  const text = Schema.String
  it.prop(
    "writes what Fpg.parse reads again",
    { names: Schema.Array(text), values: Schema.Array(text), bitstream: Schema.Uint8Array },
    ({ bitstream, names, values: texts }) => {
      const values = texts.map((value) => value.toWellFormed())
      const registers = Object.fromEntries(
        names
          .map((name) => name.toWellFormed())
          .filter((name) => name !== "")
          .map((name, at) => [name, { address: at * 4, length: 4 }])
      )
      const meta = [{ device: "sys/a b", tag: "xps:sw_reg", key: "k", values }]
      const design = Fpg.make({ registers, meta, bitstream })
      const again = parsed(Fpg.encode(design))
      assert.deepStrictEqual([...again.registers], [...design.registers])
      assert.deepStrictEqual(again.meta, design.meta)
      assert.deepStrictEqual([...again.bitstream], [...bitstream])
    }
  )
})

describe("a design that was read and is written", () => {
  const file = bytes("#!/bin/kcpfpg\n# made by hand\n?meta a b c\n?register a 16 4\n?finalise\n?quit\nBITS")

  it("is the same file, byte for byte: order, comments and separators too", () => {
    assert.deepStrictEqual([...Fpg.encode(parsed(file))], [...file])
  })

  it("has the changes that were made to it", () => {
    const design = parsed(file)
    const again = parsed(Fpg.encode({ ...design, meta: [] }))
    assert.deepStrictEqual([again.meta, [...again.registers], again.others], [[], [...design.registers], ["?finalise"]])
    assert.deepStrictEqual([...again.bitstream], [...bytes("BITS")])
  })
})

describe("the metadata of a design", () => {
  const design = parsed(
    "?meta\tsys0/xeng\tcasper:xeng\tacc_len\t12\t34\n?meta\tsys0/xeng\tcasper:xeng\tn\t4\n" +
      "?meta\t77777_git\trcs\tfile.slx\tabc\n?meta\t77777_git\trcs\t/src\tremote.origin.url\tgit@x\n?meta\t77777\trcs\tapp_last_modified\t0\n?quit\n"
  )

  it("is found by block, with the name of its register", () => {
    const block = Fpg.blocks(design).get("sys0/xeng")!
    assert.deepStrictEqual(
      [block.tag, [...block.meta], Fpg.registerName(block.name)],
      [
        "casper:xeng",
        [
          ["acc_len", "12 34"],
          ["n", "4"]
        ],
        "sys0_xeng"
      ]
    )
  })

  it("names the sources of the design", () => {
    assert.deepStrictEqual(
      Fpg.sources(design).map(({ key }) => key),
      ["file.slx", "app_last_modified"]
    )
  })
})

describe("a design in a file", () => {
  it.effect(
    "is read even if the file is compressed as a whole; errors name the file",
    Effect.fnUntraced(function* () {
      const folder = mkdtempSync(path.join(tmpdir(), "katcp-fpg-"))
      yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(folder, { recursive: true })))
      const design = Fpg.encode(Fpg.make({ registers: { a: { address: 0, length: 4 } } }))
      const at = (name: string, content: Uint8Array) => {
        writeFileSync(path.join(folder, name), content)
        return path.join(folder, name)
      }
      assert.isTrue((yield* CasperNode.file(at("a.fpg", design))).registers.has("a"))
      assert.isTrue((yield* CasperNode.file(at("a.fpg.gz", gzipSync(design)))).registers.has("a"))
      const cut = yield* Effect.flip(CasperNode.file(at("cut.fpg", design.subarray(0, 20))))
      assert.match(cut.message, /cut\.fpg: .*has no end/)
      const none = yield* Effect.flip(CasperNode.file(path.join(folder, "none.fpg")))
      assert.deepStrictEqual([none.reason, /none\.fpg: .*no such file/i.test(none.message)], ["Unreadable", true])
    })
  )
})
