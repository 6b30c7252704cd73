/**
 * What starts the `katcp` command: help, completions and version stand ready as text, made when the package was built, so
 * that they come at once; all else is loaded when it is needed, compiled before where this Node keeps that.
 */
import { readFileSync } from "node:fs"
import * as module from "node:module"
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

/** Returns the text that the words print, if it is ready; else the command itself makes it. */
const prepared = (words: ReadonlyArray<string>): string | undefined => {
  const [first = "", last = first] = words.slice(-2)
  if (last === "--version" && words.length === 1) return `katcp v${version}\n`
  if (first === "--completions" && words.length === 2) return own(read<PreparedCompletions>("completions.json"), last)
  if (words.length > 0 && last !== "--help" && last !== "-h") return undefined
  const command = words.slice(0, -1)
  if (command.some((word) => word.startsWith("-"))) return undefined
  return own(read<PreparedHelp>("help.json")?.[showsColours(process.stdout) ? "coloured" : "plain"], command.join(" "))
}

/** Returns a text by a word that somebody has typed, which may be `constructor`. */
const own = (texts: Readonly<Record<string, string>> | undefined, word: string): string | undefined =>
  texts !== undefined && Object.hasOwn(texts, word) ? texts[word] : undefined

/** Reads a file beside this one; `undefined` if it was not built. */
const read = <A>(file: string): A | undefined => {
  try {
    return JSON.parse(readFileSync(new URL(file, import.meta.url), "utf8")) as A
  } catch {
    return undefined
  }
}

// the version from which on Node has it
module.enableCompileCache?.()
watchOutput()
const text = prepared(process.argv.slice(2))
if (text === undefined) (await import("./main.ts")).main()
else {
  onOutputFault((error) => {
    if (isClosedPipe(error)) return
    process.stderr.write(`${outputFaultText(error)}\n`)
    process.exitCode = 2
  })
  process.stdout.write(text)
  finishOutput(() => {})
}
