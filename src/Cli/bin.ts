/**
 * What starts the `katcp` command: help and version stand ready as text, made when the package was built, so that they come
 * at once; all else is loaded when it is needed, compiled before where this Node keeps that.
 */
import { readFileSync } from "node:fs"
import * as module from "node:module"
import { showsColours } from "./show/showsColours.ts"
import { finishOutput, isClosedPipe, onOutputFault, outputFaultText, watchOutput } from "./show/standardOutput.ts"
import { version } from "./version.ts"

/** The text of `--help` by the words of the command, with and without colours. */
export interface Prepared {
  readonly plain: Readonly<Record<string, string>>
  readonly coloured: Readonly<Record<string, string>>
}

const prepared = (words: ReadonlyArray<string>): string | undefined => {
  const [last] = words.slice(-1)
  if (last === "--version" && words.length === 1) return `katcp v${version}\n`
  if (words.length > 0 && last !== "--help" && last !== "-h") return undefined
  const command = words.slice(0, -1)
  if (command.some((word) => word.startsWith("-"))) return undefined
  try {
    const texts = JSON.parse(readFileSync(new URL("./help.json", import.meta.url), "utf8")) as Prepared
    return texts[showsColours(process.stdout) ? "coloured" : "plain"][command.join(" ")]
  } catch {
    // not built: the command itself makes it
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
