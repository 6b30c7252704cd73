/** The exports, members, options and commands that docs/parity.md names exist. */
import { execFileSync } from "node:child_process"
import { existsSync, globSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { describe, expect, it } from "vitest"
import type { Chapter } from "../../scripts/requirements.ts"

const root = path.join(import.meta.dirname, "..", "..")
const source = path.join(root, "src")
const texts = new Map<string, string>()
const read = (file: string): string => {
  const text = texts.get(file) ?? readFileSync(file, "utf8")
  texts.set(file, text)
  return text
}
const chapters: ReadonlyArray<Chapter> = JSON.parse(read(path.join(root, "scripts", "parity.json")))
const rows = chapters.flatMap(({ rows }) => Object.entries(rows))

/** The names that a module exports; of a namespace, the file behind it. */
const exportsOf = (file: string): ReadonlyMap<string, string | undefined> => {
  const text = read(file).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "")
  const found = new Map<string, string | undefined>()
  for (const [, names] of text.matchAll(/export (?:type )?\{([^}]*)\}/g))
    for (const name of names!.split(",")) found.set(name.trim().replace(/^type |^\w+ as /g, ""), undefined)
  for (const [, name] of text.matchAll(
    /export (?:declare )?(?:const|class|interface|type|abstract class|function) (\w+)/g
  ))
    found.set(name!, undefined)
  for (const [, name, to] of text.matchAll(/export \* as (\w+) from "(.*)"/g))
    found.set(name!, path.join(path.dirname(file), to!))
  return found
}
const top = exportsOf(path.join(source, "index.ts"))
const doors: Readonly<Record<string, string>> = {
  Testing: path.join(source, "Testing", "index.ts"),
  Arg: path.join(source, "Codec", "arg", "index.ts"),
  Request: path.join(source, "Interface", "Request.ts")
}

/** `true` if a dotted name is exported: `Sensor.Derived.all`. */
const isExported = (name: string): boolean => {
  const [first = "", ...rest] = name.split(".")
  const node = exportsOf(path.join(source, "Node", "index.ts"))
  if (rest.length === 0) return top.has(first) || node.has(first)
  let file = doors[first] ?? top.get(first) ?? node.get(first)
  for (const [at, part] of rest.entries()) {
    if (file === undefined) return false
    const names = exportsOf(file)
    if (!names.has(part)) {
      // a static member of a class, such as Protocol.make, or a layer of a service
      return at > 0 && at === rest.length - 1 && new RegExp(`\\b${part}\\b`).test(declaring(rest[at - 1]!))
    }
    file = names.get(part)
    if (file === undefined && at < rest.length - 1)
      return at === rest.length - 2 && new RegExp(`\\b${rest[at + 1]}\\b`).test(declaring(part))
  }
  return true
}

const files = globSync("**/*.ts", { cwd: source }).map((file) => path.join(source, file))
/** The text of the files that declare a class or an interface. */
const declaring = (name: string): string =>
  files
    .map(read)
    .filter((text) => new RegExp(`(?:interface|class) ${name}\\b`).test(text))
    .join("\n")
/** The text of what has a member: a type, or the room of a function with options. */
const ownerText = (name: string): string => {
  const last = name.split(".").at(-1)!
  if (/^[A-Z]/.test(last)) return declaring(last)
  const door = doors[name.split(".")[0]!] ?? top.get(name.split(".")[0]!)
  return door === undefined
    ? ""
    : [door, ...files.filter((file) => path.dirname(file) === path.dirname(door))].map(read).join("\n")
}
const options: Readonly<Record<string, string>> = {
  "the server's options": read(path.join(source, "Server", "Options.ts")),
  "the client's options": read(path.join(source, "Client", "connection", "Options.ts"))
}
const commands = execFileSync(process.execPath, [path.join(root, "dist", "bin", "katcp.js"), "--help"], {
  encoding: "utf8"
})

describe("docs/parity.md", () => {
  it("names exports, files and commands that exist", () => {
    const missing: Array<string> = []
    for (const [id, { ours = "" }] of rows)
      for (const [, code] of ours.matchAll(/`([^`]*)`/g)) {
        const [name = "", word] = code!.replace(/\(.*/, "").split(" ")
        if (name === "katcp" && word !== undefined) {
          if (!new RegExp(`^ {2}${word} `, "m").test(commands)) missing.push(`${id}: ${code}`)
        } else if (name.startsWith("katcp/")) {
          if (!(`./${name.slice(6)}` in JSON.parse(read(path.join(root, "package.json"))).exports))
            missing.push(`${id}: ${code}`)
        } else if (
          /^(?!Effect|Equal|Logger|ManagedRuntime|NodeRuntime)[A-Z]\w*(?:\.\w+)+$/.test(name) &&
          !isExported(name)
        )
          missing.push(`${id}: ${name}`)
      }
    for (const [id, { ours = "" }] of rows)
      for (const [file] of ours.matchAll(/\b(?:examples|docs)\/[\w./]*\w/g))
        if (!existsSync(path.join(root, file))) missing.push(`${id}: ${file}`)
    expect(missing).toEqual([])
  })

  it("names members and options that exist", () => {
    const missing: Array<string> = []
    const phrase =
      /((?:`[\w.]+`(?:, (?:or the \w+ )?| and |, or )?)+)(?:,? of (?:an? )?(the server's options|the client's options|`([\w.]+)`))/g
    for (const [id, { ours = "" }] of rows)
      for (const [, names, owner, type] of ours.matchAll(phrase)) {
        const text = type === undefined ? options[owner!]! : ownerText(type)
        for (const [, name] of names!.matchAll(/`([\w.]+)`/g))
          if (!new RegExp(`\\b${name!.split(".").at(-1)}\\b`).test(text))
            missing.push(`${id}: ${name} of ${type ?? owner}`)
      }
    expect(missing).toEqual([])
  })

  it("gives each feature its counterpart, or the reason why it has no counterpart", () => {
    expect(rows).toHaveLength(464)
    for (const [id, { asks, ours = "" }] of rows) {
      expect(asks, id).not.toBe("")
      expect(ours, id).toMatch(/^Nothing: \w|^(?!Nothing)./)
    }
  })
})
