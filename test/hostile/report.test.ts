import { describe, expect, it } from "vitest"
import { allowances, clientFaults, clientTable, serverFaults, serverTable, verdict } from "./harness/report.ts"
import type { ClientTrial, ServerRun, ServerTrial } from "./harness/Trial.ts"

const run = (over: Partial<ServerRun> = {}): ServerRun => ({
  before: 100,
  peak: 110,
  after: 100,
  wait: 5,
  descriptors: [20, 30, 20],
  dropped: 0,
  survived: true,
  logged: 0,
  resident: [],
  counts: { answered: 3 },
  ...over
})
const trial = (over: Partial<ServerTrial> = {}): ServerTrial => ({
  kind: "server",
  name: "flood",
  load: "a flood",
  apply: async () => ({}),
  ...over
})
const faults = (mine: ReadonlyArray<ServerRun>, theirs: ReadonlyArray<ServerRun>, over: Partial<ServerTrial> = {}) => {
  const one = trial(over)
  return serverFaults([
    { trial: one, contender: "katcp", runs: mine },
    { trial: one, contender: "aiokatcp", runs: theirs }
  ])
}

describe("the verdict of the hostile suite", () => {
  it("accepts a row that is as good as aiokatcp's", () => {
    expect(faults([run()], [run()])).toEqual([])
  })

  it("names a device that died in one run of three, and a fault of its own", () => {
    expect(faults([run(), run({ survived: false }), run()], [run()])).toEqual(["flood: it did not survive"])
    expect(faults([run()], [run()], { faults: () => ["nothing was answered"] })).toEqual([
      "flood: nothing was answered"
    ])
  })

  it("accepts a wait that is longer than aiokatcp's within the spread of both, and no longer one", () => {
    const theirs = [run({ wait: 100 }), run({ wait: 120 }), run({ wait: 140 })]
    expect(faults([run({ wait: 130 }), run({ wait: 150 }), run({ wait: 170 })], theirs)).toEqual([])
    expect(faults([run({ wait: 300 })], theirs)).toEqual(["flood: worst wait [ms]: 300, and 160 is allowed"])
  })

  it("enforces a bound of the trial even if aiokatcp does worse", () => {
    expect(faults([run({ wait: 60 })], [run({ wait: 900 })], { bounds: { wait: 50 } })).toEqual([
      "flood: worst wait [ms]: 60, and 50 is the bound"
    ])
  })

  it("compares growth of memory, not memory", () => {
    expect(faults([run({ before: 170, peak: 190, after: 180 })], [run({ before: 26, peak: 30, after: 27 })])).toEqual(
      []
    )
    expect(faults([run({ peak: 400, after: 210 })], [run()])).toEqual([
      "flood: peak of memory [MB]: 300, and 100 is allowed",
      "flood: memory afterwards [MB]: 110, and 100 is allowed"
    ])
  })

  it("names what is worse than aiokatcp's though it is allowed", () => {
    const one = trial()
    const rows = [
      { trial: one, contender: "katcp", runs: [run({ peak: 190 })] },
      { trial: one, contender: "aiokatcp", runs: [run({ peak: 104 })] }
    ] as const
    expect(serverFaults(rows)).toEqual([])
    expect(allowances(rows)).toEqual(["`flood`, peak of memory [MB]: 90 against 4"])
    expect(verdict([], allowances(rows))).toContain("All bounds are kept.\n\nWorse than aiokatcp's")
  })

  it("counts dropped connections of others, unless the load intends to drop them", () => {
    expect(faults([run({ dropped: 2 })], [run()])).toEqual(["flood: connections of others dropped: 2"])
    expect(faults([run({ dropped: 2 })], [run()], { drops: true })).toEqual([])
  })

  it("shows the median and half the range", () => {
    const table = serverTable([
      { trial: trial(), contender: "katcp", runs: [run({ wait: 10 }), run({ wait: 20 }), run({ wait: 50 })] }
    ])
    expect(table.split("\n")[2]).toBe(
      "| `flood` | katcp | 100 | 110 | 100 | 20 ±20 | 20 / 30 / 20 | 0 | yes | 0 | answered 3 |"
    )
  })

  it("reports never for a client that did not notice, as above the bound", () => {
    const one: ClientTrial = {
      kind: "client",
      name: "stopped",
      load: "stop",
      atMost: { seconds: 32 },
      run: async () => ({ figures: {} })
    }
    const rows = [{ trial: one, contender: "katcp", runs: [{ figures: { seconds: Number.NaN } }] }] as const
    expect(clientTable(rows)).toContain("seconds never")
    expect(clientFaults(rows)).toEqual(["stopped: seconds never, and 32 is the bound"])
  })
})
