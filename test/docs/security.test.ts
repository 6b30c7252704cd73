/** Holds docs/security.md: its table of limits against the code, and its walk through TLS against openssl and real processes. */
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { freePort } from "../../scripts/freePort.ts"
import { resolve as clientDefaults } from "../../src/Client/connection/Options.ts"
import { resolve as serverDefaults } from "../../src/Server/Options.ts"
import { katcp } from "../Cli/katcp.ts"

const root = path.join(import.meta.dirname, "..", "..")
const document = readFileSync(path.join(root, "docs", "security.md"), "utf8")
const section = (title: string): string => {
  const [, text = ""] = document.split(`\n## ${title}\n`)
  return text.split("\n## ")[0]!
}
const rowsOf = (text: string): ReadonlyArray<ReadonlyArray<string>> =>
  [...text.matchAll(/^\| (.*) \|$/gm)].map(([, row]) => row!.split(" | "))
const plain = (cell = ""): string => cell.replaceAll("`", "")

const units: Readonly<Record<string, number>> = {
  "": 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  ms: 1,
  s: 1000,
  min: 60_000
}

/** A number as the table writes it: `16 MiB`, `65,536`, `10 s`, `off`. */
const numberIn = (cell: string): number => {
  if (cell === "off") return Number.POSITIVE_INFINITY
  const [, digits = "", unit = ""] = /^([\d,.]+)(?: (\w+))?$/.exec(cell) ?? []
  return Number(digits.replaceAll(",", "")) * (units[unit] ?? Number.NaN)
}

/** The default of an option as its documentation says. */
const documented = (file: string, option: string): string => {
  const source = readFileSync(path.join(root, "src", "Node", file), "utf8")
  const before = source.slice(0, source.search(new RegExp(`^ {2}readonly ${option}\\?`, "m")))
  const comment = before.slice(before.lastIndexOf("/**"))
  return /Default ([\d,.]+(?: (?:[KM]iB|seconds?|minutes?))?)/.exec(comment)?.[1] ?? "none"
}

describe("the limits in docs/security.md", () => {
  const rows = rowsOf(section("Limits")).filter(([of]) => /^(?:Server|Client|NodeServer|NodeClient)$/.test(of!))
  const table = (of: string) =>
    new Map(rows.filter(([one]) => one === of).map(([, name, value]) => [plain(name), value!]))

  it.each([
    ["Server", serverDefaults()],
    ["Client", clientDefaults()]
  ] as const)("are those of %s, and all of them", (of, defaults) => {
    const numbers = Object.entries(defaults).filter(([, value]) => typeof value === "number")
    expect(Object.fromEntries([...table(of)].map(([name, cell]) => [name, numberIn(cell)]))).toEqual(
      Object.fromEntries(numbers)
    )
  })

  it("are those that the options of NodeServer and NodeClient document", () => {
    const inMillis = (text: string) => numberIn(text.replace(/ seconds?/, " s").replace(/ minutes?/, " min"))
    const node = [...table("NodeServer"), ...table("NodeClient")]
    expect(node.length).toBeGreaterThan(3)
    for (const [name, cell] of node) {
      const file =
        name === "openTimeout" ? "NodeClient.ts" : name === "handshakeTimeout" ? "credentials.ts" : "NodeServer.ts"
      expect([name, inMillis(documented(file, name))]).toEqual([name, numberIn(cell)])
    }
  })

  it("say what happens above each, and why", () => {
    for (const row of rows) for (const cell of row) expect(cell.trim()).not.toBe("")
  })
})

describe("TLS and roles in docs/security.md, step by step", () => {
  const steps = section("TLS and roles, step by step")
  const blocks = (language: string) =>
    [...steps.matchAll(new RegExp(`^\`\`\`${language}[^\\n]*\\n([\\s\\S]*?)^\`\`\``, "gm"))].map(([, body]) => body!)
  const cache = path.join(root, ".cache")
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(path.join(cache, "security-"))
  let device: ReturnType<typeof spawn>
  let closed: Promise<unknown>
  let said = ""
  let env: NodeJS.ProcessEnv

  beforeAll(async () => {
    env = { ...process.env, PORT: String(await freePort()) }
    for (const block of blocks("sh")) execFileSync("sh", ["-e", "-c", block], { cwd: folder, stdio: "pipe" })
    const programs = blocks("ts")
    for (const [n, name] of ["device.ts", "client.ts"].entries()) writeFileSync(path.join(folder, name), programs[n]!)
    device = spawn(process.execPath, ["device.ts"], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] })
    // its last words come before
    closed = once(device, "close")
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const hear = (chunk: Buffer) => {
      said += chunk.toString("utf8")
      if (said.includes("listening on")) resolve()
    }
    device.stdout!.on("data", hear)
    device.stderr!.on("data", hear)
    device.once("exit", () => reject(new Error(said)))
    await promise
  })
  afterAll(() => {
    device?.kill("SIGKILL")
    rmSync(folder, { recursive: true, force: true })
  })

  it("admits the command with a certificate", async () => {
    const [, command = "", answer] = /^\$ katcp (.*)\n(.*)\n$/.exec(blocks("console")[0]!) ?? []
    const words = command
      .replace(":7147", `:${env.PORT}`)
      .split(" ")
      .map((word) => (/\.(?:pem|key)$/.test(word) ? path.join(folder, word) : word))
    expect(await katcp(words)).toEqual({ code: 0, out: `${answer}\n`, err: "" })
  }, 60_000)

  const rows = rowsOf(steps).filter(([command]) => command!.startsWith("`node "))
  it("gives each certificate what its role allows", async () => {
    expect(rows.length).toBe(8)
    for (const [command, answer] of rows) {
      const words = plain(command).split(" ").slice(1)
      const output = execFileSync(process.execPath, words, { cwd: folder, env, encoding: "utf8" })
      for (const part of plain(answer).split("…")) expect(`${plain(command)}: ${output}`).toContain(part.trim())
    }
    await closed
    const audited = [...said.matchAll(/(\?[\w-]+)\[2\].*\((\w+), (\w+)\): (\w+)/g)].map((match) =>
      match.slice(1).join(" ")
    )
    expect(audited).toEqual([
      "?stow guest read refused",
      "?stow operator control ok",
      "?set-limit operator control refused",
      "?set-limit engineer admin ok",
      "?halt operator control refused",
      "?halt engineer admin ok"
    ])
  })
})
