import { readFileSync, statSync } from "node:fs"
import { isIP } from "node:net"
import { join } from "node:path"

const path =
  process.platform === "win32"
    ? join(process.env.SystemRoot ?? "C:\\Windows", "System32", "drivers", "etc", "hosts")
    : "/etc/hosts"

/** The addresses of each name in a hosts file, in their order. Names are in lower case. */
export const parseHosts = (text: string): ReadonlyMap<string, ReadonlyArray<string>> => {
  const all = new Map<string, Array<string>>()
  for (const line of text.split(/\r?\n/)) {
    const [address = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/)
    if (isIP(address) === 0) continue
    for (const name of names) {
      const addresses = all.get(name.toLowerCase())
      if (addresses === undefined) all.set(name.toLowerCase(), [address])
      else if (!addresses.includes(address)) addresses.push(address)
    }
  }
  return all
}

let known: ReadonlyMap<string, ReadonlyArray<string>> = new Map()
let stamp = ""

/** Returns the addresses of a name in the hosts file of this machine; empty if the file does not have the name. */
export const inHostsFile = (name: string): ReadonlyArray<string> => {
  try {
    const { mtimeMs, size } = statSync(path)
    // the file is small, but not read for each connection
    if (stamp !== `${mtimeMs} ${size}`) {
      known = parseHosts(readFileSync(path, "utf8"))
      stamp = `${mtimeMs} ${size}`
    }
  } catch {
    known = new Map()
    stamp = ""
  }
  return known.get(name.toLowerCase()) ?? []
}
