/** How much of the command is loaded for a command line. */
import type * as Command from "effect/cli/Command"
import { assert, describe, it } from "vitest"
import { loadRoot, loadRootFor } from "../../src/Cli/root.ts"

const names = (root: Command.Command.Any) =>
  root.subcommands.flatMap(({ commands }) => commands.map(({ name }) => name))
const described = (root: Command.Command.Any) =>
  root.subcommands.every(({ commands }) => commands.every(({ description }) => description !== undefined))

describe("the command", () => {
  it("loads only the named command", async () => {
    const all = names(await loadRoot())
    assert.isAbove(all.length, 16)
    for (const name of all) assert.deepStrictEqual(names(await loadRootFor([name, "dish-7", "x"])), [name])
  })

  it("loads all commands without a name, and for global flags", async () => {
    const all = names(await loadRoot())
    for (const words of [
      [],
      ["--wizard"],
      ["--log-level", "debug", "call", "dish-7"],
      ["call", "--completions", "bash"],
      ["call", "--completions=bash"],
      ["monitr", "-h"],
      ["monitr", "--help"]
    ]) {
      const root = await loadRootFor(words)
      assert.deepStrictEqual([names(root), described(root)], [all, true], words.join(" "))
    }
  })

  it("loads only the names of commands for an unknown word", async () => {
    for (const word of ["monitr", "constructor"]) {
      const root = await loadRootFor([word])
      assert.deepStrictEqual([names(root), described(root)], [names(await loadRoot()), false], word)
    }
  })
})
