/** The duration of commands from start to end, which is most of a user's waiting time. */
import { once } from "node:events"
import { type Command, mirrored } from "./contenders.ts"
import { loadCpu, start } from "./machine.ts"
import type { Line } from "./programs.ts"
import { failures, figure, Server } from "./programs.ts"
import type { Reports } from "./reports.ts"
import type { TableRow } from "./table.ts"

/** Starts of each command in a round. */
const times = 15

const run = async (words: ReadonlyArray<string>): Promise<number> => {
  const from = performance.now()
  const child = start(loadCpu, words, { stdio: ["ignore", "ignore", "ignore"] })
  const [code] = await once(child, "exit")
  if (code !== 0) failures.push(`${words.join(" ")}: exit code ${code}`)
  return (performance.now() - from) / 1000
}

/** Runs all commands in turn, repeatedly, against our server. */
export const runCommands = async (commands: ReadonlyArray<Command>, to: Reports): Promise<void> => {
  const server = await Server.start(mirrored, 20)
  if (server === undefined) return
  // compiled caches exist, and the files are in memory
  for (const { words } of commands) await run(words(server.port))
  for (let time = 0; time < times; time++)
    for (const { name, scenario, words } of commands) {
      const line: Line = { scenario, secs: await run(words(server.port)) }
      to.set(name, [...(to.get(name) ?? []), line])
    }
  await server.stop()
}

const rows = [
  ["help", "katcp --help, beside node -e 0 [ms]"],
  ["call", "katcp call HOST watchdog, beside node -e 0 [ms]"]
] as const
export const commandTable = (reports: Reports): Array<TableRow> =>
  rows.map(([scenario, label]) => ({
    label,
    better: -1,
    values: (column) =>
      (reports.get(column) ?? [])
        .filter((line) => line.scenario === scenario)
        .map((line) => figure(line, "secs") * 1000)
  }))
