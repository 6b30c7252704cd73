/**
 * Builds the `katcp` command from `src/Cli`: one file for each command with everything it needs, so it starts quickly,
 * and the prepared texts of `--help` and `--completions`.
 */
import { chmodSync, existsSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Console from "effect/Console"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { rolldown } from "rolldown"
import type { PreparedCompletions, PreparedHelp } from "../src/Cli/bin.ts"
import { loadRoot } from "../src/Cli/root.ts"
import { withDevices } from "./deviceCompletions.ts"

const at = (...parts: ReadonlyArray<string>) => path.join(import.meta.dirname, "..", ...parts)

/**
 * Values that are created at load time, seldom needed, and take a tenth of a command's start-up time: created on demand
 * instead.
 */
const late: ReadonlyArray<{ readonly file: RegExp; readonly early: string; readonly instead: string }> = [
  {
    file: /effect\/dist\/cli\/CliOutput\.js$/,
    early: 'new Intl.Segmenter(undefined, {\n  granularity: "grapheme"\n})',
    instead: '{ segment: (text) => new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text) }'
  },
  {
    file: /platform-node-shared\/dist\/NodeFileSystem\.js$/,
    early: 'import * as Crypto from "node:crypto";',
    instead: 'const Crypto = { randomBytes: (size) => process.getBuiltinModule("node:crypto").randomBytes(size) };'
  }
]

/** The PostgreSQL driver, which a program that uses the library installs itself, is part of the command. */
const driver = {
  file: /Archive\/node\/postgres\/driver\.ts$/,
  there: existsSync(at("node_modules", "@effect", "sql-pg")),
  within: (code: string) =>
    code
      .replace("import(client)", 'import("@effect/sql-pg/PgClient")')
      .replace("import(types)", 'import("@effect/sql-pg/PgTypes")')
}

const root = await loadRoot()

/** Returns the output of the command for words that only print a text. */
const printed = async (words: ReadonlyArray<string>, colors: boolean): Promise<string> => {
  let text = ""
  const console: Console.Console = Object.assign(Object.create(globalThis.console), {
    log: (...parts: ReadonlyArray<unknown>) => {
      text += `${parts.join(" ")}\n`
    }
  })
  await Command.runWith(root as Command.Command<string, unknown, unknown, unknown, never>, { version: "" })(words).pipe(
    Effect.ignore,
    Effect.provide(Layer.mergeAll(NodeServices.layer, CliOutput.layer(CliOutput.defaultFormatter({ colors })))),
    Effect.provideService(Console.Console, console),
    Effect.runPromise
  )
  return text
}

/** Returns the words of all commands, including subcommands. */
const commandsOf = (
  command: Command.Command.Any,
  words: ReadonlyArray<string>
): ReadonlyArray<ReadonlyArray<string>> => [
  words,
  ...command.subcommands.flatMap((group) =>
    group.commands.flatMap((within) => commandsOf(within, [...words, within.name]))
  )
]

/** Writes the command into a folder. */
export const bundle = async (folder: string): Promise<void> => {
  const bundled = await rolldown({
    // the threads of an archive in SQLite load a separate program
    input: {
      katcp: at("src", "Cli", "bin.ts"),
      "archive-worker": at("src", "Archive", "node", "sqlite", "worker.ts")
    },
    platform: "node",
    external: [/^node:/],
    plugins: [
      {
        name: "late",
        transform: (code, id) => {
          if (driver.there && driver.file.test(id)) return driver.within(code)
          const found = late.find(({ file }) => file.test(id))
          if (found === undefined) return undefined
          if (!code.includes(found.early)) throw new Error(`${id} no longer contains ${found.early}`)
          return code.replace(found.early, found.instead)
        }
      }
    ],
    onLog: (level, log) => {
      if (level !== "debug" && level !== "info") throw new Error(log.message)
    }
  })
  await bundled.write({
    dir: folder,
    format: "esm",
    minify: true,
    banner: (chunk) => (chunk.name === "katcp" && chunk.isEntry ? "#!/usr/bin/env node" : ""),
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js"
  })
  // npm makes it executable only when it links it
  chmodSync(path.join(folder, "katcp.js"), 0o755)

  const texts: Record<keyof PreparedHelp, Record<string, string>> = { plain: {}, coloured: {} }
  for (const words of commandsOf(root, [])) {
    texts.plain[words.join(" ")] = await printed([...words, "--help"], false)
    texts.coloured[words.join(" ")] = await printed([...words, "--help"], true)
  }
  writeFileSync(path.join(folder, "help.json"), JSON.stringify(texts))
  const scripts: Record<string, string> = {}
  for (const shell of ["bash", "sh", "zsh", "fish", "powershell", "pwsh"])
    scripts[shell] = withDevices(shell, await printed(["--completions", shell], false))
  writeFileSync(path.join(folder, "completions.json"), JSON.stringify(scripts satisfies PreparedCompletions))
}
