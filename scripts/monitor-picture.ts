/**
 * Takes the picture of `katcp monitor` for README.md: `node scripts/monitor-picture.ts`, after `npm run build`. It runs the
 * devices of `npm run site` and the real command in a terminal for a minute, and draws the screen. Look at it after each
 * change of the command.
 */
import { execFileSync, spawn } from "node:child_process"
import { writeFileSync } from "node:fs"
import * as path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { Screen } from "./transcripts/Screen.ts"
import { screenPicture } from "./transcripts/screenPicture.ts"

const root = path.join(import.meta.dirname, "..")
const target = path.join(root, "docs", "images", "monitor.svg")
const built = path.join(root, "dist", "bin", "katcp.js")
const site = ["--site", "examples/site.yaml"]
const words = ["monitor", "m0*", "anc/wind.speed", ...site]

const devices = spawn(process.execPath, ["examples/site.ts"], { cwd: root, stdio: ["ignore", "pipe", "inherit"] })
try {
  await new Promise<void>((resolve, reject) => {
    let out = ""
    devices.stdout.on("data", (text) => {
      out += text
      if (out.includes("try:")) resolve()
    })
    devices.once("exit", () => reject(new Error("the devices have ended")))
  })
  execFileSync(process.execPath, [built, "call", "m000", "track", "90", ...site], { cwd: root })
  const monitor = spawn(
    process.env.KATCP_PYTHON ?? "python3",
    [path.join(root, "test", "pty", "terminal.py"), process.execPath, built, ...words],
    {
      cwd: root,
      env: { ...process.env, TERM: "xterm-256color", LANG: "C.UTF-8", LC_ALL: "C.UTF-8", NO_COLOR: "" },
      stdio: ["pipe", "pipe", "inherit"]
    }
  )
  const screen = new Screen()
  monitor.stdout.setEncoding("utf8").on("data", (text: string) => screen.write(text))
  // the column "last minute" is full then, and the wind is strong now and then
  await sleep(62_000)
  while (!screen.lines.some((line) => line.includes("warn"))) await sleep(100)
  const cells = screen.cells.filter((line) => line.some(({ character }) => character !== " "))
  writeFileSync(
    target,
    screenPicture(
      "katcp monitor: sensors of three devices with values, statuses and the course of the last minute",
      "npx katcp monitor 'm0*' anc/wind.speed --site examples/site.yaml",
      cells
    )
  )
  monitor.stdin.write("\u0003")
  await new Promise((resolve) => monitor.once("exit", resolve))
} finally {
  devices.kill("SIGTERM")
}
console.log(path.relative(root, target))
