/** Measures the time of a piece of work, and the CPU time of both ends, for clients that measure themselves. */
import { readFileSync } from "node:fs"

interface Since {
  readonly at: number
  readonly cpu: NodeJS.CpuUsage
  readonly served: number
}

/** Returns the seconds of CPU time that a process has used, in all its threads. The system counts in ticks of 10 ms. */
const cpuOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ")
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** Returns functions for the client of a server with this process id. */
export const taking = (pid: number) => ({
  begin: (): Since => ({ at: performance.now(), cpu: process.cpuUsage(), served: cpuOf(pid) }),
  /** Prints the cost of `n` pieces of work. */
  put: (scenario: string, n: number, { at, cpu, served }: Since): void => {
    const secs = (performance.now() - at) / 1000
    const { system, user } = process.cpuUsage(cpu)
    console.log(JSON.stringify({ scenario, n, secs, cpu: (user + system) / 1e6, board: cpuOf(pid) - served }))
  }
})
