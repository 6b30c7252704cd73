/** Work that only one process does at a time, as an installation that several tests need. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { setTimeout } from "node:timers/promises"

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}

/** The process in a lock file; `undefined` without one, or while it is written. */
const holderOf = (lock: string): number | undefined => {
  try {
    const holder = Number(readFileSync(lock, "utf8"))
    return holder > 0 ? holder : undefined
  } catch {
    return undefined
  }
}

/** Waits until no other process holds a lock file, and takes it. The lock of a dead process does not count. */
export const acquireLock = async (lock: string): Promise<void> => {
  mkdirSync(path.dirname(lock), { recursive: true })
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" })
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
    }
    const holder = holderOf(lock)
    if (holder !== undefined && !isAlive(holder)) rmSync(lock, { force: true })
    // effect-diagnostics-next-line globalTimers:off
    await setTimeout(50)
  }
}

/** Does the work when no other process does, by a lock file. */
export const oneAtATime = async <A>(lock: string, work: () => Promise<A>): Promise<A> => {
  await acquireLock(lock)
  try {
    return await work()
  } finally {
    rmSync(lock, { force: true })
  }
}
