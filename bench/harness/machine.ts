/** The machine: its processors, binding processes to them, and the facts for the table. */
import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import * as os from "node:os"

/** Returns the processors this process may run on, from lists such as `0-1,4`. */
const allowed = (): Array<number> => {
  const list = /Cpus_allowed_list:\s*(\S+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0"
  return list.split(",").flatMap((part) => {
    const [from, to] = part.split("-").map(Number)
    return Array.from({ length: (to ?? from!) - from! + 1 }, (_, i) => from! + i)
  })
}
const cpus = allowed()
/** The processor of servers, clients and codecs, and of the load generator in the latency rows. */
export const serverCpu = Number(process.env.SERVER_CPU ?? cpus[0])
/** The processor of the load generator and the harness. */
export const loadCpu = Number(process.env.LOAD_CPU ?? cpus[cpus.length - 1])

/** Returns `true` if a program can be run. */
export const runs = (program: string, ...args: ReadonlyArray<string>): boolean => {
  try {
    execFileSync(program, args, { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}
/** Part of util-linux. */
const taskset = "taskset"
/** Without it processes are not bound to a processor, and the figures scatter. */
export const canPin = runs(taskset, "-V")

const children = new Set<ChildProcess>()
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL")
})
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130))

/** Starts a program bound to a processor, or on all of them. It ends with this process at the latest. */
export const start = (cpu: number | undefined, words: ReadonlyArray<string>, options: SpawnOptions): ChildProcess => {
  const [program, ...args] = canPin
    ? [taskset, "-c", cpu === undefined ? cpus.join(",") : String(cpu), ...words]
    : words
  const child = spawn(program!, args, options)
  children.add(child)
  child.once("exit", () => children.delete(child))
  return child
}
/** Moves a running process, all its threads, to another processor. */
export const move = (pid: number, cpu: number): void => {
  if (canPin) execFileSync(taskset, ["-a", "-c", "-p", String(cpu), String(pid)], { stdio: "ignore" })
}

/** Lets a running process, all its threads, use all processors. */
export const release = (pid: number): void => {
  if (canPin) execFileSync(taskset, ["-a", "-c", "-p", cpus.join(","), String(pid)], { stdio: "ignore" })
}

/** Returns the bytes of memory of a process. */
export const residentBytes = (pid: number): number =>
  Number(/VmRSS:\s*(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024

/** Returns the facts that make a table comparable with another one. */
export const facts = () => ({
  cpu: os.cpus()[0]?.model ?? "unknown",
  cpus: os.cpus().length,
  memory: os.totalmem(),
  kernel: os.release(),
  node: process.version,
  load: os.loadavg()[0]!
})
