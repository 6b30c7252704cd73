/**
 * Writes docs/conformance.md: the checks of `src/Conform`, and their results for the example device, on this library
 * and on the Python ones. It takes some minutes, and needs `npm run build` first. test/interop checks that the document
 * is up to date.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { writeFileSync } from "node:fs"
import * as path from "node:path"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { checks, type Outcome, type Report, run, summaryText } from "../src/Conform/index.ts"
import { NodeClient } from "../src/Node/index.ts"
import { type Finding, findings, unseen } from "./conformanceFindings.ts"
import { install } from "./python-peers.ts"

const root = path.join(import.meta.dirname, "..")
/** The path of the document. */
export const target = path.join(root, "docs", "conformance.md")

/** The checked devices. */
export const devices = {
  ours: { title: "this library, 5.1", python: undefined, args: ["examples/device.ts", "--no-dashboard"] },
  ours4: {
    title: "this library, 4",
    python: undefined,
    args: ["examples/device.ts", "--no-dashboard", "--protocol", "4"]
  },
  aio: { title: "aiokatcp 2.3.0", python: "aiokatcp", args: ["test/interop/python/aio_device.py"] },
  kp: { title: "katcp 0.9.3, 5.1", python: "katcp", args: ["test/interop/python/kp_device.py"] },
  kp4: {
    title: "katcp 0.9.3, 4",
    python: "katcp",
    args: ["test/interop/python/kp_device.py", "--protocol", "4"]
  }
} as const

export type DeviceId = keyof typeof devices

const command = async (id: DeviceId): Promise<readonly [string, ReadonlyArray<string>]> => {
  const { args, python } = devices[id]
  if (python === undefined) return [process.execPath, args]
  const peer = (await install())[python]
  if ("missing" in peer) throw new Error(peer.missing)
  return [peer.python, ["-B", "-W", "ignore", ...args]]
}

/** Returns the listening port from a device's output. */
const portOf = async (child: ChildProcess): Promise<number> => {
  let said = ""
  child.stdout!.setEncoding("utf8")
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    said += text
  })
  const ended = once(child, "close").then(() => {
    throw new Error(`the device ended before it served: ${said}`)
  })
  ended.catch(() => {})
  for (;;) {
    const [text] = (await Promise.race([once(child.stdout!, "data"), ended])) as [string]
    said += text
    const found = /^listening on .*:(\d+)$/m.exec(said)
    if (found !== null) return Number(found[1])
  }
}

/** Starts a device and runs all checks on it, including those that end it. */
export const examine = async (id: DeviceId): Promise<Report> => {
  const [program, args] = await command(id)
  const child = spawn(program, [...args, "--port", "0"], { cwd: root, stdio: ["ignore", "pipe", "pipe"] })
  const kill = () => child.kill("SIGKILL")
  process.once("exit", kill)
  try {
    const device = NodeClient.tcp({ port: await portOf(child) })
    return await run({ device, destructive: true, testRequests: true }).pipe(
      Effect.flatMap(({ facts, results }) =>
        Effect.map(Stream.runCollect(results), (results): Report => ({ facts, results }))
      ),
      Effect.runPromise
    )
  } finally {
    kill()
    process.off("exit", kill)
  }
}

const marks: Readonly<Record<Outcome["_tag"], string>> = {
  Passed: "✓",
  Failed: "✗",
  NotApplicable: "",
  CouldNotRun: "?"
}

const row = (cells: ReadonlyArray<string>): string =>
  `| ${cells.map((cell) => cell.replace(/[\\|<>*_]/g, "\\$&")).join(" | ")} |`

const rule = (cells: ReadonlyArray<unknown>): string => `|${cells.map(() => "---|").join("")}`

const table = (reports: ReadonlyArray<readonly [DeviceId, Report]>): ReadonlyArray<string> => {
  const head = ["check", "what a conforming device does", "clause", "rows", ...reports.map(([id]) => devices[id].title)]
  const rows = checks.map(({ clause, harm, id, needs, note, rows, title }) =>
    row([
      id,
      [
        ...(harm !== undefined || needs?.destructive === true ? ["⚠"] : []),
        note === undefined ? title : `${title} (${note[0]!.toLowerCase()}${note.slice(1)})`
      ].join(" "),
      clause,
      rows,
      ...reports.map(([, { results }]) => marks[results.find(({ check }) => check.id === id)!.outcome._tag])
    ])
  )
  return [row(head), rule(head), ...rows]
}

const titles = (ids: ReadonlyArray<DeviceId>): string => ids.map((id) => devices[id].title).join("; ")

const finding = ({ checks, devices: ids, what }: Finding): string => `- ${titles(ids)}: ${what} (${checks.join(", ")})`

/** Returns the document. */
export const render = (reports: ReadonlyArray<readonly [DeviceId, Report]>): string =>
  [
    "# Conformance",
    "",
    `${checks.length} checks compare a device with the guidelines for KATCP, Rev 5.1, and with Rev 4 if it speaks version 4.`,
    "They work on any device: each check states its needs, and is skipped if the device does not meet them. Run them",
    "with [`katcp conform`](cli.md#katcp-conform).",
    "",
    "`node scripts/conformance.ts` generates this page. It runs all checks on the example device, built on this library",
    "and on the two Python libraries. The rows are those of [requirements.md](requirements.md). If the specification can",
    "be read in more than one way, each sane reading passes, and the check says so in brackets.",
    "",
    "Some checks need requests outside the standard that make a device act: `?echo`, `?sleep`, `?raise`, `?set-sensor`,",
    "`?write-log`, `?add-sensor` and `?remove-sensor`, as in `examples/device.ts`. Other devices may have requests of the",
    "same names with another meaning, so these checks run only with `--test-requests`.",
    "",
    "`?halt`, `?restart` and the checks that can harm some devices (marked ⚠) run only with `--destructive`. All other",
    "checks leave the device as they found it; the log level is changed and restored.",
    "",
    "A check that fails while others run is repeated alone, and only that result counts. Sensors that come and go, and",
    "connections above the number that a device serves at once, are not deviations. If the device dies, the check that",
    "killed it fails.",
    "",
    "## Results",
    "",
    ...reports.map(([id, { results }]) => `- ${devices[id].title}: ${summaryText(results)}`),
    "",
    "## Deviations",
    "",
    ...findings.map(finding),
    "",
    "Known from the sources of these libraries, but invisible to clients:",
    "",
    ...unseen.map(({ devices: ids, what, why }) => `- ${titles(ids)}: ${what} (${why})`),
    "",
    "## Checks",
    "",
    "✓ passed, ✗ failed; an empty cell means that the check does not apply. ⚠ needs `--destructive`.",
    "",
    ...table(reports),
    ""
  ].join("\n")

if (process.argv[1] === import.meta.filename) {
  const reports: Array<readonly [DeviceId, Report]> = []
  for (const id of Object.keys(devices) as ReadonlyArray<DeviceId>) {
    const report = await examine(id)
    console.log(`${devices[id].title}: ${summaryText(report.results)}`)
    reports.push([id, report])
  }
  writeFileSync(target, render(reports))
}
