/** Clients that watch a device: what they say of it, and when. */
import * as path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { python } from "../harness/devices.ts"
import { Process } from "../harness/Process.ts"
import type { ClientName } from "../harness/Trial.ts"

const programs = path.join(import.meta.dirname, "..", "devices")

/** A program of ours or of aiokatcp. */
export const client = (name: ClientName, ours: string, theirs: string, ...args: ReadonlyArray<string>) =>
  name === "katcp" ? [process.execPath, path.join(programs, ours), ...args] : python(theirs, ...args)

/** A client that samples one sensor of a device; see devices/watcher.ts. */
export class Watcher {
  readonly process: Process

  constructor(name: ClientName, host: string, port: number, within: ReadonlyArray<string> = []) {
    this.process = new Process([...within, ...client(name, "watcher.ts", "aio_watcher.py", host, String(port))])
  }

  /** How often it has got a connection. */
  get connections(): number {
    return this.process.said.match(/"connected": ?true/g)?.length ?? 0
  }

  /** Waits until it has a reading. */
  async watches(): Promise<void> {
    await this.process.says(/"status": ?"nominal"/)
  }

  /** Seconds until it says that the connection is lost. `NaN` if it does not within `limit` seconds. */
  async notices(limit: number): Promise<number> {
    const from = performance.now()
    const before = this.process.said.length
    while (performance.now() - from < limit * 1000) {
      if (/"state": ?"(?:Disconnected|Sleeping|Closed)"/.test(this.process.said.slice(before)))
        return (performance.now() - from) / 1000
      await sleep(50)
    }
    return Number.NaN
  }
}
