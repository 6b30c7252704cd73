/** The ```console blocks of a document: command lines after `$ `, each followed by its output. */

/** A command line, and its output: lines without the last line end. */
export interface Step {
  readonly command: string
  readonly shown: string
  /** Its line in the document, from 1. */
  readonly line: number
}

/** A block of a document. */
export interface Block {
  /** The heading above it, without marks. */
  readonly section: string
  /** `true` if its commands run in a terminal: the output is then the screen, including the text typed at prompts. */
  readonly terminal: boolean
  readonly steps: ReadonlyArray<Step>
  /** The start and end of the text between the fences. */
  readonly from: number
  readonly to: number
}

const fence = /^(```console *(terminal)?\n)([\s\S]*?)^```$/gm
const heading = /^#+ +(.*)$/gm
const prompt = "$ "

/** Returns all blocks of a document, in order. */
export const blocksOf = (document: string): ReadonlyArray<Block> =>
  [...document.matchAll(fence)].map(({ 1: opening = "", 2: terminal, 3: body = "", index }) => {
    const headings = [...document.slice(0, index).matchAll(heading)]
    const from = index + opening.length
    return {
      section: (headings.at(-1)?.[1] ?? "").replaceAll("`", ""),
      terminal: terminal !== undefined,
      steps: stepsOf(body, document.slice(0, from).split("\n").length),
      from,
      to: from + body.length
    }
  })

const stepsOf = (body: string, first: number): ReadonlyArray<Step> => {
  const steps: Array<{ command: string; line: number; lines: Array<string> }> = []
  for (const [at, line] of body.replace(/\n$/, "").split("\n").entries()) {
    if (line.startsWith(prompt)) steps.push({ command: line.slice(prompt.length), line: first + at, lines: [] })
    else if (steps.length > 0) steps.at(-1)!.lines.push(line)
    else throw new Error(`line ${first + at}: a console block begins with a command line, "$ …"`)
  }
  return steps.map(({ command, line, lines }) => ({ command, line, shown: lines.join("\n") }))
}

/** Returns the document with other outputs: one for each step of each block. */
export const withOutputs = (
  document: string,
  blocks: ReadonlyArray<Block>,
  outputs: ReadonlyArray<ReadonlyArray<string>>
): string => {
  let text = ""
  let done = 0
  for (const [at, { from, steps, to }] of blocks.entries()) {
    const body = steps.map(({ command }, step) => {
      const output = outputs[at]![step]!
      return `${prompt}${command}\n${output === "" ? "" : `${output}\n`}`
    })
    text += document.slice(done, from) + body.join("")
    done = to
  }
  return text + document.slice(done)
}
