/** Clients and codecs, which measure themselves, and the table rows from their output. */

import { mirrored, type Program } from "./contenders.ts"
import { loadCpu, move, serverCpu } from "./machine.ts"
import { built } from "./prepare.ts"
import { failures, figure, type Line, lines, Server } from "./programs.ts"
import type { TableRow } from "./table.ts"

/** The output of each program, all rounds together. */
export type Reports = Map<string, Array<Line>>
export const keep = (to: Reports, name: string, said: ReadonlyArray<Line>): void => {
  to.set(name, [...(to.get(name) ?? []), ...said])
}
export const rotated = <A>(list: ReadonlyArray<A>, by: number): Array<A> =>
  list.map((_, i) => list[(i + by) % list.length]!)

/** Measures every client against one C responder. */
export const runClients = async (clients: ReadonlyArray<Program>, round: number, to: Reports): Promise<void> => {
  const echo = await Server.start({ name: "echo", words: (port) => [built("echo"), String(port)] }, 0)
  if (echo === undefined) return
  for (const { name, words } of rotated(clients, round)) {
    // one request at a time: both on one processor; from the first result on the responder has its own
    move(echo.pid, serverCpu)
    const command = words("127.0.0.1", String(echo.port), "0.3")
    keep(to, name, await lines(serverCpu, command, 60, () => move(echo.pid, loadCpu)))
  }
  await echo.stop()
}
/** The numbers of mirrored sensors and of updates, the updates per second, and the sizes of bursts. */
const mirrorWork = { sensors: 10_000, updates: 40_000, rate: 10_000, bursts: [1, 100, 1000] } as const
/**
 * Measures every mirror of our server, which shares a processor with the load generator; the mirror has the other one.
 */
export const runMirrors = async (mirrors: ReadonlyArray<Program>, round: number, to: Reports): Promise<void> => {
  const { bursts, rate, sensors, updates } = mirrorWork
  for (const { name, words } of rotated(mirrors, round)) {
    const server = await Server.start(mirrored, sensors)
    if (server === undefined) return
    const load = (burst: number) =>
      server.load(`paced c=0 k=${sensors} rate=${rate} secs=${updates / rate} burst=${burst}`, { sameCpu: true })
    const loads: Array<Promise<Line>> = []
    const command = words("127.0.0.1", String(server.port), String(sensors), String(updates), String(bursts.length))
    const said = await lines(loadCpu, command, 180, ({ scenario }) => {
      if (scenario === "ready") loads.push(load(bursts[loads.length]!))
    })
    await Promise.all(loads)
    await server.stop()
    for (const line of said) if (line.complete === false) failures.push(`mirror ${name}: not all sensors were there`)
    let phase = 0
    const named = said.map((line) =>
      line.scenario === "updates" ? { ...line, scenario: `updates of ${bursts[phase++]}` } : line
    )
    keep(to, name, named)
  }
}
/** The number of clients of a fleet, of sensors of the device, and of processes in a round: fleets scatter. */
const fleetWork = { clients: 200, sensors: 20, starts: 3 } as const
/** Measures every fleet against our server. */
export const runFleets = async (fleets: ReadonlyArray<Program>, round: number, to: Reports): Promise<void> => {
  const { clients, sensors, starts } = fleetWork
  const turns = Array.from({ length: starts }, (_, start) => rotated(fleets, round + start))
  for (const { name, words } of turns.flat()) {
    const server = await Server.start(mirrored, sensors)
    if (server === undefined) return
    const said = await lines(loadCpu, words("127.0.0.1", String(server.port), String(clients)), 120)
    await server.stop()
    for (const line of said)
      if (figure(line, "n") !== clients * sensors) failures.push(`fleet ${name}: not all sensors were there`)
    keep(to, name, said)
  }
}
/** The numbers of devices and sensors of a site, of updates, of updates per second, and the sizes of bursts. */
const siteWork = { devices: 10, sensors: 1000, updates: 40_000, rate: 10_000, bursts: [1, 100] } as const
/** Measures every site against ten servers of ours, which share a processor with the load generators. */
export const runSites = async (sites: ReadonlyArray<Program>, round: number, to: Reports): Promise<void> => {
  const { bursts, devices, rate, sensors, updates } = siteWork
  for (const { name, words } of rotated(sites, round)) {
    const servers: Array<Server> = []
    for (let n = 0; n < devices; n++) {
      const server = await Server.start(mirrored, sensors)
      if (server !== undefined) servers.push(server)
    }
    const load = (burst: number) => {
      const keys = `c=0 k=${sensors} rate=${rate / devices} secs=${updates / rate} burst=${burst}`
      return Promise.all(servers.map((server) => server.load(`paced ${keys}`, { sameCpu: true })))
    }
    const loads: Array<Promise<unknown>> = []
    const ports = servers.map(({ port }) => port).join(",")
    const said = await lines(
      loadCpu,
      words(ports, String(sensors), String(updates), String(bursts.length)),
      240,
      ({ scenario }) => {
        if (scenario === "ready") loads.push(load(bursts[loads.length]!))
      }
    )
    await Promise.all(loads)
    await Promise.all(servers.map((server) => server.stop()))
    for (const line of said) if (line.complete === false) failures.push(`site ${name}: not all sensors were there`)
    let phase = 0
    const named = said.map((line) => {
      const scenario = line.scenario === "updates" ? `updates of ${bursts[phase++]}` : line.scenario
      return { ...line, scenario: `site ${scenario}` }
    })
    keep(to, name, named)
  }
}
/** Measures every codec on every corpus. */
export const runCodecs = async (codecs: ReadonlyArray<Program>, round: number, to: Reports): Promise<void> => {
  for (const { name, words } of rotated(codecs, round)) {
    const said = await lines(serverCpu, words("0.05"), 120)
    for (const line of said)
      if (line.ok !== true) failures.push(`codec ${line.impl}, ${line.op} ${line.corpus}: round trip differs`)
    keep(to, name, said)
  }
}

const clientRows = [
  ["seq", "rate", "1 in flight [req/s]", 1],
  ["seq", "p50", "1 in flight, p50 [us]", -1],
  ["conc100", "rate", "100 in flight [req/s]", 1],
  ["conc1000", "rate", "1000 in flight [req/s]", 1],
  ["flood", "rate", "informs received [inf/s]", 1]
] as const
export const clientTable = (reports: Reports): Array<TableRow> =>
  clientRows.map(([scenario, field, label, better]) => ({
    label,
    better,
    values: (column) =>
      (reports.get(column) ?? []).filter((line) => line.scenario === scenario).map((line) => figure(line, field))
  }))

const mirrorRows = [
  ["first", "secs", 1000, "10,000 sensors synced, first of a process [ms]"],
  ["sync", "secs", 1000, "10,000 sensors synced, later [ms]"],
  ["sync", "cpu", 1000, "10,000 sensors synced, later, CPU time [ms]"],
  ["updates of 1", "us", 1, "CPU time per update at 10,000 a second, one by one [us]"],
  ["updates of 100", "us", 1, "CPU time per update at 10,000 a second, 100 at once [us]"],
  ["updates of 1000", "us", 1, "CPU time per update at 10,000 a second, 1000 at once [us]"],
  ["fleet", "secs", 1000, "200 clients: connected, inspected, 20 sensors each subscribed [ms]"],
  ["fleet", "cpu", 1000, "200 clients: CPU time of it [ms]"]
] as const
export const mirrorTable = (reports: Reports): Array<TableRow> => rowsOf(mirrorRows, reports)

/** Returns rows of figures for which less is better: the scenario, its field, a factor, and the label. */
const rowsOf = (rows: ReadonlyArray<readonly [string, string, number, string]>, reports: Reports): Array<TableRow> =>
  rows.map(([scenario, field, factor, label]) => ({
    label,
    better: -1,
    values: (column) =>
      (reports.get(column) ?? [])
        .filter((line) => line.scenario === scenario)
        .map((line) => figure(line, field) * factor)
  }))

const siteRows = [
  ["site first", "secs", 1000, "10 devices of 1000 sensors synced, first of a process [ms]"],
  ["site sync", "secs", 1000, "10 devices of 1000 sensors synced, later [ms]"],
  ["site sync", "cpu", 1000, "10 devices of 1000 sensors synced, later, CPU time [ms]"],
  ["site memory", "bytes", 1, "memory per sensor, client and table together [bytes]"],
  ["site updates of 1", "us", 1, "CPU time per update at 10,000 a second, one by one [us]"],
  ["site updates of 100", "us", 1, "CPU time per update at 10,000 a second, 100 at once [us]"]
] as const
export const siteTable = (reports: Reports): Array<TableRow> => rowsOf(siteRows, reports)

const corpora = ["mix", "watchdog", "status", "a1k", "a64k", "a1m", "a1m-plain"]
/** Returns the figures of one operation; plain JavaScript counts with the better of its two forms, round by round. */
const figures = (said: ReadonlyArray<Line>, corpus: string, op: string, field: string): Array<number> => {
  const of = (impl?: string) =>
    said
      .filter((line) => line.corpus === corpus && line.op === op && (impl ?? line.impl) === line.impl)
      .map((line) => figure(line, field))
  const split = of("js-split")
  const bytes = of("js-bytes")
  if (split.length === 0) return of()
  return split.map((value, i) => Math.max(value, bytes[i] ?? 0))
}
/**
 * Operations that only the project distinguishes (`parse-bytes`, ...) are shown beside the plain operation of the
 * others.
 */
export const codecTable = (reports: Reports): Array<TableRow> => {
  const values = (corpus: string, op: string, field: string) => (column: string) => {
    const said = reports.get(column) ?? []
    const found = figures(said, corpus, op, field)
    return found.length > 0 ? found : figures(said, corpus, op.split("-")[0]!, field)
  }
  const row = (op: string, corpus: string, how = ""): TableRow => ({
    label: `${op.split("-")[0]} ${corpus}${how} [MB/s]`,
    better: 1,
    values: values(corpus, op, "mb_s")
  })
  const wide = (op: string, how = ""): TableRow => ({
    label: `${op.split("-")[0]} wide${how} [us/line]`,
    better: -1,
    values: (column) => values("wide", op, "msgs_s")(column).map((rate) => 1e6 / rate)
  })
  return [
    ...corpora.map((corpus) => row("parse", corpus)),
    row("parse-bytes", "mix", ", every argument as bytes"),
    row("parse-bytes", "status", ", every argument as bytes"),
    wide("parse"),
    wide("parse-spans", ", arguments left as spans"),
    ...corpora.map((corpus) => row("format", corpus)),
    row("format-parsed", "mix", ", as it was parsed"),
    wide("format")
  ]
}
