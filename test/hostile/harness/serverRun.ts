/** One run of a trial of a server: a device, a probe and the load, each a process of its own. */

import * as path from "node:path"
import { createInterface } from "node:readline"
import { setTimeout as sleep } from "node:timers/promises"
import { type Contender, type Device, start } from "./devices.ts"
import { descriptors, forgetPeak, Process, peak, resident } from "./Process.ts"
import type { Counts, ServerRun, ServerTrial } from "./Trial.ts"
import { open, times } from "./wire.ts"

/** Seconds after which a load is given up. */
const limit = 100

interface Seen {
  readonly worst: number
  readonly asked: number
  readonly dropped: number
}

/** Another client of the device; see probe.ts. */
class Probe {
  readonly #process: Process
  readonly #lines: AsyncIterator<string>

  constructor({ host, port }: Device) {
    this.#process = new Process([process.execPath, path.join(import.meta.dirname, "probe.ts"), host, String(port)])
    this.#lines = createInterface({ input: this.#process.child.stdout! })[Symbol.asyncIterator]()
  }

  /** The observations since the last call. */
  async look(): Promise<Seen> {
    this.#process.child.stdin!.write("\n")
    const { done, value } = await this.#lines.next()
    if (done === true) throw new Error(`the probe has ended: ${this.#process.said}`)
    return JSON.parse(value) as Seen
  }

  stop(): Promise<void> {
    return this.#process.stop()
  }
}

/** `true` if the device answers a new client within five seconds, or another time. */
export const answers = async ({ host, port }: Device, limit = 5000): Promise<boolean> => {
  const wire = await open({ host, port })
  await wire?.write("?watchdog[1]\n")
  const answered = (await wire?.has("!watchdog[1] ok", limit)) === true
  wire?.destroy()
  return answered
}

/** The most memory and descriptors, looked at again and again until `over`: of a process that dies, nothing else is left. */
const watch = async (pid: number, over: Promise<unknown>) => {
  const largest = { memory: 0, descriptors: 0 }
  let running = true
  void over.then(() => {
    running = false
  })
  while (running) {
    largest.memory = Math.max(largest.memory, resident(pid))
    largest.descriptors = Math.max(largest.descriptors, descriptors(pid))
    await sleep(50)
  }
  return largest
}

/** A while of ordinary requests by ten clients: a device that serves already has the memory for it. */
const warmUp = async (target: Device): Promise<void> => {
  await times(10, 10, async () => {
    const wire = await open(target)
    for (let id = 1; wire !== undefined && id <= 40; id++) {
      wire.text = ""
      const requests = "?watchdog\n?add 1 2\n?echo a b c\n?sensor-value test.int\n".repeat(20)
      await wire.write(`${requests}?help\n?sensor-list\n?watchdog[${id}]\n`)
      await wire.has(`!watchdog[${id}] ok`, 20_000)
    }
    wire?.destroy()
  })
}

const attack = async (
  trial: ServerTrial,
  { attacked, host, process: device }: Device,
  seed: number
): Promise<Counts> => {
  const attacker = path.join(import.meta.dirname, "attack.ts")
  const words = [process.execPath, attacker, trial.name, host, String(attacked), String(device.pid), String(seed)]
  const load = new Process(words)
  const clock = new AbortController()
  const late = sleep(limit * 1000, true, { signal: clock.signal }).catch(() => false)
  void late.then((kill) => kill && load.signal("SIGKILL"))
  await load.ended
  clock.abort()
  const line = /^\{.*\}$/m.exec(load.said)?.[0]
  if (line !== undefined) return JSON.parse(line) as Counts
  if (await late) return { "given up": 1 }
  throw new Error(`${trial.name}: the load has failed: ${load.said}`)
}

/**
 * Applies the load once. What is returned resolves when the memory has been looked at for the last time; until then others
 * may go on, since the device only stands there.
 */
export const serverRun = async (
  trial: ServerTrial,
  contender: Contender,
  seed: number
): Promise<{ readonly result: Promise<ServerRun> }> => {
  const device = await start(contender, trial.device ?? {})
  const { pid } = device.process
  await warmUp(device)
  const probe = new Probe(device)
  await sleep(700)
  await probe.look()
  const before = resident(pid)
  const idle = descriptors(pid)
  const lines = device.process.lines
  forgetPeak(pid)
  const memory: Array<number> = []
  const loaded = (async () => {
    let counts: Counts = {}
    for (let n = 0; n < (trial.times ?? 1); n++) {
      counts = await attack(trial, device, seed)
      if (trial.times === undefined) continue
      await sleep(1500)
      memory.push(resident(pid))
    }
    return counts
  })()
  const watched = watch(
    pid,
    loaded.catch(() => {})
  )
  if (trial.attentive === undefined) await loaded
  else await Promise.race([loaded, sleep(trial.attentive * 1000)])
  await sleep(500)
  const { dropped, worst } = await probe.look()
  await probe.stop()
  const finish = async (): Promise<ServerRun> => {
    const counts = await loaded
    const largest = await watched
    const highest = Math.max(peak(pid), largest.memory, before)
    await sleep(500)
    const left = descriptors(pid)
    await sleep((trial.settle ?? 2) * 1000)
    const alive = device.process.alive
    const run: ServerRun = {
      before,
      peak: highest,
      after: resident(pid),
      wait: worst,
      descriptors: [idle, largest.descriptors, left],
      dropped,
      survived: alive && (await answers(device)),
      logged: device.process.lines - lines,
      resident: memory,
      counts
    }
    await device.process.stop()
    return run
  }
  return { result: finish() }
}
