/** Clients of a board: the project's, katcp-python as casperfpga uses it, and a bare one, each against the same fake board. */
import type { Program } from "./contenders.ts"
import { loadCpu, move, serverCpu } from "./machine.ts"
import { program } from "./prepare.ts"
import { failures, figure, lines, Server } from "./programs.ts"
import { keep, type Reports, rotated } from "./reports.ts"
import type { TableRow } from "./table.ts"

/** The number of words that are read, the number of blocks of 1 MiB, and the size of the uploaded design, in bytes. */
const work = { reads: 10_000, blocks: 20, bytes: 40_000_000 } as const
const counts = Object.values(work).map(String)
const board = {
  name: "board",
  words: (port: number) => [process.execPath, program("programs", "board.ts"), String(port)]
}

/**
 * Measures all clients in turn: one request at a time with the board on the client's processor, then the rest with it
 * on the other one.
 */
export const runBoards = async (clients: ReadonlyArray<Program>, round: number, to: Reports): Promise<void> => {
  const server = await Server.start(board, 0)
  if (server === undefined) return
  const run = (words: Program["words"], part: string) =>
    lines(serverCpu, words(String(server.port), String(server.pid), part, ...counts), 180)
  // the board compiles its code before the first measurement
  const warm = clients.find(({ name }) => name === "net-floor") ?? clients[0]
  if (warm !== undefined) await run(warm.words, "latency")
  for (const part of ["latency", "throughput"]) {
    move(server.pid, part === "latency" ? serverCpu : loadCpu)
    for (const { name, words } of rotated(clients, round)) {
      const said = await run(words, part)
      if (said.length !== (part === "latency" ? 2 : 5)) failures.push(`board, ${name}, ${part}: not all was measured`)
      keep(to, name, said)
    }
  }
  await server.stop()
}

const words = `${work.reads.toLocaleString("en-US")} words`
const inTurn = `${words} one after another, board on the client's CPU`

type Figure = "secs" | "cpu" | "board"
const rows: ReadonlyArray<readonly [label: string, of: Figure, scenario: string, peer: string]> = [
  [`${inTurn}, first of a process [ms]`, "secs", "first", "first"],
  [`${inTurn}, later [ms]`, "secs", "later", "later"],
  ["CPU time of the client for it [ms]", "cpu", "later", "later"],
  ["CPU time of the board for it [ms]", "board", "later", "later"],
  [`${words} one after another, board on the other CPU [ms]`, "secs", "apart", "apart"],
  // users of katcp-python read a list in a loop: casperfpga has no other way
  [`${words} as a list: readUints, a loop, at once; first of a process [ms]`, "secs", "list first", "apart"],
  [`${words} as a list: readUints, a loop, at once; later [ms]`, "secs", "list later", "apart"],
  [`${words} at once: readUints, callbacks, at once [ms]`, "secs", "list later", "list later"],
  [`${work.blocks} reads of 1 MiB [ms]`, "secs", "blocks", "blocks"],
  ["CPU time of the client for it [ms]", "cpu", "blocks", "blocks"],
  [`upload of ${work.bytes / 1e6} MB, until the FPGA is ready [ms]`, "secs", "upload", "upload"],
  ["CPU time of the client for it [ms]", "cpu", "upload", "upload"]
]
const each: Readonly<Record<string, number>> = { first: work.reads, later: work.reads, apart: work.reads }

export const boardTable = (reports: Reports): Array<TableRow> =>
  rows.map(([label, of, scenario, peer]) => ({
    label,
    better: -1,
    values: (column) => {
      const wanted = column === "katcp-py" ? peer : scenario
      return (reports.get(column) ?? [])
        .filter((line) => line.scenario === wanted)
        .map((line) => (figure(line, of) * 1000 * (each[wanted] ?? figure(line, "n"))) / figure(line, "n"))
    }
  }))
