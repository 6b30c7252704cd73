import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import { TestClock } from "effect/testing"
import * as Casper from "katcp/Casper"
import { settle } from "katcp/Testing"
import { valueIn, wordWith } from "../../src/Casper/board/fixed.ts"
import { connected, design, network } from "./boards.ts"

describe("a board", () => {
  it.effect(
    "lists its registers with address, size, kind, way and fields",
    Effect.fnUntraced(function* () {
      const { board } = yield* connected()
      const registers = yield* board.registers
      assert.deepStrictEqual([...registers.keys()].sort(), [...design.registers.keys()].sort())
      const gain = registers.get("gain")!
      assert.deepStrictEqual([gain.address, gain.length, gain.tag, gain.mode], [8, 4, "xps:sw_reg", "From Processor"])
      assert.deepStrictEqual(
        [...gain.fields.values()],
        [
          { name: "re", lowest: 16, width: 16, binaryPoint: 8, signed: true },
          { name: "im", lowest: 0, width: 16, binaryPoint: 8, signed: true }
        ]
      )
      assert.strictEqual(registers.get("sys_scratchpad")!.tag, undefined)
    }, Effect.provide(network))
  )

  const fieldsIn = (meta: Readonly<Record<string, string>>) =>
    Effect.gen(function* () {
      const { board } = yield* connected({
        design: Casper.Fpg.make({
          registers: { reg: { address: 0, length: 4 } },
          meta: Object.entries(meta).map(([key, value]) => ({ device: "reg", tag: "xps:sw_reg", key, values: [value] }))
        })
      })
      return [...(yield* board.register("reg")).fields.values()].map(
        ({ binaryPoint, lowest, name, signed, width }) =>
          `${name}@${lowest}+${width}.${binaryPoint}${signed ? "s" : ""}`
      )
    }).pipe(Effect.scoped, Effect.provide(network))

  for (const [what, meta, fields] of [
    [
      "the first has the highest bits, the last begins at bit 0, whatever the sum of the widths",
      { names: "[rst arm length on]", bitwidths: "[1 1 10 1]", bin_pts: "0", arith_types: "[2 2 0 2]" },
      ["rst@12+1.0", "arm@11+1.0", "length@1+10.0", "on@0+1.0"]
    ],
    ["one that has no width has the whole word", { names: "reg", arith_types: "1" }, ["reg@0+32.0s"]],
    ["commas separate, too", { names: "[a, b]", bitwidths: "[8,8]", bin_pts: "4" }, ["a@8+8.4", "b@0+8.4"]],
    [
      "the older form, with keys that are numbered",
      {
        numios: "2",
        name1: "re",
        name2: "im",
        bitwidth1: "18",
        bitwidth2: "8",
        bin_pt1: "17",
        bin_pt2: "0",
        arith_type1: "Signed  (2's comp)",
        arith_type2: "Unsigned"
      },
      ["re@8+18.17s", "im@0+8.0"]
    ],
    ["none where the lists do not fit each other", { names: "[a b c]", bitwidths: "[8 8]" }, []],
    ["none where they do not fit the word", { names: "[a b]", bitwidths: "[16 17]" }, []],
    ["none where a binary point is not a number", { names: "a", bitwidths: "8", bin_pts: "n_bits-1" }, []],
    ["none where the older form lacks a width", { numios: "1", name1: "a" }, []],
    ["none where the design names none", { io_dir: "To Processor" }, []]
  ] as const)
    it.effect(`has the fields that the design describes: ${what}`, () =>
      Effect.map(fieldsIn(meta), (found) => assert.deepStrictEqual(found, [...fields]))
    )

  it.effect(
    "says that it has no registers while it is not programmed",
    Effect.fnUntraced(function* () {
      const { board } = yield* connected({})
      assert.strictEqual((yield* board.registers).size, 0)
      assert.strictEqual(yield* board.status, "down")
      const error = yield* Effect.flip(board.readUint("gain"))
      assert.strictEqual(error._tag, "UnknownRegister")
      assert.match(error.message, /is the FPGA programmed/)
    }, Effect.provide(network))
  )

  it.effect(
    "returns its state",
    Effect.fnUntraced(function* () {
      const { board } = yield* connected()
      assert.strictEqual(yield* board.status, "ready")
    }, Effect.provide(network))
  )

  it.effect(
    "reads and writes bytes of every value, at any offset (binary-safe)",
    Effect.fnUntraced(function* () {
      const { board, fake } = yield* connected()
      const all = Uint8Array.from({ length: 256 }, (_, at) => at)
      yield* board.write("snap_ss_bram", all, { offset: 3 })
      assert.deepStrictEqual([...fake.peek("snap_ss_bram")!.subarray(3, 259)], [...all])
      assert.deepStrictEqual([...(yield* board.read("snap_ss_bram", { offset: 3, length: 256 }))], [...all])
      assert.strictEqual((yield* board.read("snap_ss_bram")).length, 1024)
      assert.strictEqual((yield* board.read("snap_ss_bram", { offset: 1024 })).length, 0)
    }, Effect.provide(network))
  )

  for (const bulkread of [false, true])
    it.effect(
      `reads 2 MiB in pieces${bulkread ? ", by ?bulkread where there is one" : ""}`,
      Effect.fnUntraced(function* () {
        const { board, fake } = yield* connected({ design, bulkread })
        const bytes = Uint8Array.from({ length: 0x200000 }, (_, at) => (at * 7) >> 3)
        fake.poke("spectrum", bytes)
        const came = yield* board.read("spectrum")
        assert.isTrue(Buffer.from(came).equals(bytes))
        assert.isTrue(
          Buffer.from(yield* board.read("spectrum", { offset: 5, length: 600_001 })).equals(bytes.subarray(5, 600_006))
        )
      }, Effect.provide(network))
    )

  it.effect(
    "writes large blocks in pieces",
    Effect.fnUntraced(function* () {
      const { board, fake } = yield* connected()
      const bytes = Uint8Array.from({ length: 700_000 }, (_, at) => at >> 2)
      yield* board.write("spectrum", bytes, { offset: 9 })
      assert.isTrue(Buffer.from(fake.peek("spectrum")!.subarray(9, 700_009)).equals(bytes))
    }, Effect.provide(network))
  )

  it.effect(
    "has words big-endian on a board",
    Effect.fnUntraced(function* () {
      const { board, fake } = yield* connected()
      yield* board.writeUint("sys_scratchpad", 0xdeadbeef)
      assert.deepStrictEqual([...fake.peek("sys_scratchpad")!], [0xde, 0xad, 0xbe, 0xef])
      assert.strictEqual(yield* board.readUint("sys_scratchpad"), 0xdeadbeef)
      assert.strictEqual(yield* board.readInt("sys_scratchpad"), 0xdeadbeef - 2 ** 32)
      yield* board.writeInt("sys_scratchpad", -2)
      assert.deepStrictEqual([...fake.peek("sys_scratchpad")!], [0xff, 0xff, 0xff, 0xfe])
    }, Effect.provide(network))
  )

  for (const profile of ["board", "x86"] as const)
    it.effect(
      `reads and writes many words, with the quirks of profile ${profile}`,
      Effect.fnUntraced(function* () {
        const { board, fake } = yield* connected({ design, profile }, { quirks: Casper.quirks[profile] })
        const words = Array.from({ length: 200 }, (_, at) => (at * 0x1234567) >>> 0)
        yield* board.writeWords("snap_ss_bram", words, { word: 2 })
        // few words go by ?wordread, many by ?read: both must give the same
        assert.deepStrictEqual(yield* board.readWords("snap_ss_bram", { word: 2, count: 200 }), words)
        assert.deepStrictEqual(yield* board.readWords("snap_ss_bram", { word: 4, count: 3 }), words.slice(2, 5))
        const view = new DataView(fake.peek("snap_ss_bram")!.buffer)
        assert.strictEqual(view.getUint32(12, profile === "x86"), words[1])
      }, Effect.provide(network))
    )

  it.effect(
    "detects corrupted words if the quirk of ?wordwrite is not configured",
    Effect.fnUntraced(function* () {
      const { board } = yield* connected({ design, profile: "x86" })
      yield* board.writeWords("snap_ss_bram", [1, 2, 4])
      assert.deepStrictEqual(yield* board.readWords("snap_ss_bram", { count: 3 }), [1, 3, 7])
    }, Effect.provide(network))
  )

  it.effect(
    "reads and writes fixed-point numbers and fields, and keeps the other bits",
    Effect.fnUntraced(function* () {
      const { board, fake } = yield* connected()
      yield* board.writeUint("gain", 0xffffffff)
      yield* board.writeField("gain", "re", 1.5)
      assert.deepStrictEqual([...fake.peek("gain")!], [0x01, 0x80, 0xff, 0xff])
      yield* board.writeField("gain", "im", -0.5)
      assert.deepStrictEqual([...fake.peek("gain")!], [0x01, 0x80, 0xff, 0x80])
      assert.deepStrictEqual([yield* board.readField("gain", "re"), yield* board.readField("gain", "im")], [1.5, -0.5])
      yield* board.writeNumber("ctrl", 5, { lowest: 4, width: 3 })
      assert.strictEqual(yield* board.readNumber("ctrl", { lowest: 4, width: 3 }), 5)
      assert.strictEqual(yield* board.readUint("ctrl"), 0x50)
    }, Effect.provide(network))
  )

  it.effect(
    "refuses values that do not fit before anything is sent",
    Effect.fnUntraced(function* () {
      const { board, fake } = yield* connected()
      yield* board.registers
      fake.setFaults({ requests: { read: "sent", write: "sent", wordread: "sent", wordwrite: "sent" } })
      const tags = yield* Effect.forEach(
        [
          board.read("nosuch"),
          board.read("gain", { offset: 2, length: 4 }),
          board.read("gain", { offset: -1 }),
          board.write("gain", new Uint8Array(5)),
          board.readWords("gain", { word: 1, count: 1 }),
          board.writeUint("gain", 2 ** 32),
          board.writeUint("gain", 0.5e10),
          board.writeInt("gain", 2 ** 31),
          board.readNumber("gain", { lowest: 30, width: 4 }),
          board.readField("gain", "nosuch"),
          board.writeWords("gain", [Number.NaN])
        ],
        (effect) => Effect.map(Effect.flip(effect), ({ _tag }) => _tag)
      )
      assert.deepStrictEqual(tags, ["UnknownRegister", ...Array.from({ length: 10 }, () => "DoesNotFit")])
    }, Effect.provide(network))
  )

  it.effect(
    "includes the lines that the board logged meanwhile in failures, as possible reasons",
    Effect.fnUntraced(function* () {
      const { board, fake } = yield* connected()
      yield* fake.log("error", "long before")
      yield* board.registers
      fake.setFaults({ requests: { wordread: "the bus does not answer" } })
      const error = yield* Effect.flip(board.readUint("gain"))
      if (error._tag !== "BoardRefused") throw error
      assert.deepStrictEqual(
        [error.request, error.code, error.reasons],
        ["wordread", "fail", [{ level: "error", module: "raw", text: "the bus does not answer" }]]
      )
      assert.match(error.message, /127\.0\.0\.1:7147: \?wordread: fail\. The board logged meanwhile: the bus/)
    }, Effect.provide(network))
  )

  it.effect(
    "matches replies without ids to thousands of requests in flight",
    Effect.fnUntraced(function* () {
      const { board, fake } = yield* connected()
      const view = new DataView(new ArrayBuffer(1024))
      for (let at = 0; at < 256; at++) view.setUint32(at * 4, at * 0x01010101)
      fake.poke("snap_ss_bram", new Uint8Array(view.buffer))
      const values = yield* Effect.forEach(
        Array.from({ length: 5000 }, (_, at) => at % 256),
        (word) => board.readUint("snap_ss_bram", word),
        { concurrency: "unbounded" }
      )
      assert.isTrue(values.every((value, at) => value === (at % 256) * 0x01010101))
    }, Effect.provide(network))
  )

  it.effect(
    "reads a list of words in the order of the list",
    Effect.fnUntraced(function* () {
      const { board, fake } = yield* connected()
      fake.poke("gain", Uint8Array.of(0, 0, 0, 7))
      fake.poke("ctrl", Uint8Array.of(0xff, 0, 0, 0))
      fake.poke("snap_ss_bram", Uint8Array.of(0, 0, 1, 0), 8)
      assert.deepStrictEqual(
        yield* board.readUints(["gain", { register: "snap_ss_bram", word: 2 }, "ctrl", { register: "gain" }, "gain"]),
        [7, 256, 0xff000000, 7, 7]
      )
      assert.deepStrictEqual(yield* board.readUints([]), [])
      const many = yield* board.readUints(new Set(Array.from({ length: 1000 }, () => ({ register: "gain", word: 0 }))))
      assert.deepStrictEqual([many.length, many.every((value) => value === 7)], [1000, true])
    }, Effect.provide(network))
  )

  it.effect(
    "sends nothing of a list with an invalid offset, and fails with the first refusal of the board",
    Effect.fnUntraced(function* () {
      const { board, fake } = yield* connected()
      yield* board.registers
      fake.setFaults({ requests: { wordread: "sent" } })
      for (const [bad, tag] of [
        ["nosuch", "UnknownRegister"],
        [{ register: "gain", word: 1 }, "DoesNotFit"],
        [{ register: "gain", word: -1 }, "DoesNotFit"],
        [{ register: "gain", word: 0.5 }, "DoesNotFit"]
      ] as const)
        assert.strictEqual((yield* Effect.flip(board.readUints(["gain", bad])))._tag, tag)
      const error = yield* Effect.flip(board.readUints(Array.from({ length: 600 }, () => "gain")))
      if (error._tag !== "BoardRefused") throw error
      assert.strictEqual(error.reasons[0]?.text, "sent")
      fake.setFaults({})
      // the late replies of the list are not taken for the answers of other requests
      fake.poke("ctrl", Uint8Array.of(0, 0, 0, 9))
      assert.strictEqual(yield* board.readUint("ctrl"), 9)
    }, Effect.provide(network))
  )

  it.effect(
    "takes a snapshot when the block is full, and fails if the block never fills",
    Effect.fnUntraced(function* () {
      const { board, fake } = yield* connected()
      const bytes = Uint8Array.from({ length: 64 }, (_, at) => at)
      fake.poke("snap_ss_bram", bytes)
      fake.poke("snap_ss_status", Uint8Array.of(0x80, 0, 0, 0))
      const taking = yield* Effect.forkScoped(board.snapshot("snap", { trigger: true }))
      yield* settle
      assert.deepStrictEqual([...fake.peek("snap_ss_ctrl")!], [0, 0, 0, 3])
      fake.poke("snap_ss_status", Uint8Array.of(0, 0, 0, 64))
      yield* TestClock.adjust("10 millis")
      assert.deepStrictEqual([...(yield* Fiber.join(taking))], [...bytes])
      fake.poke("snap_ss_status", Uint8Array.of(0x80, 0, 0, 0))
      const failing = yield* Effect.forkScoped(Effect.flip(board.snapshot("snap")))
      yield* settle
      yield* TestClock.adjust("1 second")
      const error = yield* Fiber.join(failing)
      assert.match(error.message, /not full within 1s.*trigger/)
      assert.strictEqual((yield* Effect.flip(board.snapshot("gain")))._tag, "DoesNotFit")
      assert.match(
        (yield* Effect.flip(board.snapshot("snap", { offset: 5 }))).message,
        /no register snap_ss_trig_offset/
      )
    }, Effect.provide(network))
  )

  it.effect(
    "takes a snapshot of an older block, which reports the last word, after a delay in samples",
    Effect.fnUntraced(function* () {
      const registers = {
        old_ctrl: { address: 0, length: 4 },
        old_addr: { address: 4, length: 4 },
        old_trig_offset: { address: 8, length: 4 },
        old_bram: { address: 0x100, length: 32 }
      }
      const { board, fake } = yield* connected({ design: Casper.Fpg.make({ registers }) })
      const bytes = Uint8Array.from({ length: 32 }, (_, at) => at + 1)
      fake.poke("old_bram", bytes)
      fake.poke("old_addr", Uint8Array.of(0, 0, 0, 6))
      const taking = yield* Effect.forkScoped(board.snapshot("old", { offset: 300, everySample: true, circular: true }))
      yield* settle
      assert.deepStrictEqual([...fake.peek("old_ctrl")!, ...fake.peek("old_trig_offset")!], [0, 0, 0, 13, 0, 0, 1, 44])
      yield* TestClock.adjust("10 millis")
      assert.isUndefined(taking.pollUnsafe())
      fake.poke("old_addr", Uint8Array.of(0, 0, 0, 7))
      yield* TestClock.adjust("10 millis")
      assert.deepStrictEqual([...(yield* Fiber.join(taking))], [...bytes])
    }, Effect.provide(network))
  )

  it.effect(
    "programs with a .bof file on the board but not with an .fpg file, and deprograms",
    Effect.fnUntraced(function* () {
      const bof = new Uint8Array([0x19, 0x42, 0x4f, 0x46, ...new Array(200).fill(0)])
      const { board } = yield* connected({ files: { "a.bof": bof, "a.fpg": Casper.Fpg.encode(design) } })
      assert.deepStrictEqual(yield* board.files, ["a.bof", "a.fpg"])
      yield* board.program("a.bof")
      assert.strictEqual(yield* board.status, "ready")
      const error = yield* Effect.flip(board.program("a.fpg"))
      assert.strictEqual(error._tag, "BoardRefused")
      yield* board.deprogram
      assert.strictEqual(yield* board.status, "down")
    }, Effect.provide(network))
  )

  it.effect(
    "has the requests of 10 GbE cores and of RFSoC boards by name",
    Effect.fnUntraced(function* () {
      const { board } = yield* connected()
      const { request } = board.client
      yield* request["tap-start"]({ tap: "tap0", register: "gain", ip: "10.0.0.1" })
      yield* request["tap-multicast-add"]({ register: "gain", direction: "recv", address: "239.1.0.0+3" })
      const taps = [{ values: ["gain", "tap0 10.0.0.1 239.1.0.0+3"] }]
      assert.deepStrictEqual((yield* request["tap-info"]()).informs, taps)
      yield* request["tap-multicast-remove"]({ register: "gain" })
      yield* request["tap-arp-reload"]({ values: [] })
      yield* request["tap-arp-config"]({ register: "gain", mode: "period", value: "10" })
      yield* request["igmp-version"]({ values: ["2"] })
      yield* request["chassis-led"]({ state: "on" })
      yield* request["tap-stop"]({ register: "gain" })
      assert.deepStrictEqual((yield* request["tap-info"]()).informs, [])
      assert.strictEqual(
        (yield* Effect.flip(request["tap-multicast-remove"]({ register: "gain" })))._tag,
        "RequestFailed"
      )
      const error = yield* Effect.flip(request["rfdc-status"]())
      assert.deepStrictEqual([error._tag, error.message], ["RequestInvalid", "unknown command"])
    }, Effect.provide(network))
  )

  it.effect(
    "reloads the registers after another client has programmed the FPGA",
    Effect.fnUntraced(function* () {
      const bof = new Uint8Array([0x19, 0x42, 0x4f, 0x46, ...new Array(200).fill(0)])
      const { board } = yield* connected({ design, files: { "a.bof": bof } })
      assert.isTrue((yield* board.registers).has("gain"))
      const other = yield* Casper.connect({ host: "127.0.0.1", client: { alive: "Infinity" } })
      yield* other.program("a.bof")
      yield* settle
      assert.isFalse((yield* board.registers).has("gain"))
    }, Effect.provide(network))
  )
})

describe("numbers in words", () => {
  it.prop(
    "read back as they were written, and leave the other bits alone",
    {
      word: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0xffffffff })),
      raw: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0xffffffff })),
      lowest: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 31 })),
      bits: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 32 })),
      binaryPoint: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20 })),
      signed: Schema.Boolean
    },
    ({ binaryPoint, bits, lowest, raw, signed, word }) => {
      const field = { lowest, width: Math.min(bits, 32 - lowest), binaryPoint, signed }
      const value = valueIn(raw, field)
      const after = wordWith(word, value, field)!
      assert.strictEqual(valueIn(after, field), value)
      const mask = ((2 ** field.width - 1) * 2 ** lowest) >>> 0
      assert.strictEqual((after & ~mask) >>> 0, (word & ~mask) >>> 0)
    }
  )
})
