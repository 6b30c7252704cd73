/** Holds docs/fleet-deployment.md: its files are those of deploy/fleet/, and they are right as far as this machine can tell. */
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import * as path from "node:path"
import { assert, describe, it } from "vitest"
import { parseSite } from "../../src/Serve/file/load.ts"

const root = path.join(import.meta.dirname, "../..")
const text = readFileSync(path.join(root, "docs", "fleet-deployment.md"), "utf8")
const blocks = (language: string) =>
  Array.from(text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm")), ([, body]) => body!)
const deployed = (name: string) => readFileSync(path.join(root, "deploy", "fleet", name), "utf8")

describe("docs/fleet-deployment.md", () => {
  it.each([
    ["yaml", ["site.yaml", "compose.yaml"]],
    ["ini", ["katcp-runner@.service"]],
    ["text", ["haproxy.cfg"]]
  ])("shows the files of deploy/fleet as they are: %s", (language, names) => {
    assert.deepStrictEqual(blocks(language), names.map(deployed))
  })

  it("has a valid site file", () => {
    const found = parseSite("site.yaml", deployed("site.yaml"), {
      KATCP_DATABASE_PASSWORD: "secret",
      KATCP_FLEET_TOKEN: "0123456789abcdef",
      KATCP_FLEET_HOST: "r1"
    })
    assert.strictEqual(found._tag, "Success", String(found._tag === "Failure" ? found.failure : ""))
  })

  it("has runners of different names behind one name", () => {
    for (const name of ["r1", "r2", "r3"]) {
      assert.include(deployed("compose.yaml"), `--name, ${name}]`)
      assert.include(deployed("haproxy.cfg"), `server ${name} ${name}:8443`)
      assert.include(deployed("haproxy.cfg"), `server ${name} ${name}:7148`)
    }
  })

  const systemd = spawnSync("systemd-analyze", ["--version"])
  if (systemd.error !== undefined) console.warn("systemd-analyze is not installed: the unit is not verified")
  else
    it("has a unit that systemd takes", () => {
      const { stderr } = spawnSync("systemd-analyze", [
        "verify",
        path.join(root, "deploy", "fleet", "katcp-runner@.service")
      ])
      const faults = stderr
        .toString()
        .split("\n")
        .filter((line) => line.includes("katcp-runner") && !line.includes("not executable"))
      assert.deepStrictEqual(faults, [])
    })
})
