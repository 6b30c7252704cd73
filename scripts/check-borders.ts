/**
 * Checks the borders between the rooms of `src/`: a room imports only from rooms above it, only through their
 * `index.ts`, and only the rooms named here import platform packages. Some rooms are closed to rooms below them, too.
 * The Node parts of a room are in its folder `node`, which has its own `index.ts`.
 *
 * Within `src/` at most three files may import each other in a circle, including imports of types: a larger knot can
 * only be read as a whole.
 */
import { globSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { groupsOf, shortestCircle } from "./importCycles.ts"

const root = path.join(import.meta.dirname, "..", "src")
/** From the ground up: a room may import from those before it. */
const order = [
  "Message",
  "Codec",
  "Conform",
  "Sensor",
  "Sampling",
  "Interface",
  "Server",
  "Client",
  "Testing",
  "Node",
  "Casper",
  "Site",
  "Proxy",
  "Archive",
  "Export",
  "Gateway",
  "Dashboard",
  "Fleet",
  "Serve",
  "Promise",
  "Cli"
]
/** Rooms that are for Node only. */
const platform = ["Node", "Serve", "Promise", "Cli"]
const outside: Record<string, ReadonlyArray<string>> = {
  "@effect/platform-node": ["Node", "Serve", "Cli"],
  "node:": ["Node", "Serve", "Cli"],
  "effect/cli": ["Cli"]
}
/**
 * Rooms that only these rooms may import. The checks of `Conform` share nothing with the library's own servers and
 * clients: only the command uses them.
 */
const closed: Record<string, ReadonlyArray<string>> = {
  Conform: ["Cli"],
  Server: ["Testing", "Node", "Site", "Casper", "Proxy", "Gateway", "Serve", "Promise", "Cli"],
  // the parts of a system of devices depend only on the site; the gateway serves a proxy over WebSocket
  Proxy: ["Gateway", "Serve", "Fleet", "Promise", "Cli"],
  Export: ["Gateway", "Serve", "Fleet", "Promise", "Cli"],
  Dashboard: ["Serve", "Fleet", "Cli"],
  // the page's files have the gateway's form
  Gateway: ["Dashboard", "Serve", "Fleet", "Promise", "Cli"]
}
/** The largest number of files that may import each other in a circle. */
const largestCycle = 3
const importOf = /(?:^|[\s;}])(?:from|import)\s*\(?\s*["']([^"']+)["']/g

const faults: Array<string> = []
/** For each file the files that it imports. */
const imports = new Map<string, Array<string>>()
for (const file of globSync("**/*.{ts,tsx}", { cwd: root })) {
  const room = file.includes(path.sep) ? file.split(path.sep)[0]! : ""
  const inNode = file.split(path.sep)[1] === "node"
  const text = readFileSync(path.join(root, file), "utf8")
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, (comment) => comment.replace(/[^\n]/g, " "))
  if (room !== "" && !order.includes(room)) faults.push(`src/${file}: room ${room} is not in the list of rooms`)
  const imported: Array<string> = []
  imports.set(file, imported)
  for (const match of code.matchAll(importOf)) {
    const target = match[1]!
    const line = code.slice(0, match.index + match[0].length).split("\n").length
    const fault = (what: string) => faults.push(`src/${file}:${line}: ${target}: ${what}`)
    if (!target.startsWith(".")) {
      for (const [prefix, rooms] of Object.entries(outside)) {
        if (target.startsWith(prefix) && !rooms.includes(room) && !(inNode && prefix !== "effect/cli"))
          fault(`only ${rooms.join(" and ")} may import ${prefix}`)
      }
      if (target === "katcp" || target.startsWith("katcp/")) fault("sources import each other by path")
      continue
    }
    imported.push(path.join(path.dirname(file), target))
    const to = path.relative(root, path.join(root, path.dirname(file), target)).split(path.sep)
    if (to[0] === room && to[1] === "node" && !inNode) fault("the rest of a room does without its folder node")
    if (to[0] === ".." || to[0] === room || room === "") continue
    if (to.length === 1) fault("a room does not import the package's own entry point")
    else if (order.indexOf(to[0]!) > order.indexOf(room)) fault(`${to[0]} stands above ${room}`)
    else if (closed[to[0]!]?.includes(room) === false)
      fault(`only ${closed[to[0]!]!.join(" and ")} may import ${to[0]}`)
    else if ((to[0] === "Node" || to[1] === "node") && !inNode && !platform.includes(room))
      fault("only folders named node, and rooms for Node, may import it")
    else if (!/^(?:node\/)?index\.ts$/.test(to.slice(1).join("/"))) fault(`the only door of ${to[0]} is its index.ts`)
  }
}

for (const group of groupsOf(imports)) {
  if (group.length <= largestCycle) continue
  const names = [...group].sort().map((file) => `src/${file}`)
  faults.push(
    `${group.length} files import each other, types included; at most ${largestCycle} may: ${names.join(", ")}. ` +
      `One of the circles: ${shortestCircle(imports, group).join(" → ")}`
  )
}

for (const fault of faults) console.error(fault)
console.log(`borders: ${faults.length} faults`)
process.exitCode = faults.length === 0 ? 0 : 1
