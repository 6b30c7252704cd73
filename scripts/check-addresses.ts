/**
 * Refuses to publish while package.json has example addresses: `homepage`, `repository` and `bugs` say `to-be-set` until
 * the project has a public home.
 */
import { readFileSync } from "node:fs"
import * as path from "node:path"

const text = readFileSync(path.join(import.meta.dirname, "..", "package.json"), "utf8")
const { bugs, homepage, repository } = JSON.parse(text)
const left = Object.entries({ bugs, homepage, repository }).filter(([, value]) =>
  /to-be-set/.test(JSON.stringify(value))
)
for (const [name] of left) console.error(`package.json: ${name} is an example address; set it before publishing`)
process.exitCode = left.length === 0 ? 0 : 1
