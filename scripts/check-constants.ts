/**
 * Checks that tuning constants say what was measured to set them. Looks at the constants of modules in `src/` whose
 * value is a number, or a time such as `"2 seconds"`. The comment before each has one of these forms:
 *
 * - `Measured: …` with the figures, for a size, count or time that was chosen by a measurement;
 * - `Not measured: …` with the reason why the value is as good as others;
 * - `Given by …` for a value that the specification, the platform or the language sets;
 * - `A code: …` for a number that only represents something.
 *
 * A figure with its unit of time ("10,000 take 9 ms") counts as a measurement.
 */
import { globSync, readFileSync } from "node:fs"
import * as path from "node:path"

const root = path.join(import.meta.dirname, "..")
const constant =
  /^(?:export )?const ([\w$]+)(?:: [^=]+)? = (?:-?\d[\d_]*(?:\.\d+)?(?:e[-+]?\d+)?n?\b|"[\d.]+ ?[a-z]+"$|Duration\.\w+\(|[\w.]+ \*\*? [\w.]+)/
const reasoned =
  /\b(?:measured|given by|a code)\b|\b(?:takes?|took|in) (?:about |some |less than )?[\d.,]+ ?(?:ns|µs|ms|s)\b/i

/** Returns the comment that ends in the line before. */
const commentBefore = (lines: ReadonlyArray<string>, at: number): string => {
  let first = at
  if (lines[at - 1]?.trimEnd().endsWith("*/") === true)
    do first--
    while (!lines[first]!.trimStart().startsWith("/*"))
  else while (lines[first - 1]?.trimStart().startsWith("//") === true) first--
  return lines
    .slice(first, at)
    .map((line) => line.replace(/^\s*(?:\/\*\*?|\*\/|\*|\/\/)/, ""))
    .join(" ")
    .replace(/\s+/g, " ")
}

const faults: Array<string> = []
let count = 0
for (const file of globSync("src/**/*.{ts,tsx}", { cwd: root }).sort()) {
  const lines = readFileSync(path.join(root, file), "utf8").split("\n")
  lines.forEach((line, at) => {
    const name = constant.exec(line)?.[1]
    if (name === undefined) return
    count++
    if (!reasoned.test(commentBefore(lines, at))) faults.push(`${file}:${at + 1}: ${name}`)
  })
}
for (const fault of faults)
  console.error(
    `${fault}: say in its comment what was measured ("Measured: …", "Not measured: …", "Given by …", "A code: …")`
  )
console.log(`constants: ${count}, ${faults.length} faults`)
process.exitCode = faults.length === 0 ? 0 : 1
