/** `--access` of the commands that listen (issue 11, point 2): who may do what at the doors of tap, replay and simulate. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { device, katcp, start } from "./katcp.ts"

const folder = mkdtempSync(path.join(tmpdir(), "katcp-access-"))
const contract = path.join(folder, "contract.json")
const recording = path.join(folder, "recording.ndjson")
let host = ""

beforeAll(async () => {
  host = (await device()).address
  writeFileSync(contract, (await katcp(["contract", host])).out)
  const tap = start(["tap", "0", host, "--record", recording, "--access", "all=admin"])
  const at = await addressOf(tap)
  for (const words of [["watchdog"], ["add", "1", "2"], ["log-level", "info"]]) await katcp(["call", at, ...words])
  tap.child.kill("SIGINT")
  await tap.ended
})
afterAll(() => rmSync(folder, { recursive: true }))

/** The address that a command reports. */
const addressOf = async (command: ReturnType<typeof start>): Promise<string> => {
  let at = ""
  await command.until(({ err, out }) => {
    at = /(?:127\.0\.0\.1|\[::1\]):\d+/g.exec(err.replaceAll(host, "") + out.replaceAll(host, ""))?.[0] ?? ""
    return at !== ""
  })
  return at
}

const commands: Readonly<Record<string, () => ReadonlyArray<string>>> = {
  tap: () => ["tap", "0", host],
  replay: () => ["replay", recording, "--listen", "0", "--speed", "0"],
  simulate: () => ["simulate", "--contract", contract, "--listen", "0", "--answer", "add=ok 3.0"]
}

describe.each(Object.keys(commands))("katcp %s --access", (name) => {
  /** How a request of this machine ends, by the rules: the line of the reply, or what the command says. */
  const asked = async (rules: ReadonlyArray<string>, ...request: ReadonlyArray<string>) => {
    const listening = start([...commands[name]!(), ...rules.flatMap((rule) => ["--access", rule])])
    const at = await addressOf(listening)
    const { err, out } = await katcp(["call", at, ...request, "--timeout", "5"])
    listening.child.kill("SIGINT")
    return { said: out + err, noted: (await listening.ended).err }
  }

  it("lets clients with the role read only look (P-407)", async () => {
    expect((await asked(["127.0.0.1=read"], "watchdog")).said).toContain("ok")
    expect((await asked(["127.0.0.1=read"], "add", "1", "2")).said).toMatch(/fail.*needs the role control/)
  })

  it("lets clients with the role control make requests of the contract, and no others", async () => {
    expect((await asked(["127.0.0.0/8=control"], "add", "1", "2")).said).toMatch(/ok 3\.0/)
    expect((await asked(["127.0.0.0/8=control"], "log-level", "info")).said).toMatch(/fail.*needs the role admin/)
  })

  it("applies the first matching rule, and leaves this machine admin without a match", async () => {
    expect((await asked(["10.0.0.0/8=none"], "log-level", "info")).said).toMatch(/ok/)
    expect((await asked(["127.0.0.1=admin", "all=none"], "log-level", "info")).said).toMatch(/ok/)
  })

  it("refuses clients with the role none, and says so at both ends", async () => {
    const { noted, said } = await asked(["all=none"], "watchdog")
    expect(said).not.toContain("ok")
    expect(`${said}${noted}`).toMatch(/refused|has no access here|does not serve 127/)
  })

  it.each([
    ["10.0.0.0/8", "NETWORK=ROLE"],
    ["10.0.0.0/33=read", "10.0.0.0/33"],
    ["all=god", "god"],
    ["=read", "=read"]
  ])("refuses %s before it listens, and says what to write", async (rule, wanted) => {
    const { code, err, out } = await katcp([...commands[name]!(), "--access", rule])
    expect({ code, out }).toEqual({ code: 2, out: "" })
    expect(err).toContain("--access")
    expect(err).toContain(wanted === "NETWORK=ROLE" ? "write 10.0.0.0/8=read" : wanted)
  })
})
