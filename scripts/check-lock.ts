/**
 * Checks that the lock files contain the integrity of each package: an entry without integrity must be in the list
 * below, and no entry names a registry. `node scripts/complete-lock.ts` adds the integrities from the registry.
 */
import { readFileSync } from "node:fs"
import * as path from "node:path"

/**
 * Optional packages for other platforms that the registry does not have, so their integrity is unknown. npm requires
 * their entries, but cannot install them.
 */
const absent: ReadonlyArray<string> = [
  "tools @effect/tsgo-darwin-arm64@0.45.0",
  "tools @effect/tsgo-darwin-x64@0.45.0",
  "tools @effect/tsgo-linux-arm@0.45.0",
  "tools @effect/tsgo-linux-arm64@0.45.0",
  "tools @effect/tsgo-win32-arm64@0.45.0",
  "tools @effect/tsgo-win32-x64@0.45.0"
]

interface Entry {
  readonly version?: string
  readonly integrity?: string
  readonly resolved?: string
  readonly optional?: boolean
}

const faults: Array<string> = []
const unused = new Set(absent)
let entries = 0
for (const folder of [".", "tools"]) {
  const file = path.join(import.meta.dirname, "..", folder, "package-lock.json")
  const { packages } = JSON.parse(readFileSync(file, "utf8")) as { packages: Record<string, Entry> }
  for (const [where, { integrity, optional, resolved, version }] of Object.entries(packages)) {
    if (where === "") continue
    entries++
    const id = `${folder} ${where.slice(where.lastIndexOf("node_modules/") + "node_modules/".length)}@${version}`
    if (resolved !== undefined) faults.push(`${id}: the entry names a registry`)
    if (/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? "")) continue
    if (!unused.delete(id)) faults.push(`${id}: no integrity (sha512)`)
    else if (!optional) faults.push(`${id}: without integrity, and not optional`)
  }
}
for (const id of unused) faults.push(`${id}: in the list of absent packages, but not without integrity`)
for (const fault of faults) console.error(fault)
console.log(`lock: ${entries} entries, ${faults.length} faults`)
process.exitCode = faults.length === 0 ? 0 : 1
