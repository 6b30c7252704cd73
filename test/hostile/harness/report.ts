/** The tables of the suite, and what they say is wrong. */
import type { Contender } from "./devices.ts"
import { type ClientRun, type ClientTrial, enough, type ServerRun, type ServerTrial } from "./Trial.ts"

/** All runs of one trial with one contender. */
export interface ServerRow {
  readonly trial: ServerTrial
  readonly contender: Contender
  readonly runs: ReadonlyArray<ServerRun>
}

export interface ClientRow {
  readonly trial: ClientTrial
  readonly contender: Contender
  readonly runs: ReadonlyArray<ClientRun>
}

const sorted = (values: ReadonlyArray<number>) => values.toSorted((a, b) => a - b)
const median = (values: ReadonlyArray<number>): number => sorted(values)[Math.floor((values.length - 1) / 2)] ?? 0
/** The difference between the greatest and the smallest. */
const range = (values: ReadonlyArray<number>): number => {
  const order = sorted(values)
  return (order.at(-1) ?? 0) - (order[0] ?? 0)
}

const number = (value: number): string =>
  Number.isNaN(value)
    ? "never"
    : Math.abs(value) >= 100 || Number.isInteger(value)
      ? value.toFixed(0)
      : value.toFixed(1)

/** The median, and half the range where the runs differ. */
const cell = (values: ReadonlyArray<number>): string => {
  const middle = number(median(values))
  const half = number(range(values) / 2)
  return half === "0" || half === "0.0" || half === "never" ? middle : `${middle} ±${half}`
}

const countsCell = (runs: ReadonlyArray<Readonly<Record<string, number>>>): string =>
  Object.keys(runs[0] ?? {})
    .map((name) =>
      name === "seed"
        ? `seeds ${[...new Set(runs.map((run) => run[name]))].join(", ")}`
        : `${name} ${cell(runs.map((run) => run[name] ?? Number.NaN))}`
    )
    .join(", ")

const boundsCell = ({ bounds = {} }: ServerTrial): string =>
  [
    ...(bounds.wait === undefined ? [] : [`wait ${bounds.wait} ms`]),
    ...(bounds.peak === undefined ? [] : [`peak +${bounds.peak} MB`]),
    ...(bounds.after === undefined ? [] : [`after +${bounds.after} MB`])
  ].join(", ")

const line = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n")

/** The table of the servers: two rows a trial. */
export const serverTable = (rows: ReadonlyArray<ServerRow>): string =>
  table(
    [
      "trial",
      "server",
      "before [MB]",
      "peak",
      "after",
      "wait [ms]",
      "descriptors",
      "dropped",
      "survived",
      "log",
      "counted"
    ],
    rows.map(({ contender, runs, trial }) => {
      const of = (figure: (run: ServerRun) => number) => cell(runs.map(figure))
      const survived = runs.filter((run) => run.survived).length
      return [
        `\`${trial.name}\``,
        contender,
        of((run) => run.before),
        of((run) => run.peak),
        of((run) => run.after),
        of((run) => run.wait),
        [0, 1, 2].map((n) => number(median(runs.map((run) => run.descriptors[n]!)))).join(" / "),
        of((run) => run.dropped),
        survived === runs.length ? "yes" : survived === 0 ? "no" : `${survived} of ${runs.length}`,
        of((run) => run.logged),
        countsCell(runs.map((run) => run.counts))
      ]
    })
  )

/** The loads, and the bounds that our server keeps under them. */
export const loadTable = (trials: ReadonlyArray<ServerTrial>): string =>
  table(
    ["trial", "load", "bound"],
    trials.map((trial) => [`\`${trial.name}\``, trial.load, boundsCell(trial)])
  )

/** The table of the clients. */
export const clientTable = (rows: ReadonlyArray<ClientRow>): string =>
  table(
    ["trial", "load", "client", "figures", "bound"],
    rows.map(({ contender, runs, trial }) => [
      `\`${trial.name}\``,
      contender === "katcp" ? trial.load : "",
      contender,
      countsCell(runs.map((run) => run.figures)),
      contender === "katcp"
        ? Object.entries(trial.atMost)
            .map(([name, largest]) => `${name} ${largest}`)
            .join(", ")
        : ""
    ])
  )

/** The compared figure of a row: less is better. */
const compared = [
  { name: "worst wait [ms]", key: "wait", of: (run: ServerRun) => run.wait },
  { name: "peak of memory [MB]", key: "peak", of: (run: ServerRun) => run.peak - run.before },
  { name: "memory afterwards [MB]", key: "after", of: (run: ServerRun) => run.after - run.before }
] as const

/** The worst that a list may be without being worse than another beyond the spread of both. */
const limit = (mine: ReadonlyArray<number>, theirs: ReadonlyArray<number>): number =>
  median(theirs) + range(mine) + range(theirs)

/** The faults of our rows: their own, and figures that are worse than aiokatcp's beyond the spread and the bounds. */
export const serverFaults = (rows: ReadonlyArray<ServerRow>): ReadonlyArray<string> =>
  rows
    .filter(({ contender }) => contender === "katcp")
    .flatMap(({ runs, trial }) => {
      const theirs = rows.find((row) => row.trial === trial && row.contender === "aiokatcp")?.runs
      const own = runs.flatMap((run) => [
        ...(run.survived ? [] : ["it did not survive"]),
        ...(trial.faults?.(run) ?? [])
      ])
      const dropped = median(runs.map((run) => run.dropped))
      const largest = theirs === undefined ? 0 : median(theirs.map((run) => run.dropped))
      const worse = compared.flatMap(({ key, name, of }) => {
        const mine = runs.map(of)
        const middle = median(mine)
        const must = trial.bounds?.[key]
        if (must !== undefined) return middle <= must ? [] : [`${name}: ${number(middle)}, and ${must} is the bound`]
        const others = theirs?.map(of)
        const allowed = Math.max(enough[key], others === undefined ? 0 : limit(mine, others))
        return middle <= allowed ? [] : [`${name}: ${number(middle)}, and ${number(allowed)} is allowed`]
      })
      if (dropped > largest && trial.drops !== true) worse.push(`connections of others dropped: ${dropped}`)
      return [...new Set([...own, ...worse])].map((fault) => `${trial.name}: ${fault}`)
    })

/** Figures of ours that are worse than aiokatcp's beyond the spread, though within a bound or what {@link enough} allows. */
export const allowances = (rows: ReadonlyArray<ServerRow>): ReadonlyArray<string> =>
  rows
    .filter(({ contender }) => contender === "katcp")
    .flatMap(({ runs, trial }) => {
      const theirs = rows.find((row) => row.trial === trial && row.contender === "aiokatcp")?.runs
      if (theirs === undefined) return []
      return compared.flatMap(({ name, of }) => {
        const [mine, others] = [runs.map(of), theirs.map(of)]
        return median(mine) <= limit(mine, others)
          ? []
          : [`\`${trial.name}\`, ${name}: ${number(median(mine))} against ${number(median(others))}`]
      })
    })

/** The result of a run, in a sentence or two and a list. */
export const verdict = (faults: ReadonlyArray<string>, allowed: ReadonlyArray<string>): string => {
  const list = (lines: ReadonlyArray<string>) => lines.map((line) => `- ${line}`).join("\n")
  const worse = [
    `Worse than aiokatcp's beyond the spread of both, but within the bound of the trial or, where it names none, within`,
    `${enough.wait} ms, and ${enough.peak} MB above what was there before:`
  ].join(" ")
  return [
    faults.length === 0 ? "All bounds are kept." : `Not kept:\n\n${list(faults)}`,
    allowed.length === 0
      ? "No figure of ours is worse than aiokatcp's beyond the spread."
      : `${worse}\n\n${list(allowed)}`
  ].join("\n\n")
}

export const clientFaults = (rows: ReadonlyArray<ClientRow>): ReadonlyArray<string> =>
  rows
    .filter(({ contender }) => contender === "katcp")
    .flatMap(({ runs, trial }) =>
      Object.entries(trial.atMost).flatMap(([name, largest]) => {
        const middle = median(runs.map((run) => run.figures[name] ?? Number.NaN))
        return middle <= largest ? [] : [`${trial.name}: ${name} ${number(middle)}, and ${largest} is the bound`]
      })
    )
