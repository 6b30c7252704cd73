import { spawn, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { chromium, killGroup } from "./dashboard/stage.ts"
import { type Trial, table } from "./Trial.ts"

const root = path.join(import.meta.dirname, "..", "..")
/** Starts from the same clone. */
const starts = 3

/** Runs a program to its end; its seconds. */
const timed = (cwd: string, program: string, ...args: ReadonlyArray<string>): number => {
  const begun = performance.now()
  const { status, stderr } = spawnSync(program, args, { cwd, encoding: "utf8" })
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr.slice(-2000)}`)
  return (performance.now() - begun) / 1000
}

/** Starts the example device and its dashboard as a user does; the addresses that it prints. */
const npmStart = (cwd: string) => {
  const child = spawn("npm", ["start", "--", "--port", "0"], {
    cwd,
    detached: true,
    stdio: ["ignore", "pipe", "inherit"]
  })
  let said = ""
  const addresses = new Promise<{ readonly device: string; readonly url: string }>((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text
      const device = /^listening on (\S+)$/m.exec(said)?.[1]
      const url = /^dashboard at (\S+)$/m.exec(said)?.[1]
      if (device !== undefined && url !== undefined) resolve({ device, url })
    })
    child.once("exit", () => reject(new Error(`npm start ended: ${said}`)))
  })
  return { child, addresses }
}

export const trial: Trial = {
  about: `A clone of the project, \`npm ci\`, then \`npm start\` ${starts} times. Each time a Chromium opens the page that it names, and shows the sensors of
the example device, live: within 10 s of \`npm start\`. Then a sensor is set at the device, and the page shows its value.`,
  takes: "3 minutes",
  run: async (say) => {
    const folder = mkdtempSync(path.join(tmpdir(), "katcp-clone-"))
    const clone = path.join(folder, "katcp")
    const browser = await chromium()
    const faults: Array<string> = []
    const rows: Array<ReadonlyArray<string | number>> = []
    try {
      timed(folder, "git", "clone", "--quiet", "--depth", "1", `file://${root}`, clone)
      const install = timed(clone, "npm", "ci")
      say(`npm ci: ${install.toFixed(0)} s`)
      rows.push(["npm ci", `${install.toFixed(0)} s`])
      for (let at = 1; at <= starts; at++) {
        const begun = performance.now()
        const { addresses, child } = npmStart(clone)
        try {
          const { device, url } = await addresses
          const page = await browser.newPage()
          await page.goto(`${url}/#/sensors`)
          const row = page.locator(".table-body .row", { hasText: "example/test.float" })
          await row.locator(".value", { hasText: /\d/ }).waitFor()
          const took = (performance.now() - begun) / 1000
          timed(clone, process.execPath, "dist/bin/katcp.js", "call", device, "set-sensor", "test.float", `${at}.25`)
          await row.getByText(`${at}.25`).waitFor()
          say(`npm start: ${took.toFixed(1)} s`)
          rows.push([`npm start, to the page with live sensors, ${at}`, `${took.toFixed(1)} s`])
          if (took > 10) faults.push(`start ${at}: live sensors after ${took.toFixed(1)} s`)
          await page.close()
        } finally {
          await killGroup(child)
        }
      }
    } finally {
      await browser.close()
      rmSync(folder, { recursive: true, force: true })
    }
    return { table: table(["step", "took"], rows), faults }
  }
}
