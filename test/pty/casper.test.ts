/** Boards at a terminal: the question before they are programmed, and names of registers in the shell. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import * as Effect from "effect/Effect"
import * as Casper from "katcp/Casper"
import * as CasperNode from "katcp/Casper/node"
import { afterAll, assert, describe, it } from "vitest"
import { inTerminal } from "./terminal.ts"

const folder = mkdtempSync(path.join(tmpdir(), "katcp-casper-"))
afterAll(() => rmSync(folder, { recursive: true }))
const file = path.join(folder, "design.fpg")
const design = Casper.Fpg.make({ registers: { acc_len: { address: 0, length: 4 } } })
writeFileSync(file, Casper.Fpg.encode(design))

const withBoard = (options: Casper.FakeOptions, body: (board: Casper.FakeBoard) => Promise<void>) =>
  Effect.flatMap(Casper.fake({ ...options, port: 0 }), (board) => Effect.promise(() => body(board))).pipe(
    Effect.scoped,
    Effect.provide(CasperNode.layer),
    Effect.runPromise
  )

describe("katcp casper upload in a terminal", () => {
  for (const [keys, code, uploads] of [
    ["y\r", 0, 1],
    ["yes\r", 0, 1],
    ["n\r", 2, 0],
    ["\r", 2, 0],
    ["\u0003", 130, 0],
    ["\u0004", 2, 0]
  ] as const)
    it(`asks first, and exits with ${code} after ${JSON.stringify(keys)}`, () =>
      withBoard({}, async (board) => {
        const { closed, shows, type } = inTerminal(["casper", "upload", board.address, file])
        await shows(`program ${board.address} with ${file}? [y/N] `)
        type(keys)
        assert.deepStrictEqual(await closed, [code, null])
        assert.strictEqual(board.uploads, uploads)
      }))
})

describe("katcp casper program in a terminal", () => {
  const bof = new Uint8Array([0x19, 0x42, 0x4f, 0x46, ...new Array(200).fill(0)])
  for (const [words, question, keys, code, state] of [
    [["a.bof"], "program HOST with a.bof, a file on the board? [y/N] ", "y\r", 0, "ready"],
    [["a.bof"], "program HOST with a.bof, a file on the board? [y/N] ", "n\r", 2, "down"],
    [["--none"], "deprogram HOST? [y/N] ", "yes\r", 0, "down"],
    [["--none"], "deprogram HOST? [y/N] ", "\r", 2, "ready"]
  ] as const)
    it(`asks "${question}", and exits with ${code} after ${JSON.stringify(keys)}`, () =>
      withBoard({ files: { "a.bof": bof }, ...(words[0] === "--none" ? { design } : {}) }, async (board) => {
        const { closed, shows, type } = inTerminal(["casper", "program", board.address, ...words])
        await shows(question.replace("HOST", board.address))
        type(keys)
        assert.deepStrictEqual(await closed, [code, null])
        assert.strictEqual(board.state, state)
      }))

  it("does not ask with --yes", () =>
    withBoard({ design }, async (board) => {
      const { closed } = inTerminal(["casper", "program", "--yes", "--none", board.address])
      assert.deepStrictEqual(await closed, [0, null])
      assert.strictEqual(board.state, "down")
    }))
})

describe("katcp shell with a board", () => {
  it("completes the names of registers", () =>
    withBoard({ design }, async (board) => {
      const { closed, shows, type } = inTerminal(["shell", board.address], {
        KATCP_HISTORY: path.join(folder, "history")
      })
      await shows("> ")
      type("?wordread a\t")
      // what Tab adds is written alone, or behind the letter that was typed
      await shows("cc_len ")
      type("\r")
      await shows("!wordread ok 0x0")
      type("\u0004")
      assert.deepStrictEqual(await closed, [0, null])
    }))
})
