/**
 * Runs the command lines that stand in the ```console blocks of docs/cli.md, with the `katcp` command as it was built,
 * and writes what they print below them; with `--check` it only says where the document is out of date. The document is
 * the only list of transcripts. A line that ends in `&` begins a job, which `kill %1` or the end of the block ends;
 * ```console terminal runs in a terminal, and types what stands behind the prompts. Each `<!-- stage -->` has new devices
 * and an empty folder; what stands behind different ones runs at the same time. test/docs holds that all is current.
 */
import { readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { type Block, blocksOf, type Step, withOutputs } from "./transcripts/console.ts"
import { Session } from "./transcripts/Session.ts"
import { Stage } from "./transcripts/Stage.ts"

/** The path of the document. */
export const target = path.join(import.meta.dirname, "..", "docs", "cli.md")

/** An executed step. */
export interface Run extends Step {
  /** The heading above it. */
  readonly section: string
  readonly output: string
}

/** Returns the current document, and the steps that were run for it. */
export const transcribe = async (
  document: string
): Promise<{ readonly text: string; readonly runs: ReadonlyArray<Run> }> => {
  const blocks = blocksOf(document)
  const starts = [0, ...[...document.matchAll(/^<!-- stage -->$/gm)].map(({ index }) => index), document.length]
  const parts = await Promise.all(
    starts.slice(1).map(async (end, at) => {
      const part = blocks.filter(({ from }) => starts[at]! <= from && from < end)
      const stage = await Stage.open(document.slice(starts[at], end))
      try {
        const runs: Array<ReadonlyArray<Run>> = []
        for (const block of part) runs.push(await runBlock(block, stage))
        return runs
      } finally {
        stage.close()
      }
    })
  )
  const runs = parts.flat()
  const outputs = runs.map((block) => block.map(({ output }) => output))
  return { text: withOutputs(document, blocks, outputs), runs: runs.flat() }
}

const runBlock = async ({ section, steps, terminal }: Block, stage: Stage): Promise<ReadonlyArray<Run>> => {
  const session = new Session(stage)
  const runs: Array<Run> = []
  try {
    for (const step of steps) {
      const output = terminal ? await session.runInTerminal(step.command, step.shown) : await session.run(step.command)
      runs.push({ ...step, section, output })
    }
  } finally {
    await session.close()
  }
  return runs
}

/** Returns the outdated commands for people, each with the differing lines. */
export const differences = (runs: ReadonlyArray<Run>): ReadonlyArray<string> =>
  runs.flatMap(({ command, line, output, shown }) => {
    if (output === shown) return []
    const [before, after] = [shown.split("\n"), output.split("\n")]
    const gone = before.filter((one) => !after.includes(one)).map((one) => `  - ${one}`)
    const come = after.filter((one) => !before.includes(one)).map((one) => `  + ${one}`)
    return [[`docs/cli.md:${line}: $ ${command}`, ...gone, ...come].join("\n")]
  })

if (process.argv[1] === import.meta.filename) {
  const { runs, text } = await transcribe(readFileSync(target, "utf8"))
  const found = differences(runs)
  for (const difference of found) console.log(difference)
  console.log(`transcripts: ${runs.length} commands, ${found.length} differ from the document`)
  if (process.argv.includes("--check")) process.exitCode = found.length === 0 ? 0 : 1
  else writeFileSync(target, text)
}
