/** Archives: the project's stores beside plain loops over the same engines, and a site with and without an archive. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { cluster } from "../../test/Archive/cluster.ts"
import { type Archiver, mirrored } from "./contenders.ts"
import { loadCpu } from "./machine.ts"
import { say } from "./prepare.ts"
import { failures, figure, type Line, lines, Server } from "./programs.ts"
import { keep, type Reports } from "./reports.ts"
import type { TableRow } from "./table.ts"

/** The numbers of appended readings, and of readings in a batch. */
const appended = { sqlite: 3_000_000, postgres: 600_000, stalls: 1_500_000, batches: [1000, 10_000] } as const
/** The site: devices, sensors of each, updates, updates per second, and the sizes of chunks. */
const site = { devices: 10, sensors: 1000, updates: 80_000, rate: 10_000, burst: 100 } as const

/** Measures archives, once. The file of ten million readings is written once for all. */
export const runArchives = async (archivers: ReadonlyArray<Archiver>, to: Reports): Promise<void> => {
  const folder = mkdtempSync(path.join(tmpdir(), "katcp-archive-bench-"))
  const database = await cluster()
  try {
    const file = (name: string) => path.join(folder, name)
    const run = async (name: string, words: ReadonlyArray<string>) => keep(to, name, await lines(undefined, words, 180))
    const stores = archivers.flatMap(({ name, store }) => (store === undefined ? [] : [{ name, store }]))
    for (const batch of appended.batches) {
      for (const { name, store } of stores)
        await run(name, store("sqlite", file(`${name}-${batch}.db`), String(appended.sqlite), String(batch)))
      say(`archives: SQLite in batches of ${batch}`)
      for (const { name, store } of stores)
        if (typeof database !== "string")
          await run(name, store("postgres", database.url, String(appended.postgres), String(batch)))
    }
    if (typeof database === "string") failures.push(`archives, PostgreSQL: ${database}`)
    for (const { name, store } of stores)
      await run(name, store("unsealed", file(`${name}-unsealed.db`), String(appended.stalls)))
    const project = stores.find(({ name }) => name === "project")
    if (project !== undefined) await run("project", project.store("stalls", file("stalls.db"), String(appended.stalls)))
    say("archives: how long appends wait")
    say("archives: the file of ten million readings is made")
    const plain = stores.find(({ name }) => name === "net-floor")
    if (plain !== undefined) {
      await lines(undefined, plain.store("database", file("large.db")), 180)
      for (const { name, store } of stores) await run(name, store("queries", file("large.db")))
    }
    for (const archiver of archivers) await runSite(archiver, file(`${archiver.name}-site.db`), to)
  } finally {
    if (typeof database !== "string") await database.remove()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Measures a site of ten servers of ours with an archive, and without. */
const runSite = async ({ name, site: words }: Archiver, file: string, to: Reports): Promise<void> => {
  if (words === undefined) return
  const { burst, devices, rate, sensors, updates } = site
  for (const archived of [false, true]) {
    const servers: Array<Server> = []
    for (let n = 0; n < devices; n++) {
      const server = await Server.start(mirrored, sensors)
      if (server !== undefined) servers.push(server)
    }
    const load = () =>
      Promise.all(
        servers.map((server) =>
          server.load(`paced c=0 k=${sensors} rate=${rate / devices} secs=${updates / rate} burst=${burst}`, {
            sameCpu: true
          })
        )
      )
    const loads: Array<Promise<unknown>> = []
    const ports = servers.map(({ port }) => port).join(",")
    const given = [ports, String(sensors), String(updates), ...(archived ? [file] : [])]
    const said = await lines(loadCpu, words(...given), 120, ({ scenario }) => {
      if (scenario === "ready") loads.push(load())
    })
    await Promise.all(loads)
    await Promise.all(servers.map((server) => server.stop()))
    keep(
      to,
      name,
      said.map((line): Line => ({ ...line, scenario: `${archived ? "archived" : "plain"} ${line.scenario}` }))
    )
    say(`archives: ${name}, a site ${archived ? "with" : "without"} an archive`)
  }
}

const rate = (line: Line) => figure(line, "n") / figure(line, "secs")
const rows: ReadonlyArray<readonly [scenario: string, label: string, better: 1 | -1, of: (line: Line) => number]> = [
  ...appended.batches.map(
    (batch) =>
      [
        `sqlite ${batch}`,
        `SQLite, with sealing: ${batch.toLocaleString("en-US")} at a time [readings/s]`,
        1,
        rate
      ] as const
  ),
  ...appended.batches.map(
    (batch) =>
      [`postgres ${batch}`, `PostgreSQL: ${batch.toLocaleString("en-US")} at a time [readings/s]`, 1, rate] as const
  ),
  [
    "sqlite 10000",
    "CPU time of a reading in SQLite, with sealing [us]",
    -1,
    (line) => (figure(line, "cpu") / figure(line, "n")) * 1e6
  ],
  [
    "size",
    "a number in SQLite, with its times, its status and its minutes [bytes]",
    -1,
    (line) => figure(line, "bytes")
  ],
  ["buckets", "10 million readings: 500 buckets of one sensor [ms]", -1, (line) => figure(line, "ms")],
  ["year", "a year of minutes of one sensor: 500 buckets [ms]", -1, (line) => figure(line, "ms")],
  ["at", "all of 1,000 sensors at a time [ms]", -1, (line) => figure(line, "ms")],
  ...(
    [
      ["unsealed", "an append takes at most, at 100,000 readings/s, while nothing is sealed [ms]"],
      ["stalls", "the same beside sealing and retention [ms]"]
    ] as const
  ).flatMap(
    ([scenario, label]) =>
      [
        [scenario, label, -1, (line: Line) => figure(line, "most")],
        [scenario, "  99 of 100 take less than [ms]", -1, (line: Line) => figure(line, "p99")]
      ] as const
  )
]

export const archiveTable = (reports: Reports): Array<TableRow> => {
  const of = (column: string, scenario: string) =>
    (reports.get(column) ?? []).filter((line) => line.scenario === scenario)
  const us = (column: string, scenario: string) => of(column, scenario).map((line) => figure(line, "us"))
  return [
    ...rows.map(
      ([scenario, label, better, value]): TableRow => ({
        label,
        better,
        values: (column) => of(column, scenario).map(value)
      })
    ),
    {
      label: "10,000 updates/s in chunks of 100: CPU of a site with an archive, less that without [% of a core]",
      better: -1,
      // a microsecond for each of 10,000 updates a second is a hundredth of a core
      values: (column) => {
        const without = us(column, "plain updates")
        return us(column, "archived updates").map((value, at) => value - without[at]!)
      }
    },
    {
      label: "  sealing of as many readings [% of a core]",
      better: -1,
      values: (column) => us(column, "archived sealing")
    }
  ]
}
