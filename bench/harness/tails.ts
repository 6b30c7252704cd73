/**
 * Distributions of what people wait for: each scenario for ten seconds, on a server that has been warmed up, as its
 * median, its tail, and its worst.
 */
import { release } from "./machine.ts"
import { type Contender, figure, type Line } from "./programs.ts"
import { keep, type Reports, rotated } from "./reports.ts"
import { fresh } from "./servers.ts"
import { heading, type TableRow } from "./table.ts"

interface Tail {
  readonly scenario: string
  readonly label: string
  /** Has the code compiled that the scenario runs; not measured. */
  readonly warm: string
  readonly words: string
  /** The load generator runs on the server's processor. */
  readonly sameCpu?: boolean
  /** The server has all processors: the threads of its runtime do not compete with it for one. */
  readonly allCpus?: boolean
}

const seconds = 10

const oneCpu = (sensors: number): ReadonlyArray<Tail> => [
  {
    scenario: "tail period",
    label: `${sensors} sensors by period 0.1 s, late`,
    warm: `period k=${sensors} period=0.1 secs=2`,
    words: `period k=${sensors} period=0.1 secs=${seconds}`
  },
  {
    scenario: "tail paced",
    label: "1000 updates/s to 100 clients, late",
    warm: `paced k=${sensors} rate=1000 secs=2`,
    words: `paced k=${sensors} rate=1000 secs=${seconds}`
  },
  {
    scenario: "tail alone",
    label: "89 clients that ask now and then, nothing else, wait",
    warm: "deaf s=0 secs=1",
    words: `deaf s=0 secs=${seconds}`
  },
  {
    scenario: "tail deaf",
    label: "89 others beside one that never reads, wait",
    warm: "deaf s=1 secs=1",
    words: `deaf s=1 secs=${seconds}`
  },
  {
    scenario: "tail latency",
    label: "one request at a time, waits",
    warm: "latency secs=1",
    words: `latency secs=${seconds}`,
    sameCpu: true
  }
]

const tails = (sensors: number): ReadonlyArray<Tail> =>
  oneCpu(sensors).flatMap((tail) =>
    tail.sameCpu === true
      ? [tail]
      : [
          tail,
          {
            ...tail,
            scenario: `${tail.scenario} on all processors`,
            label: `  ${tail.label}, on all processors`,
            allCpus: true
          }
        ]
  )

/** Sensors that a client asks for at once while another asks `?watchdog`. */
const many = 10_000
/** Sensors that a client asks for at once of a server that has just started. */
const few = 10
/** Servers that are started for it in a round, of all contenders in turn: each is asked once only. */
const starts = 5

const parts = [
  ["p50", "p50"],
  ["p99", "p99"],
  ["p999", "p99.9"],
  ["max", "worst"]
] as const

/** The percentiles of a scenario, whose names begin with `late_` where there is anything to be late for. */
const percentile = (line: Line, part: string): number =>
  line[`late_${part}`] === undefined ? figure(line, part) : figure(line, `late_${part}`)

/** Each scenario has a server of its own, and with it no garbage of another. */
export const runTails = async (
  servers: ReadonlyArray<Contender>,
  round: number,
  sensors: number,
  to: Reports
): Promise<void> => {
  const put = (name: string, scenario: string, line: Line | undefined) => {
    // a server that does not sample so gives no report
    if (line !== undefined && line.error === undefined && line.informs !== 0) keep(to, name, [{ ...line, scenario }])
  }
  const contenders = rotated(servers, round).filter(({ basic }) => basic !== true)
  for (const contender of contenders) {
    const { name } = contender
    for (const { allCpus = false, sameCpu = false, scenario, warm, words } of tails(sensors))
      put(
        name,
        scenario,
        await fresh(contender, sensors, async (server) => {
          if (allCpus) release(server.pid)
          const ready = await server.load(warm, { limit: 60, sameCpu })
          return ready.error === undefined ? await server.load(words, { limit: 90, sameCpu }) : ready
        })
      )
    put(
      name,
      "tail bulk",
      await fresh(contender, many, async (server) => {
        await server.load(`bulk n=${many} r=5`, { limit: 60 })
        return await server.load(`bulk n=${many} r=10`, { limit: 90 })
      })
    )
  }
  for (let start = 0; start < starts; start++)
    for (const contender of rotated(contenders, start))
      put(contender.name, "tail few", await fresh(contender, sensors, (server) => server.load(`bulk n=${few} r=1`)))
}

export const tailTable = (reports: Reports, sensors: number): Array<TableRow> => [
  heading(`Tails: ${seconds} s each, on a server that is warm`),
  ...tails(sensors).flatMap(({ label, scenario }) =>
    parts.map(([part, name]) => ({
      label: `${label}, ${name} [us]`,
      better: -1,
      values: (column: string) =>
        (reports.get(column) ?? []).filter((line) => line.scenario === scenario).map((line) => percentile(line, part))
    }))
  ),
  row(reports, "tail bulk", "others_ms", `the longest that another waits beside bulk sampling of ${many} [ms]`),
  row(reports, "tail bulk", "all_ms", `  bulk sampling of ${many}, all informs [ms]`),
  row(reports, "tail few", "all_ms", `bulk sampling of ${few} on a fresh server, all informs [ms]`)
]

const row = (reports: Reports, scenario: string, field: string, label: string): TableRow => ({
  label,
  better: -1,
  values: (column) =>
    (reports.get(column) ?? []).filter((line) => line.scenario === scenario).map((line) => figure(line, field))
})
