/** The checks on the example device, on our library and on the Python ones, over TCP. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { type DeviceId, devices, examine, render, target } from "../../scripts/conformance.ts"
import { findings } from "../../scripts/conformanceFindings.ts"
import { checks, type Report, resultText } from "../../src/Conform/index.ts"
import { describePeer } from "./peers.ts"

const minutes = 180_000
const reports = new Map<DeviceId, Report>()

const of = ({ results }: Report, tag: Report["results"][number]["outcome"]["_tag"]) =>
  results.filter(({ outcome }) => outcome._tag === tag)

/** Those that are checked at the same time: much of it is waiting. */
const together: ReadonlyArray<ReadonlyArray<DeviceId>> = [
  ["ours", "ours4"],
  ["aio", "kp", "kp4"]
]
const begun = new Map<DeviceId, Promise<Report>>()

const examined = async (id: DeviceId) => {
  for (const each of together.find((ids) => ids.includes(id))!) {
    if (begun.has(each)) continue
    const report = examine(each)
    // one whose library is not there is not asked for
    report.catch(() => {})
    begun.set(each, report)
  }
  const report = await begun.get(id)!
  reports.set(id, report)
  expect(of(report, "CouldNotRun").map(resultText)).toEqual([])
  return report
}

describe("our device", () => {
  for (const id of ["ours", "ours4"] as const) {
    it(
      `${devices[id].title}: every applicable check passes`,
      async () => {
        expect(of(await examined(id), "Failed").map(resultText)).toEqual([])
      },
      minutes
    )
  }
})

for (const id of ["aio", "kp", "kp4"] as const) {
  describePeer(devices[id].python, devices[id].title, () => {
    it(
      "fails exactly the known checks",
      async () => {
        const known = findings.filter(({ devices }) => devices.includes(id)).flatMap(({ checks }) => checks)
        const failed = of(await examined(id), "Failed")
        expect(failed.map(({ check }) => check.id).toSorted(), failed.map(resultText).join("\n")).toEqual(
          known.toSorted()
        )
      },
      minutes
    )
  })
}

describe("docs/conformance.md", () => {
  it("has every check, with its clause", () => {
    const text = readFileSync(target, "utf8")
    for (const { clause, id } of checks) expect(text).toMatch(new RegExp(`^\\| ${id} \\| .* \\| ${clause} \\|`, "m"))
  })

  it("has the current results, if both Python libraries are installed", () => {
    const all = (Object.keys(devices) as ReadonlyArray<DeviceId>).flatMap((id) => {
      const report = reports.get(id)
      return report === undefined ? [] : [[id, report] as const]
    })
    // a library that is not there has been told of above
    if (all.length === Object.keys(devices).length)
      expect(readFileSync(target, "utf8"), "run `node scripts/conformance.ts`").toBe(render(all))
  })
})
