/**
 * Holds the rules of `scripts/english/rules.ts` in comments, messages, test names and pages. `pending` has the folders and
 * pages that are not rewritten yet; it only ever shrinks.
 *
 * `node scripts/check-english.ts PATH…` checks the given folders and pages only, pending or not.
 */
import { globSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { faultsOf } from "./english/rules.ts"
import { textsOfCode, textsOfPage } from "./english/texts.ts"

const root = path.join(import.meta.dirname, "..")

const pending: ReadonlyArray<string> = []

/** Files with sentences that are wrong on purpose. */
const exempt: ReadonlyArray<string> = ["scripts/english/rules.ts", "test/package/english.test.ts"]

const asked = process.argv.slice(2)
const within = (file: string, places: ReadonlyArray<string>): boolean => places.some((place) => file.startsWith(place))
const files = globSync(["{src,test,examples,bench,scripts}/**/*.{ts,tsx}", "docs/**/*.md", "bench/*.md", "*.md"], {
  cwd: root
})
  .map((file) => file.replaceAll(path.sep, "/"))
  .filter((file) => !within(file, exempt) && (asked.length > 0 ? within(file, asked) : !within(file, pending)))
  .sort()

let count = 0
for (const file of files) {
  const source = readFileSync(path.join(root, file), "utf8")
  for (const text of (file.endsWith(".md") ? textsOfPage : textsOfCode)(source))
    for (const fault of faultsOf(text)) {
      count++
      console.error(`${file}:${text.line}: ${fault}`)
    }
}
for (const place of pending)
  if (!files.some((file) => file.startsWith(place)) && globSync(`${place}*`, { cwd: root }).length === 0) {
    count++
    console.error(`pending: ${place} does not exist`)
  }
console.log(`english: ${files.length} files, ${count} faults, ${pending.length} places pending`)
process.exitCode = count === 0 ? 0 : 1
