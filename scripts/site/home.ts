/** The parts of the home page that come from other pages: the device of README.md, and figures of bench/RESULTS.md. */

/** Returns the device that README.md shows to the author of an instrument. */
export const devicePart = (readme: string): string => {
  const chapter = readme.split(/^(?=## )/m).find((part) => part.startsWith("## Instrument author:"))
  const program = /^```ts[^\n]*\n([\s\S]*?)^```$/m.exec(chapter ?? "")?.[1]
  if (program === undefined) throw new Error("README.md has no device for the author of an instrument")
  return `\`\`\`ts\n${program}\`\`\``
}

/** The rows of bench/RESULTS.md that the home page shows, with words for readers who do not know the benchmarks. */
const shown: ReadonlyArray<readonly [row: string, words: string]> = [
  ["pipeline 10 conns x 16 [req/s]", "requests a second, 16 in flight on each of 10 connections"],
  ["fanout 100 subscribers [inf/s]", "updates a second to 100 subscribers, together"],
  ["sensor-list of N [inf/s]", "informs a second of `?sensor-list`"],
  ["10,000 sensors synced, later [ms]", "milliseconds until a client mirrors 10,000 sensors"],
  ["memory per idle connection [bytes]", "bytes of memory of an idle connection"],
  ["start to first answer [s]", "seconds from the start to the first answer"]
]

const cellsOf = (line: string) => line.split("|").map((cell) => cell.trim())

/** A measured value without its spread; empty if it was not measured. */
const valueOf = (cell: string | undefined): string => (cell === undefined || cell === "-" ? "" : cell.split(" ")[0]!)

/** Returns a table of figures: the newest ones, which stand first in bench/RESULTS.md. */
export const figuresPart = (results: string): string => {
  const lines = results.split("\n")
  const rows = shown.map(([row, words]) => {
    const at = lines.findIndex((line) => cellsOf(line)[1] === row)
    if (at < 0) throw new Error(`bench/RESULTS.md has no row ${row}`)
    const head = cellsOf(lines.slice(0, at).findLast((line) => line.includes("| project / aiokatcp |"))!)
    const cells = cellsOf(lines[at]!)
    const named = (name: string) => valueOf(cells[head.indexOf(name)])
    return `| ${words} | **${named("project")}** | ${named("aiokatcp")} | ${named("katcp-py")} | ${named("project / aiokatcp")} |`
  })
  return [
    "| one core, the same work, one interleaved run | katcp | aiokatcp | katcp-python | times aiokatcp |",
    "|---|---:|---:|---:|---:|",
    ...rows,
    "",
    "Above 1 is better here, whatever the unit. [All results](./bench/results.md), [how they are measured](./bench/readme.md)."
  ].join("\n")
}
