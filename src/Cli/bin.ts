/**
 * Starts the `katcp` command. Help, completions and version are prepared as text when the package is built, so they
 * appear at once. Everything else is loaded on demand, from the compile cache if this Node has one. A Node that is too old
 * must be able to read this file and its imports, because it reports the Node.
 */
import { readFileSync } from "node:fs"
import * as module from "node:module"
import { oldNodeText } from "./oldNode.ts"
import { showsColours } from "./show/showsColours.ts"
import { finishOutput, isClosedPipe, onOutputFault, outputFaultText, watchOutput } from "./show/standardOutput.ts"
import { version } from "./version.ts"

/** The text of `--help` by the words of the command, with and without colours. */
export interface PreparedHelp {
  readonly plain: Readonly<Record<string, string>>
  readonly coloured: Readonly<Record<string, string>>
}

/** The scripts of `--completions` by the name of the shell. */
export type PreparedCompletions = Readonly<Record<string, string>>

/** Returns the prepared output for the words; otherwise the command itself computes it. */
const prepared = (words: ReadonlyArray<string>): string | undefined => {
  const [first = "", last = first] = words.slice(-2)
  if (last === "--version" && words.length === 1) return `katcp v${version}\n`
  if (first === "--completions" && words.length === 2) return own(read<PreparedCompletions>("completions.json"), last)
  if (words.length > 0 && last !== "--help" && last !== "-h") return undefined
  const command = words.slice(0, -1)
  if (command.some((word) => word.startsWith("-"))) return undefined
  return own(read<PreparedHelp>("help.json")?.[showsColours(process.stdout) ? "coloured" : "plain"], command.join(" "))
}

/** Returns a text by a word from the command line, which may be `constructor`. */
const own = (texts: Readonly<Record<string, string>> | undefined, word: string): string | undefined =>
  texts !== undefined && Object.hasOwn(texts, word) ? texts[word] : undefined

/** Reads a file next to this one; `undefined` if it was not built. */
const read = <A>(file: string): A | undefined => {
  try {
    return JSON.parse(readFileSync(new URL(file, import.meta.url), "utf8")) as A
  } catch {
    return undefined
  }
}

/** Writes the prepared output for the words of this process, or runs the command. */
const start = async (): Promise<void> => {
  // newer versions of Node have it
  module.enableCompileCache?.()
  watchOutput()
  const text = prepared(process.argv.slice(2))
  if (text === undefined) return (await import("./main.ts")).main()
  onOutputFault((error) => {
    if (isClosedPipe(error)) return
    process.stderr.write(`${outputFaultText(error)}\n`)
    process.exitCode = 2
  })
  process.stdout.write(text)
  finishOutput(() => {})
}

const tooOld = oldNodeText(process.versions.node, process.execPath)
if (tooOld === undefined) await start()
else {
  process.stderr.write(`${tooOld}\n`)
  process.exitCode = 2
}
