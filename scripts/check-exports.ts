/**
 * Checks that everything a room exports through its door is documented: a doc comment with `@since` and `@category`
 * before each declaration. Overloads after the first, declarations private to a room, and what is `@internal` in a namespace
 * need none. No constructor is `@internal`.
 */
import { globSync, readFileSync } from "node:fs"
import * as path from "node:path"

const src = path.join(import.meta.dirname, "..", "src")
const declaration = /^export (?:declare |abstract )*(?:const|class|interface|type|function) (\w+)/

/** The exports of a door: names of files, as `file name`, and files that are exported as a namespace. */
const doors = new Map<string, { readonly names: Set<string>; readonly namespaces: Set<string> }>()
for (const door of globSync("**/index.ts", { cwd: src })) {
  const text = readFileSync(path.join(src, door), "utf8")
  const folder = path.dirname(door)
  const names = new Set<string>()
  for (const [, list, from] of text.matchAll(/export (?:type )?\{([^}]*)\} from "\.\/(.+)"/g))
    for (const name of list!.split(","))
      names.add(`${path.join(folder, from!)} ${name.replace(/^\s*type\s+/, "").trim()}`)
  const namespaces = new Set(
    [...text.matchAll(/export \* as \w+ from "\.\/(.+)"/g)].map(([, from]) => path.join(folder, from!))
  )
  doors.set(folder, { names, namespaces })
}

const faults: Array<string> = []
for (const file of globSync("**/*.ts", { cwd: src, exclude: ["**/index.ts"] })) {
  // a file deeper in a room is exported by the nearest door above it
  const above = [path.dirname(file), path.dirname(path.dirname(file))].flatMap((folder) => doors.get(folder) ?? [])
  const all = above.some(({ namespaces }) => namespaces.has(file))
  const lines = readFileSync(path.join(src, file), "utf8").split("\n")
  const seen = new Set<string>()
  lines.forEach((line, index) => {
    // stripped from the published types, such a constructor would look like one without parameters
    if (/^\s+(?:protected )?constructor\(/.test(line) && /@internal/.test(lines[index - 1]!))
      faults.push(`src/${file}:${index + 1}: a constructor cannot be @internal: make it private, or document it`)
    const name = declaration.exec(line)?.[1]
    if (name === undefined || seen.has(name) || !(all || above.some(({ names }) => names.has(`${file} ${name}`))))
      return
    seen.add(name)
    let end = index - 1
    while (lines[end]?.startsWith("// ")) end--
    let start = end
    while (start >= 0 && !lines[start]!.startsWith("/**")) start--
    const comment = lines[end]?.endsWith("*/") ? lines.slice(start, end + 1).join("\n") : ""
    // the published types do not have it
    if (all && comment.includes("@internal")) return
    for (const part of ["/**", "@since", "@category"])
      if (!comment.includes(part))
        faults.push(`src/${file}:${index + 1}: ${name} has no ${part === "/**" ? "doc comment" : part}`)
  })
}
for (const fault of faults) console.error(fault)
console.log(`exports: ${faults.length} faults`)
process.exitCode = faults.length === 0 ? 0 : 1
