/** The completions for shells: that they are scripts, and know the command. */
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { assert, describe, it } from "vitest"
import { withDevices } from "../../scripts/deviceCompletions.ts"
import { command, katcp } from "./katcp.ts"

const commands =
  "call info list get help monitor wait log shell tap replay simulate serve proxy conform casper contract msg run".split(
    " "
  )

/** How each shell reads a script without running it. */
const shells = { bash: ["-n"], zsh: ["-n"], fish: ["--no-execute"] } as const

/** The required parts of a script, if its shell is not installed to check it. */
const marks: Readonly<Record<keyof typeof shells, RegExp>> = {
  bash: /^complete .*-F \w+ .*\bkatcp$/m,
  zsh: /^#compdef katcp\n[\s\S]*_katcp\(\) \{[\s\S]*\n\}/,
  fish: /^complete -c katcp -n '__fish_use_subcommand' -f -a 'monitor' -d '.+'$/m
}

describe("katcp --completions", () => {
  for (const shell of Object.keys(shells) as ReadonlyArray<keyof typeof shells>)
    it(`${shell}: a script that the shell accepts, with every command and its flags`, async () => {
      const { code, err, out } = await katcp(["--completions", shell])
      assert.deepStrictEqual([code, err], [0, ""])
      const read = spawnSync(shell, [...shells[shell]], { input: out, encoding: "utf8" })
      if (read.error === undefined) assert.deepStrictEqual([read.status, read.stderr], [0, ""])
      assert.match(out, marks[shell])
      for (const command of commands) assert.match(out, new RegExp(`\\b${command}\\b`), command)
      for (const flag of ["strategy", "test-requests", "timeout"]) assert.include(out, flag)
      assert.notInclude(out, "\u001b")
    })

  it("bash: completes a command, and a flag", async () => {
    const { out } = await katcp(["--completions", "bash"])
    const complete = (line: string) => {
      const words = line.split(" ")
      const script = `${out}
COMP_LINE=${JSON.stringify(line)} COMP_POINT=${line.length} COMP_CWORD=${words.length - 1}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")})
[[ $(complete -p katcp) =~ -F\\ ([^ ]+) ]] && "\${BASH_REMATCH[1]}"
echo "\${COMPREPLY[*]}"`
      return spawnSync("bash", [], { input: script, encoding: "utf8" }).stdout.trim()
    }
    assert.strictEqual(complete("katcp moni"), "monitor")
    assert.strictEqual(complete("katcp monitor --strat"), "--strategy")
  })

  it("complete names of devices of the address book", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "katcp-"))
    const site = path.join(folder, "site.yaml")
    writeFileSync(site, "devices:\n  m000: 127.0.0.1:1\n  m001: 127.0.0.1:1\n  anc: 127.0.0.1:1\n")
    const environment = { KATCP_SITE: site, HOME: folder, XDG_CONFIG_HOME: "" }
    assert.strictEqual((await katcp(["--completions", "devices"], "", environment)).out, "m000\nm001\nanc\n")
    assert.deepInclude(await katcp(["--completions", "devices"], "", { ...environment, KATCP_SITE: "/no/such.yaml" }), {
      code: 0,
      out: "",
      err: ""
    })
    const { out } = await katcp(["--completions", "bash"])
    const script = `${out}
katcp() { '${process.execPath}' '${command}' "$@"; }
COMP_LINE="katcp list m0" COMP_POINT=13 COMP_CWORD=2 COMP_WORDS=(katcp list m0)
[[ $(complete -p katcp) =~ -F\\ ([^ ]+) ]] && "\${BASH_REMATCH[1]}"
echo "\${COMPREPLY[*]}"`
    const shell = spawnSync("bash", [], { input: script, encoding: "utf8", env: { ...process.env, ...environment } })
    assert.deepStrictEqual([shell.stdout.trim(), shell.stderr], ["m000 m001", ""])
    rmSync(folder, { recursive: true })
  })

  it("are prepared at build time, identical to those that the command generates", async () => {
    for (const shell of ["bash", "sh", "zsh", "fish", "powershell", "pwsh"]) {
      const ready = await katcp(["--completions", shell])
      // behind a command nothing is ready
      const made = await katcp(["msg", "--completions", shell])
      assert.deepStrictEqual(ready, { ...made, out: withDevices(shell, made.out) }, shell)
    }
  })

  it("and help accept any word that is neither a shell nor a command", async () => {
    const { code, err } = await katcp(["--completions", "constructor"])
    assert.deepStrictEqual([code, err.startsWith("katcp: --completions must be one of bash, zsh")], [2, true])
    assert.deepInclude(await katcp(["constructor", "--help"]), { err: "", out: (await katcp(["--help"])).out })
  })
})
