/**
 * Loaded before a program (`node --import`): at SIGUSR2 it records where the CPU time of the next seconds goes, and
 * what they allocate, and writes both to the file that `PROFILE` names.
 */
import { writeFileSync } from "node:fs"
import { type HeapProfiler, Session } from "node:inspector/promises"
import { setTimeout as sleep } from "node:timers/promises"

/** The share of each function, from 0 to 1, and how much there was in all. */
export interface Shares {
  readonly total: number
  readonly functions: ReadonlyArray<readonly [name: string, share: number]>
}

export interface Profile {
  /** CPU time by function; the total in milliseconds of the seconds that were recorded. */
  readonly cpu: Shares
  /** Bytes allocated by function; the total in bytes. */
  readonly allocated: Shares
}

const seconds = 3
const session = new Session()

interface Frame {
  readonly functionName: string
  readonly url: string
}

/** `Outbox.flush (katcp Codec)`: the function, and whose it is. */
const nameOf = ({ functionName, url }: Frame): string => {
  const own = /dist\/(?:shared-)?([A-Za-z]+)/.exec(url)
  const whose = url.includes("/effect/")
    ? "effect"
    : url.startsWith("node:")
      ? "node"
      : url === ""
        ? "V8"
        : own === null
          ? "program"
          : `katcp ${own[1]}`
  return `${functionName === "" ? "(no name)" : functionName} · ${whose}`
}

/** `true` for time in which nothing is done, and for the work of recording. */
const isOverhead = (name: string): boolean => name.startsWith("(idle)") || name === "post · node"

const shares = (by: ReadonlyMap<string, number>): Shares => {
  const total = [...by.values()].reduce((sum, value) => sum + value, 0)
  const functions = [...by]
    .sort((one, other) => other[1] - one[1])
    .map(([name, value]) => [name, value / total] as const)
  return { total, functions }
}

const record = async (file: string): Promise<void> => {
  await session.post("Profiler.enable")
  await session.post("Profiler.setSamplingInterval", { interval: 200 })
  await session.post("Profiler.start")
  await sleep(seconds * 1000)
  const { profile } = await session.post("Profiler.stop")
  const frames = new Map(profile.nodes.map(({ callFrame, id }) => [id, nameOf(callFrame)]))
  const cpu = new Map<string, number>()
  for (const [at, id] of (profile.samples ?? []).entries()) {
    const name = frames.get(id)!
    if (!isOverhead(name)) cpu.set(name, (cpu.get(name) ?? 0) + (profile.timeDeltas?.[at] ?? 0) / 1000)
  }

  await session.post("HeapProfiler.startSampling", {
    samplingInterval: 8192,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true
  })
  await sleep(seconds * 1000)
  const heap = await session.post("HeapProfiler.stopSampling")
  const allocated = new Map<string, number>()
  const walk = ({ callFrame, children, selfSize }: HeapProfiler.SamplingHeapProfileNode): void => {
    const name = nameOf(callFrame)
    if (!isOverhead(name)) allocated.set(name, (allocated.get(name) ?? 0) + selfSize)
    children.forEach(walk)
  }
  walk(heap.profile.head)
  writeFileSync(file, JSON.stringify({ cpu: shares(cpu), allocated: shares(allocated) } satisfies Profile))
}

const file = process.env.PROFILE
if (file !== undefined) {
  session.connect()
  process.once("SIGUSR2", () => void record(file))
}
