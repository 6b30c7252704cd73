/**
 * Builds the `katcp` command from `src/Cli`: one file for each command with everything it needs, so it starts quickly,
 * and the prepared texts of `--help` and `--completions`.
 */
import { chmodSync, writeFileSync } from "node:fs"
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
import { commandPlugins, onLog } from "./commandPlugins.ts"
import { withDevices } from "./deviceCompletions.ts"

const at = (...parts: ReadonlyArray<string>) => path.join(import.meta.dirname, "..", ...parts)

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
    plugins: [...commandPlugins],
    onLog
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
